#include "daemon/witness.hpp"

#include "daemon/times.hpp"
#include "monitor/public_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

// What happens at HAProxy; witness_file.cpp has the rest.
namespace hitless::daemon {
namespace {

using monitor::Change;
namespace metric = monitor::metric;

monitor::Time now() {
    return std::chrono::system_clock::now();
}

} // namespace

Change Witness::change(std::string_view action, const plan::ServerId& server) const {
    Change made;
    made.time = now();
    made.resource = dest_;
    made.scope = server.backend;
    made.name = server.server;
    made.action = action;
    if (const auto key = keys_->find(server); key != keys_->end())
        made.keys = {key->second};
    return made;
}

void Witness::met(const std::string& socket, const haproxy::Info& info, bool is_ours) {
    if (monitor_ == nullptr)
        return;
    haproxies_[socket] = {};
    repairing_.clear();
    phases_.render.reset();
    monitor_->metrics.count(metric::haproxy_met, {is_ours ? "hitlessd" : "other"});
    Change made = change_of_file("met");
    made.haproxy = socket;
    made.detail = fmt::format("HAProxy {} with pid {}", info.version, info.pid);
    monitor_->changes.add(std::move(made));
}

void Witness::lost(const std::string& socket, const std::string& why) {
    if (monitor_ == nullptr)
        return;
    monitor_->metrics.count(metric::haproxy_lost);
    Change made = change_of_file("lost");
    made.haproxy = socket;
    made.result = "failed";
    made.message = monitor::public_sentence(why);
    monitor_->changes.add(std::move(made));
}

void Witness::took(Phase phase, Clock::duration time) {
    if (monitor_ == nullptr)
        return;
    constexpr std::string_view names[] = {"plan", "commands", "read_back"};
    monitor_->metrics.observe(metric::phase, seconds_of(time),
                              {names[static_cast<std::size_t>(phase)]});
    if (phase == Phase::plan)
        phases_.plan = milliseconds_of(time);
    else if (phase == Phase::commands)
        phases_.commands = milliseconds_of(time);
}

void Witness::planned(const std::string& socket, std::span<const plan::ServerId> servers,
                      const plan::Plan& plan) {
    if (monitor_ == nullptr)
        return;
    auto& waits = haproxies_[socket].waits;
    for (const plan::ServerId& server : servers)
        waits.erase(server);
    for (const plan::Remark& wait : plan.waiting)
        waits.insert_or_assign(wait.server, wait.what);
}

void Witness::repairs(const plan::Action& action) {
    if (monitor_ != nullptr)
        repairing_.insert({action.backend, action.server});
}

void Witness::done(const std::string& socket, const plan::Action& action,
                   std::optional<Clock::time_point> since) {
    if (monitor_ == nullptr)
        return;
    const plan::ServerId server{action.backend, action.server};
    const bool is_repair = repairing_.erase(server) > 0;
    auto& leaving = haproxies_[socket].leaving_since;
    if (action.after.leaving)
        leaving.try_emplace({action.backend, action.running_name()}, now());
    else
        leaving.erase({action.backend, action.running_name()});
    Change made = change(is_repair ? "repair" : plan::to_string(action.kind), server);
    made.haproxy = socket;
    made.detail = monitor::public_line(action.detail);
    for (const haproxy::Command& command : action.commands)
        made.commands.push_back(monitor::public_command(command.line));
    made.phases_ms = phases_;
    if (is_repair) // which no rendering has led to
        made.phases_ms.render.reset();
    if (since) {
        const auto took = Clock::now() - *since;
        made.total_ms = milliseconds_of(took);
        monitor_->note_propagation(took);
    }
    monitor_->metrics.count(metric::changes, {"server", made.action, "done"});
    monitor_->metrics.count(metric::commands, {"done"}, static_cast<double>(made.commands.size()));
    monitor_->changes.add(std::move(made));
}

void Witness::refused(const std::string& socket, const plan::Refusal& refusal) {
    if (monitor_ == nullptr)
        return;
    const plan::ServerId server{refusal.backend, refusal.server};
    Change made = change("refused", server);
    made.haproxy = socket;
    made.result = "refused";
    // HAProxy's answer, and the command behind it.
    const std::size_t command = refusal.message.find(" (HAProxy's answer to: ");
    made.message = monitor::public_sentence(refusal.message.substr(0, command));
    made.phases_ms = phases_;
    const bool is_repair = repairing_.erase(server) > 0;
    monitor_->metrics.count(metric::changes,
                            {"server", is_repair ? "repair" : "change", "refused"});
    monitor_->metrics.count(metric::commands, {"refused"});
    monitor_->changes.add(std::move(made));
}

void Witness::removed(const std::string& socket, const apply::Removal& removal) {
    if (monitor_ == nullptr)
        return;
    haproxies_[socket].leaving_since.erase(removal.server);
    Change made = change("delete", removal.server);
    made.haproxy = socket;
    if (removal.end == apply::Removal::End::refused) {
        made.result = "refused";
        made.message = monitor::public_sentence(removal.message);
    } else if (removal.end == apply::Removal::End::made_ready) {
        made.result = "refused";
        made.message = "somebody has made it ready at HAProxy's socket";
    }
    monitor_->changes.add(std::move(made));
}

const Witness::Haproxy& Witness::of(const std::string& socket) const {
    static const Haproxy none;
    const auto found = haproxies_.find(socket);
    return found == haproxies_.end() ? none : found->second;
}

} // namespace hitless::daemon
