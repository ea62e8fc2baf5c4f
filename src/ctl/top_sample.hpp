#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/running.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What `top` sees of HAProxy at one look: pure.
namespace hitless::ctl {

/// A backend, or a server of one.
struct TopEntry {
    std::string backend;
    std::string server; ///< empty: the backend itself
    std::string state;  ///< in words, as state_word() has it; "down, drain" where both are true
    std::string check;  ///< the last check's result; empty when there is none
    std::int64_t weight = 0;
    std::int64_t sessions = 0;
    std::int64_t limit = 0; ///< of sessions; 0: none
    std::int64_t queue = 0;
    std::int64_t age = 0; ///< seconds in this state
    std::int64_t servers = 0;
    std::int64_t servers_up = 0; ///< both of a backend

    // Since HAProxy was started, and per second between two looks; no rate where there is only one.
    std::int64_t requests = 0;
    std::int64_t errors = 0; ///< connections and answers that failed, and retries
    std::optional<double> request_rate;
    std::optional<double> error_rate;

    [[nodiscard]] bool is_backend() const { return server.empty(); }
    /// It doesn't take its share, or fails: what one looks for at night.
    [[nodiscard]] bool is_problem() const;
};

struct TopSample {
    std::chrono::steady_clock::time_point when;
    haproxy::Info info;
    std::string node;
    std::int64_t connections = 0;
    std::int64_t connection_limit = 0;
    std::int64_t connection_rate = 0; ///< of the last second, by HAProxy
    std::int64_t idle_percent = 0;
    std::int64_t requests = 0;
    std::optional<double> request_rate;
    std::optional<double> error_rate; ///< of all backends

    /// A backend, then its servers, then the next backend; in HAProxy's order.
    std::vector<TopEntry> entries;
};

/// The value of a "Name: value" line of `show info`; empty when there is none.
[[nodiscard]] std::string_view info_fact(std::string_view info, std::string_view name);

/// `answers`: to snapshot_commands(). `patterns`: the backends to take, with shell wildcards; none:
/// all.
Result<TopSample> parse_sample(std::span<const std::string> answers,
                               const std::vector<std::string>& patterns,
                               std::chrono::steady_clock::time_point when);

/// Computes the rates of `now` from what `before` had. A counter that went back was set anew, and
/// so were all when the process is another: there is no rate then.
void add_rates(TopSample& now, const TopSample& before);

} // namespace hitless::ctl
