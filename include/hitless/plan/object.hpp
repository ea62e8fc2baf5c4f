#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace hitless::plan {

/// A server of a backend.
struct ServerId {
    std::string backend;
    std::string server;

    friend auto operator<=>(const ServerId&, const ServerId&) = default;
};

/// A part of a configuration that HAProxy has or lacks. All that is planned, waited for, refused or
/// owed is told apart by it, so that a new kind of object needs no change there.
struct ObjectId {
    enum class Kind {
        file,
        section,
        server,
        limit,       ///< how many connections HAProxy, or one of its frontends, may have
        map,         ///< what HAProxy has of a map file
        acl,         ///< what it has of an ACL file
        acl_line,    ///< the values in the `acl` lines of that name in a section
        certificate, ///< what it has of a file with a certificate
    };
    Kind kind = Kind::server;
    /// Of a server, its backend; of a limit, its frontend; of an ACL's lines, "frontend web"; of a
    /// map, an ACL or a certificate, its file as the configuration names it; else empty.
    std::string scope;
    /// "web1"; of a section "backend app"; of a file its path; "maxconn" or "maxconnrate"; empty
    /// for a map, an ACL or a certificate.
    std::string name;

    friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
};

/// HAProxy has it from a file that it reads when it starts, under the file's name.
[[nodiscard]] bool is_of_file(ObjectId::Kind kind);

[[nodiscard]] ObjectId object_id(const ServerId& server);
/// Of an object of kind server.
[[nodiscard]] ServerId server_id(const ObjectId& object);

/// "app/web1", "backend app", "/etc/haproxy/haproxy.cfg", "maxconn of frontend web", "global
/// maxconn", "map hosts.map", "certificate site.pem", "acl is_app of frontend web".
[[nodiscard]] std::string to_string(const ObjectId& object);

/// "server": the name in notes.
[[nodiscard]] std::string_view to_string(ObjectId::Kind kind);
[[nodiscard]] std::optional<ObjectId::Kind> to_object_kind(std::string_view text);

} // namespace hitless::plan
