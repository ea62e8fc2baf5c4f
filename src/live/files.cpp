#include "hitless/live/files.hpp"

namespace hitless::live {

std::optional<plan::ObjectId::Kind> object_kind(haproxy::FileUse::Kind use) {
    switch (use) {
    case haproxy::FileUse::Kind::map:
        return plan::ObjectId::Kind::map;
    case haproxy::FileUse::Kind::acl:
        return plan::ObjectId::Kind::acl;
    default:
        return std::nullopt;
    }
}

void add(Files& files, const haproxy::FileUse& use, const SharedEntries& entries) {
    if (const auto kind = object_kind(use.kind)) {
        PatternFile& file = files[{*kind, use.name, {}}];
        file.entries = entries;
        file.in_order = file.in_order || use.in_order;
    }
}

} // namespace hitless::live
