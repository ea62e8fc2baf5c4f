#include "converge/haproxy_model.hpp"

#include "plan/planning.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hitless::converge {
namespace {

using haproxy::Running;
using haproxy::RunningServer;

/// What HAProxy tells of its servers.
Running as_told(Running running) {
    for (auto& [backend, servers] : running) {
        for (auto& [name, server] : servers) {
            server.options.reset();
            server.disabled.reset();
            server.leaving = server.of_file = server.stays = server.pinned = false;
            server.address_text.clear();
            server.serves.clear();
        }
    }
    return running;
}

} // namespace

HaproxyModel::HaproxyModel(std::string from, OneHaproxy::Options how) : options(std::move(how)) {
    info_ = plan::version(3, 0);
    restart(from);
    start_machine(from);
}

void HaproxyModel::restart(const std::string& from) {
    ++pid_;
    file = from;
    process = plan::started_from(plan::parse(from));
    limits = limits_of_file(from);
    files = files_on_disk;
    noted_.clear();
    run_checks();
}

void HaproxyModel::start_machine(const std::string& from) {
    machine.emplace(
        options, plan::parse(from),
        [this](const std::string& name) {
            const auto found = names.find(name);
            return found == names.end() ? nullptr : &found->second;
        },
        *this);
    known_ = {};
    known_pid_ = connected_to_ = 0;
}

void HaproxyModel::want(const std::string& configuration) {
    const haproxy::Config config = plan::parse(configuration);
    if (const auto& before = machine->wanted()) {
        const plan::Difference difference = plan::compare(*before, config);
        machine->want(config, &difference, now, now);
    } else {
        machine->want(config, nullptr, now, now);
    }
}

Seen HaproxyModel::seen() {
    return {known_, info_, connected_to_ != 0, next_collection()};
}

HaproxyModel::Time HaproxyModel::next_collection() const {
    const bool any = std::ranges::any_of(known_.servers, [](const auto& backend) {
        return std::ranges::any_of(backend.second,
                                   [](const auto& entry) { return entry.second.leaving; });
    });
    return any && !keeps_connections ? Time::min() : Time::max();
}

bool HaproxyModel::step() {
    const OneHaproxy::Step step = machine->next(seen(), now);
    const auto note = [this](const char* kind) {
        steps += (steps.empty() ? "" : ", ") + std::string(kind);
    };
    if (const auto* const asked = std::get_if<OneHaproxy::Identify>(&step)) {
        note("identify");
        identify(asked->anew);
    } else if (std::holds_alternative<OneHaproxy::LearnStart>(step)) {
        note("learn");
        machine->started_from(plan::parse(file));
    } else if (const auto* const all = std::get_if<OneHaproxy::ReadAll>(&step)) {
        note("read");
        read_all(all->is_new);
    } else if (const auto* const some = std::get_if<OneHaproxy::ReadBack>(&step)) {
        note("read back");
        read_back(some->scopes);
    } else if (const auto* const planned = std::get_if<OneHaproxy::CarryOut>(&step)) {
        note("plan");
        carry_out(planned->plan);
    } else if (std::holds_alternative<OneHaproxy::Collect>(step)) {
        note("collect");
        collect();
    } else if (std::holds_alternative<OneHaproxy::End>(step)) {
        note("end");
        return false;
    } else {
        return false;
    }
    return true;
}

std::string HaproxyModel::run() {
    steps.clear();
    for (int i = 0; i < 1'000 && step(); ++i) {
    }
    return steps;
}

void HaproxyModel::lose() {
    connected_to_ = 0;
    machine->lost(Error{"it is away"}, now);
}

void HaproxyModel::identify(bool anew) {
    if (anew)
        connected_to_ = 0;
    if (is_away)
        return lose();
    if (connected_to_ != pid_)
        connected_to_ = pid_; // the old process says that it is about to end
    const bool is_other = known_pid_ != pid_;
    if (is_other)
        known_ = {};
    known_pid_ = pid_;
    machine->identified(is_other, now);
}

void HaproxyModel::read_all(bool is_new) {
    if (is_away || connected_to_ != pid_)
        return lose();
    run_checks();
    Running told_now = as_told(process);
    haproxy::keep_knowledge(told_now, known_.servers);
    known_.servers = std::move(told_now);
    read_limits();
    read_files();
    if (is_new)
        live::adopt(machine->loaded(), noted_, known_);
    machine->read_all(seen(), now);
}

void HaproxyModel::read_limits() {
    known_.limits.global = limits.global;
    known_.limits.hard = limits.hard;
    known_.limits.frontends = limits.frontends;
}

void HaproxyModel::read_files() {
    known_.patterns.running.clear();
    for (const auto& [object, of_file] : files)
        known_.patterns.running[object].entries = of_file.entries;
}

void HaproxyModel::read_back(const Queue::UnverifiedScopes& scopes) {
    if (is_away || connected_to_ != pid_)
        return lose();
    run_checks();
    Running told_now = as_told(process);
    haproxy::keep_knowledge(told_now, known_.servers);
    for (const auto& [kind, own] : scopes) {
        if (kind == plan::ObjectId::Kind::limit)
            read_limits();
        else if (kind == plan::ObjectId::Kind::map)
            read_files();
        else
            for (const std::string& backend : own)
                known_.servers[backend] = told_now[backend];
    }
    machine->read_back(now, now);
}

