#pragma once

#include "hitless/etcd/settings.hpp"

#include "etcd/answer.hpp"
#include "etcd/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::etcd {

/// What one line of a watch's answer says.
struct WatchLine {
    /// The watch stands: the store as it is now. v2 says so with the answer's head instead.
    std::optional<Head> begin;
    std::vector<Change> changes;
};

/// One of etcd's two APIs, as far as reading and watching go: what to ask, and what an answer
/// means. Does no I/O and keeps nothing.
class Protocol {
  public:
    virtual ~Protocol() = default;

    /// Reads the subtree through the cluster's consensus.
    [[nodiscard]] virtual Request read(std::string_view root) const = 0;
    /// A root that isn't there has no entries.
    [[nodiscard]] virtual Answer<Reading> parse_reading(std::string_view root, const Head& head,
                                                        std::string_view body) const = 0;

    /// Watches the subtree from the index on. Without `stream` the answer may end after the first
    /// event.
    [[nodiscard]] virtual Request watch(std::string_view root, std::uint64_t from,
                                        bool stream) const = 0;
    /// The head of the watch's answer tells the store's index: no line will say that it stands.
    [[nodiscard]] virtual bool head_begins_watch() const = 0;
    [[nodiscard]] virtual Answer<WatchLine> parse_line(std::string_view root,
                                                       std::string_view line) const = 0;

    /// A small request that only a node in touch with its cluster's leader can answer.
    [[nodiscard]] virtual Request probe(std::string_view root) const = 0;
    /// Asks for the cluster's members; v2::parse_members reads the answer of both APIs.
    [[nodiscard]] virtual Request members() const = 0;

    /// An answer whose status is not 200.
    [[nodiscard]] virtual Refusal parse_refusal(const Head& head, std::string_view body) const = 0;

    /// Asks for a token to send instead of user name and password; nothing when these are sent with
    /// each request.
    [[nodiscard]] virtual std::optional<Request> log_in(const Settings& settings) const = 0;
    /// The token; empty when this etcd wants none.
    [[nodiscard]] virtual Answer<std::string> parse_token(const Head& head,
                                                          std::string_view body) const = 0;
};

[[nodiscard]] const Protocol& protocol_of(Settings::Api api);

} // namespace hitless::etcd
