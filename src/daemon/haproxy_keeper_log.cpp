#include "hitless/haproxy/routes.hpp"

#include "base/event.hpp"
#include "daemon/haproxy_keeper.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

// What the HaproxyKeeper tells.
namespace hitless::daemon {
namespace {

constexpr std::size_t most_names = 5;

std::string hopeless_topic(const plan::ObjectId& object) {
    return fmt::format("reload {}", to_string(object));
}

/// The members of an event that say which object it is about.
std::vector<std::pair<std::string_view, std::string>> facts_of(const plan::ObjectId& object) {
    if (object.kind == plan::ObjectId::Kind::server)
        return {{"backend", object.scope}, {"server", object.name}};
    if (object.kind == plan::ObjectId::Kind::acl_line)
        return {{"section", object.scope}, {"acl", object.name}};
    if (plan::is_of_file(object.kind))
        return {{to_string(object.kind), object.scope}};
    std::vector<std::pair<std::string_view, std::string>> facts;
    const bool is_limit = object.kind == plan::ObjectId::Kind::limit;
    if (!object.scope.empty())
        facts.emplace_back(is_limit ? "frontend" : "scope", object.scope);
    facts.emplace_back(to_string(object.kind), object.name);
    return facts;
}

base::Event& add(base::Event& event, const plan::ObjectId& object) {
    for (const auto& [name, value] : facts_of(object))
        event.with(name, value);
    return event;
}

/// "backend=app server=web1".
std::string in_facts(const plan::ObjectId& object) {
    std::string text;
    for (const auto& [name, value] : facts_of(object))
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
    return text;
}

} // namespace

void HaproxyKeeper::met(bool is_ours) {
    if (is_ours)
        is_start_certain_ = true;
    else
        kept_.inbox.say_in_step = true;
    newcomers_.forget_all();
    const haproxy::Info& info = session_.info();
    kept_.witness.met(session_.socket(), info, is_ours);
    log(spdlog::level::info, base::Event("haproxy")
                                 .with("version", info.version)
                                 .with("pid", info.pid)
                                 .with("socket", session_.socket())
                                 .says(fmt::format("HAProxy {} with pid {} answers at {}",
                                                   info.version, info.pid, session_.socket())));
}

void HaproxyKeeper::tell_unknown_lists() const {
    if (session_.observed().acl_lines.is_start_certain)
        return;
    const auto lines = haproxy::acl_lines(machine_.loaded());
    if (std::ranges::any_of(lines, &haproxy::AclLine::is_plain))
        spdlog::info(
            "it isn't certain which of HAProxy's lists belong to the acl lines of {}, which "
            "may have been written after HAProxy at {} had read it; the first change of "
            "their values is a reload",
            kept_.resource.dest, session_.socket());
}

void HaproxyKeeper::looked(bool is_new) {
    has_looked_ = true;
    is_tried_again_ = false;
    // That another process answers was told.
    complaints_.settle(
        "socket", is_new ? fmt::format("HAProxy is told of changes at {} again", session_.socket())
                         : fmt::format("HAProxy answers at {} again, and is the same process",
                                       session_.socket()));
}

void HaproxyKeeper::lost(const Error& error) {
    if (!is_to_be_told_) {
        spdlog::debug("{}", error.message);
    } else {
        if (!complaints_.raised("socket"))
            kept_.witness.lost(session_.socket(), error.message);
        complaints_.raise("socket",
                          fmt::format("HAProxy can't be told of changes; they go to {} until it "
                                      "answers: {}",
                                      kept_.resource.dest, error.message));
    }
    kept_.inbox.say_in_step = true;
}

void HaproxyKeeper::planned(std::span<const plan::ObjectId> objects, const plan::Plan& plan,
                            const std::map<plan::ObjectId, plan::Cause>& hopeless) {
    kept_.witness.planned(session_.socket(), objects, plan);
    settle_complaints(objects, plan, hopeless);
    tell_doubts(objects, plan);
    for (const plan::Remark& difference : plan.differences) {
        if (told_.insert(difference).second)
            spdlog::warn("{}; with -exact, hitlessd reloads HAProxy for such a server",
                         in_words(difference));
    }
    for (const plan::Remark& problem : plan.problems)
        complaints_.raise(to_string(problem.object), in_words(problem));
    for (const auto& [object, cause] : hopeless)
        this->hopeless(object, cause);
    for (plan::Remark& wait : waits_.note(objects, plan.waiting, Clock::now()))
        long_waits_.push_back(std::move(wait));
    if (!kept_.noop)
        tell_plan(objects, plan);
}

/// What was said of these objects and is no longer so is over, so that it is said again should it
/// come back.
void HaproxyKeeper::settle_complaints(std::span<const plan::ObjectId> objects,
                                      const plan::Plan& plan,
                                      const std::map<plan::ObjectId, plan::Cause>& hopeless) {
    if (!complaints_.any())
        return;
    std::set<plan::ObjectId> troubled;
    for (const plan::Remark& problem : plan.problems)
        troubled.insert(problem.object);
    for (const plan::ObjectId& object : objects) {
        const std::string name = to_string(object);
        const auto& wanted = machine_.wanted();
        const bool is_wanted =
            object.kind != plan::ObjectId::Kind::server ||
            (wanted && wanted->find_server(object.scope, object.name) != nullptr);
        if (!troubled.contains(object))
            complaints_.settle(name, is_wanted
                                         ? fmt::format("{}: the trouble is over", name)
                                         : fmt::format("{}: the trouble counts no more, since no "
                                                       "such server is wanted now",
                                                       name));
        if (!hopeless.contains(object) && machine_.times_refused(object) == 0)
            complaints_.settle(hopeless_topic(object));
    }
}

void HaproxyKeeper::put_off(const plan::ObjectId& object, converge::PutOff why,
                            std::string_view name) {
    if (!spdlog::should_log(spdlog::level::debug))
        return;
    const std::string who = to_string(object);
    switch (why) {
    case converge::PutOff::comes_with_reload:
        return spdlog::debug("{} comes with the reload that brings the section it belongs to", who);
    case converge::PutOff::refused:
        return spdlog::debug("{} waits for its next try, since HAProxy has refused it", who);
    case converge::PutOff::flaps:
        return spdlog::debug("{} comes and goes too often: it is planned once a second", who);
    case converge::PutOff::name:
        return spdlog::debug("{} is planned when the address of {} is known", who, name);
    }
}

void HaproxyKeeper::repairs(const plan::Step& step) {
    kept_.witness.repairs(step);
    const std::string_view kind = plan::verb(step.phase);
    base::Event event("repair");
    add(event, step.object).with("repair", kind).with("change", step.detail);
    event.says(fmt::format("HAProxy differs from what the keys say, perhaps since someone changed "
                           "it at its socket; repairing: {} {} change=\"{}\"",
                           kind, in_facts(step.object), step.detail));
    log(spdlog::level::warn, event);
}

void HaproxyKeeper::done(const plan::Step& step, std::optional<Clock::time_point> since) {
    kept_.witness.done(session_.socket(), step, since);
    base::Event event(plan::verb(step.phase));
    add(event, step.object).with("change", step.detail);
    if (const auto* const server = std::get_if<plan::ServerEffect>(&step.effect);
        server != nullptr && !server->slot.empty())
        event.with("slot", server->slot);
    if (since)
        event.took(Clock::now() - *since);
    log(spdlog::level::info, event);
}

void HaproxyKeeper::refused(const plan::Refusal& refusal) {
    kept_.witness.refused(session_.socket(), refusal);
    base::Event event("refused");
    add(event, refusal.object).with("reason", refusal.message);
    event.says(fmt::format("HAProxy refuses {}: {}; it is tried again with growing pauses, and at "
                           "once when its line changes",
                           in_facts(refusal.object), refusal.message));
    log(spdlog::level::warn, event);
}

void HaproxyKeeper::hopeless(const plan::ObjectId& object, const plan::Cause& cause) {
    complaints_.raise(
        hopeless_topic(object),
        fmt::format("{} is not as its line in {} says: {}. A reload did not help, and "
                    "none is tried again until its line changes",
                    to_string(object), kept_.resource.dest, cause.detail));
}

/// Each decision, with its cause.
void HaproxyKeeper::tell_plan(std::span<const plan::ObjectId> objects,
                              const plan::Plan& plan) const {
    if (!spdlog::should_log(spdlog::level::debug))
        return;
    spdlog::debug(
        "planned {} object(s) at {}: {} live change(s), {} that need a reload, {} that wait, {} "
        "problem(s)",
        objects.size(), session_.socket(), plan.steps.size(), plan.obstacles.by_object().size(),
        plan.waiting.size(), plan.problems.size());
    std::set<plan::ObjectId> with_steps;
    for (const plan::Step& step : plan.steps) {
        with_steps.insert(step.object);
        spdlog::debug("live: {} {}, since HAProxy {} takes that by: {}", plan::verb(step.phase),
                      in_facts(step.object), session_.info().version,
                      fmt::join(step.commands, "; "));
    }
    for (const std::string& reason : in_words(plan.obstacles))
        spdlog::debug("a reload is needed: {}", reason);
    for (const plan::Remark& wait : plan.waiting)
        spdlog::debug("waits, and is looked at again in {} ms at most: {}",
                      Machine::longest_step.count(), in_words(wait));
    if (!plan.waiting.empty() || !plan.obstacles.empty() || !plan.problems.empty())
        return;
    std::vector<std::string> right;
    for (const plan::ObjectId& object : objects) {
        if (!with_steps.contains(object))
            right.push_back(to_string(object));
    }
    const std::size_t all = right.size();
    right.resize(std::min(all, most_names));
    if (all > 0)
        spdlog::debug("nothing to do for {}{}: HAProxy has there what is wanted",
                      fmt::join(right, ", "),
                      all > most_names ? fmt::format(" and {} more", all - most_names) : "");
}

/// Somebody has stopped a frontend at the socket. It stays so: whoever did it may mean it. A reload
/// stops those of the old process, too.
void HaproxyKeeper::tell_stopped() {
    if (session_.info().stopping || machine_.is_reloading())
        return;
    constexpr std::string_view topic = "stopped frontends";
    const auto& wanted = machine_.wanted();
    auto stopped = session_.observed().limits.stopped;
    if (wanted && !stopped.empty()) {
        for (const std::string& frontend : haproxy::disabled_frontends(*wanted))
            stopped.erase(frontend);
    }
    std::vector<std::string> texts;
    for (const auto& [frontend, status] : stopped) {
        if (texts.size() < most_names)
            texts.push_back(live::about_stopped(frontend, status));
    }
    if (stopped.size() > texts.size())
        texts.push_back(fmt::format("and {} more", stopped.size() - texts.size()));
    if (texts.empty())
        aside_.settle(topic, "all frontends take connections again");
    else
        aside_.raise(
            topic, fmt::format("{}; hitlessd does not end that by itself", fmt::join(texts, "; ")));
}

/// Once, and until the entries are others.
void HaproxyKeeper::tell_doubts(std::span<const plan::ObjectId> objects, const plan::Plan& plan) {
    std::set<plan::ObjectId> doubted;
    for (const plan::Remark& doubt : plan.doubts) {
        doubted.insert(doubt.object);
        aside_.raise(to_string(doubt.object), in_words(doubt));
    }
    for (const plan::ObjectId& object : objects) {
        if (aside_.any() && !doubted.contains(object))
            aside_.settle(
                to_string(object),
                fmt::format("the configuration has all backends that {} names", to_string(object)));
    }
}

void HaproxyKeeper::tell_cut_off() {
    for (const apply::CutOff& cut : session_.departures().take_cut_off()) {
        const std::chrono::duration<double> limit = kept_.options.drain_timeout;
        log(spdlog::level::warn,
            base::Event("cut_off")
                .with("backend", cut.server.backend)
                .with("server", cut.server.server)
                .with("sessions", cut.sessions)
                .says(fmt::format("cut off {} {} of backend={} server={}, which was removed "
                                  "-drain-timeout ({} s) ago",
                                  cut.sessions, cut.sessions == 1 ? "session" : "sessions",
                                  cut.server.backend, cut.server.server, limit.count())));
    }
}

void HaproxyKeeper::tell_removal(const apply::Removal& removal) {
    kept_.witness.removed(session_.socket(), removal);
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

void HaproxyKeeper::show(const plan::Plan& plan) {
    std::vector<std::string> lines;
    for (const plan::Step& step : plan.steps) {
        std::string commands = fmt::format("{}", fmt::join(step.commands, "; "));
        if (step.transaction) // whose number HAProxy gives
            boost::replace_all(commands, "@?", "@VERSION");
        lines.push_back(fmt::format("noop: {} {} change=\"{}\" by: {}", plan::verb(step.phase),
                                    in_facts(step.object), step.detail, commands));
    }
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
