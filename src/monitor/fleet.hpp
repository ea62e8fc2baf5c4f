#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/stat.hpp"
#include "hitless/plan/difference.hpp"
#include "hitless/plan/obstacle.hpp"

#include "telemetry/json.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::monitor {

using telemetry::Json;
using telemetry::Time;

/// What HAProxy counts of one server: a row of `show stat`.
struct ServerStatistics {
    std::string state; ///< "up", "down", "drain", "maint", "no check"
    Time since;        ///< of that state
    std::int64_t sessions = 0;
    std::int64_t queue = 0;
    std::string last_check; ///< "L7OK"; empty: none has ended
};

/// Those of all servers, and when they were read.
struct Statistics {
    Time read;
    std::map<plan::ServerId, ServerStatistics> servers;
};

/// `before`: those that were read last, so that a state's beginning, which HAProxy tells in whole
/// seconds, doesn't move to and fro.
[[nodiscard]] Statistics statistics_of(std::span<const haproxy::StatRow> rows, Time read,
                                       const Statistics* before);

/// A server that somebody holds in another state.
struct ByHand {
    std::string state; ///< "drain", "maint", "weight 5"
    std::optional<Time> until;
    std::string because;
};

/// A server that leaves.
struct Leaving {
    Time since;
    Time until;
};

using KeysOfServers = std::map<plan::ServerId, std::string>;

/// All that is known of the servers of one HAProxy. It is copied from the event loop, and looked at
/// elsewhere.
struct Fleet {
    haproxy::Config wanted;
    haproxy::Running running;
    bool answers = true;                               ///< HAProxy; else nothing of it is known
    std::shared_ptr<const Statistics> statistics;      ///< nullptr: they haven't been read
    std::map<plan::ServerId, std::string_view> queued; ///< why: "changed"
    std::map<plan::ServerId, ByHand> by_hand;
    std::map<plan::ServerId, Leaving> leaving;
    std::map<plan::ServerId, std::string> waits; ///< for what, in words
    std::shared_ptr<const KeysOfServers> keys;   ///< that have made the lines; or nullptr
    plan::Obstacles obstacles;
};

/// The servers as JSON, so that two moments are compared as texts.
struct ServerText {
    std::string name;
    std::string json;
};
struct BackendText {
    std::string name;
    std::vector<ServerText> servers; ///< by name
};
using FleetText = std::vector<BackendText>; ///< by name

/// Takes milliseconds for thousands of servers. Pure.
[[nodiscard]] FleetText text_of(const Fleet& fleet);

[[nodiscard]] std::size_t count_servers(const haproxy::Config& config);

/// The array "backends" of /status.
void write_backends(Json& json, const FleetText& fleet);

/// What differs from `before`, as the data of an event `servers`; empty: nothing. With nullptr,
/// all.
[[nodiscard]] std::string servers_event(std::string_view resource, std::string_view haproxy,
                                        const FleetText* before, const FleetText& now);

} // namespace hitless::monitor
