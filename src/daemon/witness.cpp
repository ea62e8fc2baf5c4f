#include "daemon/witness.hpp"

#include "daemon/times.hpp"
#include "telemetry/public_text.hpp"

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

bool is_server(const plan::ObjectId& object) {
    return object.kind == plan::ObjectId::Kind::server;
}

/// Its kind in counters.
std::string_view counted_as(const plan::ObjectId& object) {
    return is_server(object) ? "server" : "other";
}

/// Changes that are not kept any more needn't be remembered either.
void remember(std::vector<std::uint64_t>& ids, std::uint64_t id) {
    if (ids.size() >= 2 * monitor::Changes::most)
        ids.erase(ids.begin(), ids.end() - monitor::Changes::most);
    ids.push_back(id);
}

} // namespace

Change Witness::change(std::string_view action, const plan::ObjectId& object) const {
    Change made;
    made.time = now();
    made.resource = dest_;
    made.kind = to_string(object.kind);
    made.scope = object.scope;
    made.name = object.name;
    made.action = action;
    const auto key = keys_->find(server_id(object));
    if (is_server(object) && key != keys_->end())
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
    made.message = telemetry::public_sentence(why);
    monitor_->changes.add(std::move(made));
}

void Witness::took(Phase phase, Clock::duration time) {
    if (monitor_ == nullptr)
        return;
    constexpr std::string_view names[] = {"plan", "commands"};
    monitor_->metrics.observe(metric::phase, seconds_of(time),
                              {names[static_cast<std::size_t>(phase)]});
    if (phase == Phase::plan)
        phases_.plan = milliseconds_of(time);
    else if (phase == Phase::commands)
        phases_.commands = milliseconds_of(time);
}

void Witness::read_back(const std::string& socket, Clock::duration took) {
    if (monitor_ == nullptr)
        return;
    monitor_->metrics.observe(metric::phase, seconds_of(took), {"read_back"});
    const auto ids = std::exchange(haproxies_[socket].unread, {});
    monitor_->changes.amend(
        ids, [&](Change& change) { change.phases_ms.read_back = milliseconds_of(took); });
}

void Witness::planned(const std::string& socket, std::span<const plan::ObjectId> objects,
                      const plan::Plan& plan) {
    if (monitor_ == nullptr)
        return;
    auto& waits = haproxies_[socket].waits;
    for (const plan::ObjectId& object : objects) {
        if (is_server(object))
            waits.erase(server_id(object));
    }
    for (const plan::Remark& wait : plan.waiting) {
        if (is_server(wait.object))
            waits.insert_or_assign(server_id(wait.object), wait.what);
    }
}

void Witness::repairs(const plan::Step& step) {
    if (monitor_ != nullptr)
        repairing_.insert(step.object);
}

void Witness::done(const std::string& socket, const plan::Step& step,
                   std::optional<Clock::time_point> since) {
    if (monitor_ == nullptr)
        return;
    const bool is_repair = repairing_.erase(step.object) > 0;
    auto& leaving = haproxies_[socket].leaving_since;
    if (const auto* const server = std::get_if<plan::ServerEffect>(&step.effect)) {
        const plan::ServerId running{step.object.scope, step.running_name()};
        if (server->after.leaving)
            leaving.try_emplace(running, now());
        else
            leaving.erase(running);
    }
    Change made = change(is_repair ? "repair" : plan::verb(step.phase), step.object);
    made.haproxy = socket;
    const auto* const patterns = std::get_if<plan::PatternEffect>(&step.effect);
    const auto* const values = std::get_if<plan::AclLineEffect>(&step.effect);
    made.detail = patterns != nullptr ? patterns->summary
                  : values != nullptr ? values->summary
                                      : telemetry::public_line(step.detail);
    for (const haproxy::Command& command : step.commands)
        made.commands.push_back(telemetry::public_command(command.line));
    made.phases_ms = phases_;
    if (is_repair) // which no rendering has led to
        made.phases_ms.render.reset();
    if (since) {
        const auto took = Clock::now() - *since;
        made.total_ms = milliseconds_of(took);
        monitor_->note_propagation(took);
    }
    monitor_->metrics.count(metric::changes, {counted_as(step.object), made.action, "done"});
    monitor_->metrics.count(metric::commands, {"done"}, static_cast<double>(made.commands.size()));
    const std::uint64_t id = monitor_->changes.add(std::move(made));
    remember(haproxies_[socket].unread, id);
    if (!is_repair) // the file has it already
        remember(unwritten_, id);
}

void Witness::refused(const std::string& socket, const plan::Refusal& refusal) {
    if (monitor_ == nullptr)
        return;
    Change made = change("refused", refusal.object);
    made.haproxy = socket;
    made.result = "refused";
    // HAProxy's answer, and the command behind it.
    const std::size_t command = refusal.message.find(" (HAProxy's answer to: ");
    made.message = telemetry::public_sentence(refusal.message.substr(0, command));
    made.phases_ms = phases_;
    const bool is_repair = repairing_.erase(refusal.object) > 0;
    monitor_->metrics.count(
        metric::changes, {counted_as(refusal.object), is_repair ? "repair" : "change", "refused"});
    monitor_->metrics.count(metric::commands, {"refused"});
    monitor_->changes.add(std::move(made));
}

void Witness::removed(const std::string& socket, const apply::Removal& removal) {
    if (monitor_ == nullptr)
        return;
    haproxies_[socket].leaving_since.erase(removal.server);
    Change made = change("delete", object_id(removal.server));
    made.haproxy = socket;
    if (removal.end == apply::Removal::End::refused) {
        made.result = "refused";
        made.message = telemetry::public_sentence(removal.message);
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
