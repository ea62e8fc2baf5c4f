#include "hitless/live/files.hpp"

#include <utility>
#include <variant>

namespace hitless::live {

std::optional<plan::ObjectId::Kind> object_kind(haproxy::FileUse::Kind use) {
    switch (use) {
    case haproxy::FileUse::Kind::map:
        return plan::ObjectId::Kind::map;
    case haproxy::FileUse::Kind::acl:
        return plan::ObjectId::Kind::acl;
    case haproxy::FileUse::Kind::certificate:
        return plan::ObjectId::Kind::certificate;
    default:
        return std::nullopt;
    }
}

std::optional<File> read_file(haproxy::FileUse::Kind use, std::string_view text) {
    if (use != haproxy::FileUse::Kind::certificate)
        return File{std::make_shared<const haproxy::EntryList>(use, text), false, nullptr};
    auto read = haproxy::read_certificate(text);
    auto* const certificate = std::get_if<haproxy::Certificate>(&read);
    if (certificate == nullptr || !certificate->has_key)
        return std::nullopt;
    return File{nullptr, false,
                std::make_shared<const haproxy::Certificate>(std::move(*certificate))};
}

std::optional<File> read_file_again(haproxy::FileUse::Kind use, std::string_view text,
                                    const File& before, std::string_view text_before) {
    if (before.entries == nullptr)
        return read_file(use, text);
    File file = before;
    file.entries = std::make_shared<const haproxy::EntryList>(
        before.entries->read_again(use, text_before, text));
    return file;
}

void add(Files& files, const haproxy::FileUse& use, const File& file, bool is_in_doubt,
         bool is_on_disk) {
    const auto kind = object_kind(use.kind);
    if (!kind)
        return;
    File& added = files[{*kind, use.name, {}}];
    const bool in_order = added.in_order || use.in_order;
    added = file;
    added.in_order = in_order;
    added.is_in_doubt = is_in_doubt && use.kind == haproxy::FileUse::Kind::certificate;
    added.is_on_disk = is_on_disk;
}

} // namespace hitless::live
