#include "hitless/plan/object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace hitless::plan {
namespace {

using ObjectKind = ObjectId::Kind;

constexpr std::array<std::pair<ObjectKind, std::string_view>, 8> object_kind_names = {{
    {ObjectKind::file, "file"},
    {ObjectKind::section, "section"},
    {ObjectKind::server, "server"},
    {ObjectKind::limit, "limit"},
    {ObjectKind::map, "map"},
    {ObjectKind::acl, "acl"},
    {ObjectKind::acl_line, "acl_line"},
    {ObjectKind::certificate, "certificate"},
}};

} // namespace

bool is_of_file(ObjectKind kind) {
    return kind == ObjectKind::map || kind == ObjectKind::acl || kind == ObjectKind::certificate;
}

ObjectId object_id(const ServerId& server) {
    return {ObjectKind::server, server.backend, server.server};
}

ServerId server_id(const ObjectId& object) {
    return {object.scope, object.name};
}

std::string to_string(const ObjectId& object) {
    if (object.kind == ObjectKind::limit)
        return object.scope.empty() ? fmt::format("global {}", object.name)
                                    : fmt::format("{} of frontend {}", object.name, object.scope);
    if (object.kind == ObjectKind::acl_line)
        return fmt::format("acl {} of {}", object.name, object.scope);
    if (is_of_file(object.kind))
        return fmt::format("{} {}", to_string(object.kind), object.scope);
    if (object.name.empty()) // all servers of a backend
        return object.scope;
    return object.scope.empty() ? object.name : fmt::format("{}/{}", object.scope, object.name);
}

std::string_view to_string(ObjectKind kind) {
    const auto* const found =
        std::ranges::find(object_kind_names, kind, &std::pair<ObjectKind, std::string_view>::first);
    return found == object_kind_names.end() ? "" : found->second;
}

std::optional<ObjectKind> to_object_kind(std::string_view text) {
    const auto* const found = std::ranges::find(object_kind_names, text,
                                                &std::pair<ObjectKind, std::string_view>::second);
    return found == object_kind_names.end() ? std::nullopt : std::optional(found->first);
}

} // namespace hitless::plan
