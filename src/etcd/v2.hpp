#pragma once

#include "etcd/answer.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The words of etcd's v2 API (Documentation/v2/api.md of etcd): what to ask, and what an answer
/// means.
namespace hitless::etcd::v2 {

/// The target of a request about the key, with this query.
std::string key_target(std::string_view key, std::string_view query);

/// etcd's error code (Documentation/v2/errorcode.md) of a key that isn't there.
inline constexpr int key_not_found = 100;

/// The target of a request that reads the subtree through the cluster's consensus.
std::string read_target(std::string_view root);

/// The target of a request for the first event of the subtree from `index` on; with `stream` for
/// all that follow too, on one answer. A stream whose first event is of the past, that is, not
/// above the head's index, brings nothing after it, though it isn't ended (tried with etcd 3.4).
std::string watch_target(std::string_view root, std::uint64_t index, bool stream);

/// The target of a small request that only a node in touch with its cluster's leader can answer.
std::string probe_target(std::string_view root);

/// The target of a request for the cluster's members.
constexpr std::string_view members_target = "/v2/members";

/// The answer to read_target. A root that isn't there, or lies below a plain key, has no entries.
Answer<Reading> parse_reading(std::string_view root, const Head& head, std::string_view body);

/// One line of the answer to watch_target: an event of a key in the subtree, or of a directory that
/// the root lies in.
Answer<Change> parse_change(std::string_view root, std::string_view line);

/// The client URLs in the answer to members_target; none when it isn't one.
std::vector<std::string> parse_members(std::string_view body);

/// An answer whose status is not 200.
Refusal parse_refusal(const Head& head, std::string_view body);

} // namespace hitless::etcd::v2
