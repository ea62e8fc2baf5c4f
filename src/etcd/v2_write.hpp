#pragma once

#include "hitless/etcd/claim.hpp"

#include "etcd/answer.hpp"
#include "etcd/connection.hpp"

#include <optional>
#include <string_view>

/// The words of etcd's v2 API for writing one key with a TTL (Documentation/v2/api.md of etcd).
namespace hitless::etcd::v2 {

Request read_key(std::string_view key);
/// Sets it if it isn't there.
Request create_key(const Registration& wanted);
/// Sets it in any case; its createdIndex is a new one.
Request set_key(const Registration& wanted);
/// Renews the TTL, without an event, if its modifiedIndex is still `version`.
Request refresh_key(const Registration& wanted, std::uint64_t version);
Request delete_key(std::string_view key, std::uint64_t version);

/// The answer to any of these about `key`: what it holds now, or held until it was deleted; nullopt
/// when it isn't there, or when the condition doesn't hold.
Answer<std::optional<Holding>> parse_key(std::string_view key, const Head& head,
                                         std::string_view body);

} // namespace hitless::etcd::v2
