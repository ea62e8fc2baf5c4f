#include "base/event.hpp"
#include "daemon/proxy_keeper.hpp"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

// What the ProxyKeeper tells of its plans.
namespace hitless::daemon {
namespace {

/// What is waited for is looked at again after this at the latest.
constexpr std::chrono::milliseconds longest_look{1'000};

constexpr std::size_t most_names = 5;

} // namespace

/// Each decision, with its cause.
void ProxyKeeper::tell_plan(const plan::Plan& plan, const std::vector<plan::ServerChange>& servers,
                            bool is_repair) const {
    if (!spdlog::should_log(spdlog::level::debug))
        return;
    spdlog::debug(
        "planned {} server(s) at {}{}: {} live change(s), {} server(s) that need a reload, {} "
        "server(s) that wait, {} problem(s)",
        servers.size(), proxy_.socket(), is_repair ? ", after reading them back" : "",
        plan.actions.size(), plan.obstacles.by_object().size(), plan.waiting.size(),
        plan.problems.size());
    std::set<plan::ServerChange> with_actions;
    for (const plan::Action& action : plan.actions) {
        with_actions.insert({action.backend, action.server});
        spdlog::debug("live: {} backend={} server={}, since HAProxy {} takes that by: {}",
                      plan::to_string(action.kind), action.backend, action.server,
                      proxy_.info().version, fmt::join(action.commands, "; "));
    }
    for (const std::string& reason : in_words(plan.obstacles))
        spdlog::debug("a reload is needed: {}", reason);
    for (const plan::Remark& wait : plan.waiting)
        spdlog::debug("waits, and is looked at again in {} ms at most: {}", longest_look.count(),
                      in_words(wait));
    if (!plan.waiting.empty() || !plan.obstacles.empty() || !plan.problems.empty())
        return;
    std::vector<std::string> right;
    for (const plan::ServerChange& server : servers) {
        if (!with_actions.contains(server))
            right.push_back(fmt::format("{}/{}", server.backend, server.server));
    }
    const std::size_t all = right.size();
    right.resize(std::min(all, most_names));
    if (all > 0)
        spdlog::debug("nothing to do for {}{}: HAProxy has there what is wanted",
                      fmt::join(right, ", "),
                      all > most_names ? fmt::format(" and {} more", all - most_names) : "");
}

void ProxyKeeper::tell_cut_off() {
    for (const apply::CutOff& cut : proxy_.take_cut_off()) {
        const std::chrono::duration<double> limit = work_.options.drain_timeout;
        log(spdlog::level::warn,
            base::Event("cut_off")
                .with("backend", cut.server.backend)
                .with("server", cut.server.server)
                .with("sessions", cut.sessions)
                .says(fmt::format("cut off {} session(s) of backend={} server={}, which was "
                                  "removed -drain-timeout ({} s) ago",
                                  cut.sessions, cut.server.backend, cut.server.server,
                                  limit.count())));
    }
}

void ProxyKeeper::tell_removal(const apply::Removal& removal) {
    const auto& [backend, server] = removal.server;
    switch (removal.end) {
    case apply::Removal::End::deleted:
        log(spdlog::level::debug,
            base::Event("deleted").with("backend", backend).with("server", server));
        return;
    case apply::Removal::End::refused:
        log(spdlog::level::warn,
            base::Event("not_deleted")
                .with("backend", backend)
                .with("server", server)
                .with("reason", removal.message)
                .says(fmt::format("backend={} server={} was put into maintenance, and HAProxy "
                                  "doesn't delete it: {}",
                                  backend, server, removal.message)));
        return;
    case apply::Removal::End::made_ready:
        log(spdlog::level::warn,
            base::Event("repair")
                .with("backend", backend)
                .with("server", server)
                .with("repair", "remove")
                .with("change", "ready → maint")
                .says(
                    fmt::format("backend={} server={} was made ready at HAProxy's socket, though "
                                "hitlessd is about to delete it; it is put into maintenance again",
                                backend, server)));
    }
}

void ProxyKeeper::show(const plan::Plan& plan) {
    std::vector<std::string> lines;
    for (const plan::Action& action : plan.actions)
        lines.push_back(fmt::format("noop: {} backend={} server={} change=\"{}\" by: {}",
                                    plan::to_string(action.kind), action.backend, action.server,
                                    action.detail, fmt::join(action.commands, "; ")));
    for (const std::string& reason : in_words(obstacles()))
        lines.push_back(fmt::format("noop: reload: {}", reason));
    if (lines.empty())
        lines.emplace_back("noop: nothing to do");
    if (last_noop_ == lines)
        return;
    for (const std::string& line : lines)
        spdlog::info("{}", line);
    last_noop_ = std::move(lines);
}

} // namespace hitless::daemon
