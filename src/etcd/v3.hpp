#pragma once

#include "etcd/answer.hpp"
#include "etcd/connection.hpp"
#include "etcd/protocol.hpp"

#include <string>
#include <string_view>

/// The words of etcd's v3 API as its JSON gateway speaks it (etcd 3.4 and later, under /v3): what
/// to ask, and what an answer means. The messages are those of etcdserverpb/rpc.proto, keys and
/// values in base64, 64-bit numbers as strings.
///
/// v3's keys are flat bytes without directories. A key that isn't spelt as a clean path ("/a//b",
/// "/a/") counts as its clean form, as in confd; where both are there, the clean one wins.
namespace hitless::etcd::v3 {

/// Reads the subtree; linearizable. The range, ["/a", "/a0"), also has keys beside the subtree
/// ("/a-b"), which are passed over.
Request range(std::string_view root);
Answer<Reading> parse_range(std::string_view root, const Head& head, std::string_view body);

/// Watches the same range.
Request watch(std::string_view root, std::uint64_t from);
Answer<WatchLine> parse_line(std::string_view root, std::string_view line);

Request probe(std::string_view root);
Request members();

Request log_in(const std::string& name, const std::string& password);
Answer<std::string> parse_token(const Head& head, std::string_view body);

/// An answer whose status is not 200.
Refusal parse_refusal(const Head& head, std::string_view body);

} // namespace hitless::etcd::v3
