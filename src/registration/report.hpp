#pragma once

#include "telemetry/json.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What hitless-register tells over HTTP. Pure; texts are made public when they become JSON
/// (telemetry/public_text.hpp).
namespace hitless::registration {

using telemetry::Time;

/// A key that is to be in etcd.
struct KeyReport {
    enum class State {
        waiting,         ///< it was not set yet, or etcd doesn't answer
        registered,      ///< it is ours
        lost,            ///< it was ours; its TTL is over, or it can't hold its value any more
        held_by_another, ///< somebody else has it
        impossible,      ///< no value can be at it
    };
    std::string key;
    std::string address; ///< of its value; empty: it has none
    State state = State::waiting;
    std::optional<Time> since;   ///< registered without a gap
    std::optional<Time> renewed; ///< last
    std::uint64_t renewals = 0;
    std::optional<bool> is_etcd_connected; ///< whether it has answered last; nullopt: not asked yet
    std::string trouble;                   ///< what is wrong with etcd, or with the key
    std::string container;                 ///< its id; empty: it is none's
};
[[nodiscard]] std::string_view to_string(KeyReport::State state);

/// The service's command.
struct CommandReport {
    bool is_running = false;
    long pid = 0;
    std::optional<int> exit_status;
};

/// What the service must answer before its key is set.
struct ProbeReport {
    std::string probe;
    bool is_passed = false;
    std::string trouble; ///< of the last try
};

/// A container that has asked for a key by its labels.
struct ContainerReport {
    enum class State {
        unknown,    ///< the engine hasn't told yet what it is
        not_ready,  ///< or paused, or unhealthy
        waiting,    ///< for etcd, or for another one that has the key
        registered, ///< its key is in etcd
        refused,    ///< its labels can't be used, or another container has the key
        ending,     ///< it was told to end
    };
    std::string id;
    std::string name; ///< empty: the engine hasn't told
    std::string key;  ///< empty: none is kept for it
    State state = State::unknown;
    std::string why; ///< of a refused one
};
[[nodiscard]] std::string_view to_string(ContainerReport::State state);

struct EngineReport {
    std::string socket;
    bool is_connected = false;
    std::string trouble;
    std::vector<ContainerReport> containers;
};

struct Report {
    std::string version;
    long pid = 0;
    Time started;
    Time now;
    bool is_ending = false;
    bool is_ready = false;
    bool is_v3 = false;
    std::vector<std::string> nodes;
    std::chrono::milliseconds ttl{0};
    std::vector<KeyReport> keys;
    std::optional<CommandReport> command; ///< nullopt: there is none
    std::vector<ProbeReport> probes;
    std::optional<EngineReport> engine; ///< with -docker
};

/// Whether etcd has answered each key's last request; false before the first one.
[[nodiscard]] bool is_etcd_connected(const Report& report);
/// "starting", "in_step", "working", "degraded" or "ending".
[[nodiscard]] std::string_view state_of(const Report& report);
/// Why it isn't ready, or why it is degraded; sentences.
[[nodiscard]] std::vector<std::string> reasons_of(const Report& report);

/// /status, and /readyz.
[[nodiscard]] std::string status_json(const Report& report);
[[nodiscard]] std::string readiness_json(const Report& report);

} // namespace hitless::registration
