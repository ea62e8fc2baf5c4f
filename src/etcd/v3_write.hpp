#pragma once

#include "hitless/etcd/claim.hpp"

#include "etcd/answer.hpp"
#include "etcd/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The words of etcd's v3 API, as its JSON gateway speaks it, for writing one key under a lease
/// (api/etcdserverpb/rpc.proto and Documentation/dev-guide/api_grpc_gateway.md of etcd).
namespace hitless::etcd::v3 {

/// A new lease with an id of our choice, so that a request that is sent twice makes one lease.
Request grant(std::uint64_t lease, std::chrono::seconds ttl);
/// A lease of that id that is there already is taken for the one we asked for.
Answer<void> parse_grant(const Head& head, std::string_view body);

Request keep_alive(std::uint64_t lease);
/// False when the lease is gone.
Answer<bool> parse_keep_alive(std::uint64_t lease, const Head& head, std::string_view body);

Request time_to_live(std::uint64_t lease);
/// nullopt when the lease is gone.
Answer<std::optional<std::chrono::seconds>>
parse_time_to_live(std::uint64_t lease, const Head& head, std::string_view body);

/// Ends the lease, and removes the keys that are bound to it.
Request revoke(std::uint64_t lease);
/// False when the lease was gone already.
Answer<bool> parse_revoke(const Head& head, std::string_view body);

Request read_key(std::string_view key);
/// Its ttl isn't told; nullopt when it isn't there.
Answer<std::optional<Holding>> parse_reading(std::string_view key, const Head& head,
                                             std::string_view body);

/// Whether there are keys whose names begin with this one's and a slash.
Request look_below(std::string_view key);
Answer<bool> parse_look_below(const Head& head, std::string_view body);

/// When a key may be written.
struct Condition {
    enum class Kind {
        none,
        absent,    ///< it isn't there
        unchanged, ///< its mod_revision is `revision`
    };
    Kind kind = Kind::none;
    std::uint64_t revision = 0;
};
Request put_key(const Registration& wanted, std::uint64_t lease, Condition condition);
Request delete_key(std::string_view key, std::uint64_t revision);
/// The revision of the write; nullopt when the condition didn't hold.
Answer<std::optional<std::uint64_t>> parse_write(const Head& head, std::string_view body);

/// True when this answer says that the lease isn't there.
bool is_lost_lease(const Head& head, std::string_view body);

} // namespace hitless::etcd::v3