/// False: it refuses.
bool HaproxyModel::take(const plan::Step& step) {
    if (refuses.contains({step.object.scope, step.running_name()}))
        return false;
    if (const auto* const server = std::get_if<plan::ServerEffect>(&step.effect)) {
        process[step.object.scope].insert_or_assign(step.running_name(), server->after);
        return true;
    }
    if (const auto* const patterns = std::get_if<plan::PatternEffect>(&step.effect)) {
        files.at(step.object).entries = patterns->after;
        return true;
    }
    const long limit = std::get<plan::LimitEffect>(step.effect).after;
    if (!step.object.scope.empty())
        limits.frontends.at(step.object.scope) = limit;
    else if (limit > limits.hard)
        return false;
    else
        limits.global = limit;
    return true;
}

void HaproxyModel::carry_out(const plan::Plan& plan) {
    if (is_away || connected_to_ != pid_)
        return lose();
    std::vector<const plan::Step*> done;
    std::vector<plan::Refusal> refused_now;
    const auto breaks = std::exchange(breaks_after, std::nullopt);
    for (const plan::Step& step : plan.steps) {
        if (breaks && done.size() == *breaks)
            return lose();
        if (step.phase != plan::Phase::withdraw)
            noted_.insert(live::original_of(step.object));
        if (!take(step)) {
            refused_now.push_back({step.object, "no"});
            continue;
        }
        live::note_done(step, known_);
        done.push_back(&step);
    }
    if (breaks) // it broke before the answers
        return lose();
    run_checks();
    machine->carried_out(plan, done, refused_now, now);
}

void HaproxyModel::collect() {
    if (is_away || connected_to_ != pid_)
        return lose();
    std::vector<plan::ObjectId> gone;
    for (auto& [backend, servers] : known_.servers) {
        for (const auto& [name, server] : servers) {
            if (server.leaving)
                gone.push_back(plan::object_id({backend, name}));
        }
    }
    for (const plan::ObjectId& server : gone) {
        known_.servers[server.scope].erase(server.name);
        process[server.scope].erase(server.name);
    }
    machine->collected(gone);
}

/// Checks have passed by the time somebody reads.
void HaproxyModel::run_checks() {
    for (auto& [backend, servers] : process) {
        for (auto& [name, server] : servers) {
            constexpr int failed = 2;
            if (server.is_checked() && (server.check_result == 0 || !checks_fail))
                server.check_result = checks_fail ? failed : RunningServer::check_passed;
            if (server.is_checked() && !server.in_maintenance())
                server.operational = server.check_result >= RunningServer::check_passed ? 2 : 0;
        }
    }
}

void HaproxyModel::reload() {
    const haproxy::Config config = *machine->wanted();
    machine->reload_begins(connected_to_ != 0);
    restart(config.text());
    machine->reloaded(config);
}

void HaproxyModel::settle() {
    for (int i = 0; i < 400; ++i) {
        (void)run();
        if (!machine->obstacles().empty())
            reload();
        if (machine->in_step(connected_to_ != 0) && next_collection() == Time::max() && i > 60)
            return;
        pass(std::chrono::milliseconds(250));
    }
}

void HaproxyModel::met(bool is_ours) {
    told.emplace_back(is_ours ? "met ours" : "met");
}

void HaproxyModel::put_off(const plan::ObjectId& object, PutOff, std::string_view name) {
    told.push_back(fmt::format("later {}{}{}", to_string(object), name.empty() ? "" : " ", name));
}

void HaproxyModel::repairs(const plan::Step& step) {
    told.push_back("repair " + to_string(step.object));
}

void HaproxyModel::done(const plan::Step& step, std::optional<Time>) {
    told.push_back(fmt::format("{} {}", plan::verb(step.phase), to_string(step.object)));
}

void HaproxyModel::refused(const plan::Refusal& refusal) {
    told.push_back("refused " + to_string(refusal.object));
}

void HaproxyModel::hopeless(const plan::ObjectId& object, const plan::Cause&) {
    told.push_back("hopeless " + to_string(object));
}

live::ObservedLimits HaproxyModel::limits_of_file(const std::string& configuration) {
    const haproxy::Config config = plan::parse(configuration);
    const auto of = [](const haproxy::Section& section, long otherwise) {
        for (const haproxy::Line& line : section.settings) {
            if (line.text.starts_with("maxconn "))
                otherwise = std::stol(std::string(line.text.substr(8)));
        }
        return otherwise;
    };
    live::ObservedLimits limits;
    limits.global = 1'000;
    for (const haproxy::Section& section : config.sections()) {
        if (section.kind == "global")
            limits.global = of(section, limits.global);
    }
    limits.hard = limits.global;
    for (const haproxy::Section& section : config.sections()) {
        if (section.kind == "frontend")
            limits.frontends[std::string(section.name)] = of(section, limits.hard);
    }
    return limits;
}

std::vector<std::string> HaproxyModel::describe(const live::ObservedLimits& limits) {
    std::vector<std::string> all = {fmt::format("global {}", limits.global)};
    for (const auto& [name, limit] : limits.frontends)
        all.push_back(fmt::format("{} {}", name, limit));
    return all;
}

std::vector<std::string> HaproxyModel::describe(const Running& running) {
    std::vector<std::string> all;
    for (const auto& [backend, servers] : running) {
        for (const auto& [name, server] : servers) {
            std::string words;
            if (server.options && server.is_checked()) { // else they have no effect
                for (const auto& option : server.options->all())
                    words +=
                        fmt::format(" {} {}", option.keyword, fmt::join(option.arguments, " "));
            }
            all.push_back(fmt::format("{}/{} {}:{} weight {}{}{}", backend, name, server.address,
                                      server.port, server.weight,
                                      server.in_maintenance() ? " maint" : "", words));
        }
    }
    return all;
}

std::vector<std::string> HaproxyModel::describe_file(const std::string& configuration) {
    return describe(plan::started_from(plan::parse(configuration)));
}

} // namespace hitless::converge
