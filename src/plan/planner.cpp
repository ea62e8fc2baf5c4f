#include "plan/planner.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/plan/slots.hpp"

#include "plan/additions.hpp"
#include "plan/live_change.hpp"

#include <boost/range/adaptor/reversed.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

namespace hitless::plan {

namespace command = haproxy::command;
using haproxy::RunningServer;
using haproxy::Server;

namespace {

/// True when it is its agent that keeps a stand-in from taking traffic, as it would a server of the
/// file: by maintenance, by drain, by a share of the weight that leaves none, or by "down".
bool is_kept_out_by_agent(const RunningServer& stand_in) {
    if (!stand_in.is_asked() || stand_in.awaits_another())
        return false;
    return stand_in.in_maintenance() || stand_in.draining() || stand_in.weight == 0 ||
           (stand_in.operational == 0 && (!stand_in.is_checked() || stand_in.passed_check()));
}

/// Its check runs at this moment, and HAProxy has forgotten what the last one said.
bool is_being_checked(const RunningServer& server) {
    constexpr unsigned in_progress = 0x01; // CHK_ST_INPROGRESS
    return (server.check_state & in_progress) != 0;
}

/// True when the stand-in may have the place of a server that takes traffic: its check has passed
/// as well, or that one's has not either.
bool serves_as_well(const RunningServer& stand_in, const RunningServer& running) {
    if (is_kept_out_by_agent(stand_in))
        return true;
    if (!stand_in.takes_traffic())
        return false;
    const bool was_proved =
        running.passed_check() || is_being_checked(running) || !running.is_checked();
    return !was_proved || !stand_in.is_checked() || stand_in.passed_check();
}

/// True when a fresh process would find the server at another address, as far as can be told.
bool has_moved(const Names& names, const Server& server, const RunningServer& running) {
    if (server.address.kind != haproxy::Address::Kind::name || server.environment ||
        server.options.has("resolvers") || server.options.has("init-addr"))
        return false;
    const auto found = addresses_of(names, server.address);
    return !found.empty() && std::ranges::find(found, running.address) == found.end();
}

/// Somebody has set its state or its weight.
bool is_put_aside(const RunningServer& running) {
    return running.in_maintenance() || running.draining() ||
           running.weight != running.initial_weight;
}

} // namespace

void Planner::plan(const ServerId& server) {
    if (situation_.exact)
        touched_.insert(server.backend);
    const auto found = index_.find(server);
    const BackendFacts* const backend =
        found.section == nullptr ? nullptr : &facts_.of(*found.section);
    if (backend != nullptr && backend->undecided)
        leave_alone(*backend, server, found.line);
    else if (found.line != nullptr)
        plan_wanted(*backend, *found.line);
    else {
        plan_unwanted(server);
        plan_unwanted_stand_in(server);
    }
}

/// What differs from the file before is a reload (compare()); so is a server that isn't there.
void Planner::leave_alone(const BackendFacts& backend, const ServerId& server,
                          const haproxy::ServerLine* line) {
    if (line == nullptr || slots(backend.name).serving(server.server) != nullptr)
        return;
    const RunningServer* const running = backend.find_running(server.server);
    if (running == nullptr) {
        need_reload(plan_, backend.name, server.server, Cause::Kind::undecided, *backend.undecided);
        return;
    }
    const ManualState* const manual = by_hand(situation_, backend.name, server.server);
    if (manual != nullptr && manual->kind == ManualState::Kind::released && is_put_aside(*running))
        need_reload(plan_, backend.name, server.server, Cause::Kind::undecided,
                    fmt::format("it isn't held by hand any more, and {}", *backend.undecided));
    const auto wanted = backend.servers.get(*line);
    if (wanted && has_moved(situation_.names, *wanted, *running))
        need_reload(plan_, backend.name, wanted->name, Cause::Kind::undecided,
                    fmt::format("its name leads to another address, and {}", *backend.undecided));
}

int Planner::line_of(const ServerId& server) const {
    const auto found = index_.find(server);
    return found.line == nullptr ? 0 : found.line->number;
}

Plan Planner::result() && {
    std::ranges::stable_sort(plan_.steps, {}, &Step::phase);
    ask_for_cookies();
    compare_numbers();
    return std::move(plan_);
}

/// With a hash, other numbers than after a fresh start send keys to other servers.
void Planner::compare_numbers() {
    for (const std::string& name : touched_) {
        const haproxy::Section* const section = situation_.wanted.find_backend(name);
        if (section == nullptr || !facts_.of(*section).order.keyed)
            continue;
        if (const auto server = placement(facts_.of(*section)).misnumbered())
            need_reload(plan_, name, *server, Cause::Kind::number,
                        "it has another number than after a fresh start, so that some keys "
                        "of the hash go elsewhere");
    }
}

/// Before the last of a backend's new servers takes requests, all get their cookies.
void Planner::ask_for_cookies() {
    std::set<std::string_view> done;
    for (Step& step : boost::adaptors::reverse(plan_.steps)) {
        const haproxy::Section* const section = situation_.wanted.find_backend(step.object.scope);
        if (step.phase != Phase::create || !step.server().slot.empty() || section == nullptr ||
            !facts_.of(*section).dynamic_cookies || !done.insert(step.object.scope).second)
            continue;
        step.commands.insert(std::next(step.commands.begin()),
                             command::enable_dynamic_cookie(step.object.scope));
    }
}

Placement& Planner::placement(const BackendFacts& backend) {
    const auto found = placements_.find(backend.name);
    if (found != placements_.end())
        return found->second;
    return placements_
        .try_emplace(backend.name, backend, *situation_.wanted.find_backend(backend.name))
        .first->second;
}

void Planner::plan_wanted(const BackendFacts& backend, const haproxy::ServerLine& line) {
    const auto server = backend.servers.get(line);
    if (!server || !haproxy::is_name(backend.name)) {
        const std::string why =
            server ? "its backend's name is not one that HAProxy takes" : server.error().message;
        note_problem(plan_, backend.name, line.name, fmt::format("line {}: {}", line.number, why));
        return;
    }
    const RunningServer* const running = backend.find_running(server->name);
    const auto* const slot = slots(backend.name).serving(server->name);
    if (running == nullptr && slot != nullptr) {
        change_slot(backend, *server, *slot);
        return;
    }
    if (running == nullptr) {
        add(backend, *server);
        return;
    }
    const OptionChanges options = compare_options(*server, *running);
    if (!options.replace.empty()) {
        replace(backend, *server, *running, fmt::format("{}", fmt::join(options.replace, ", ")));
        return;
    }
    if (auto step =
            live_change({situation_, backend, *server, *running, server->name}, options, plan_))
        plan_.steps.push_back(std::move(*step));
    remove_stand_in(backend, *server);
    if (slot != nullptr)
        free_slot(backend.name, server->name, *slot);
}

void Planner::plan_unwanted(const ServerId& server) {
    if (const auto* const slot = slots(server.backend).serving(server.server))
        free_slot(server.backend, server.server, *slot);
    const auto* const running =
        haproxy::find_server(situation_.running, server.backend, server.server);
    if (running == nullptr || running->leaving || is_removed(server))
        return;
    // A slot planned by its own name; by now it is known whom it serves.
    if (!running->serves.empty()) {
        const ServerId served{server.backend, running->serves};
        if (index_.find(served).line == nullptr)
            plan_unwanted(served);
        return;
    }
    if (running->in_maintenance() && stays(server.server, *running))
        return; // until the next reload, or until it is made use of
    // The plan for the server that it stands in for says when it goes.
    const std::string_view original = stood_in_for(server.server);
    if (!original.empty() && index_.find({server.backend, std::string(original)}).line != nullptr)
        return;
    remove(server.backend, server.server, *running);
}

/// What stands in for a server goes with it.
void Planner::plan_unwanted_stand_in(const ServerId& original) {
    const ServerId stand_in{original.backend, stand_in_name(original.server)};
    if (stood_in_for(original.server).empty() && index_.find(stand_in).line == nullptr)
        plan_unwanted(stand_in);
}

/// By the plan for the server that it stands in for.
bool Planner::is_removed(const ServerId& server) const {
    return !stood_in_for(server.server).empty() &&
           std::ranges::any_of(plan_.steps, [&](const Step& step) {
               return step.phase == Phase::withdraw && step.object.scope == server.backend &&
                      step.object.name == server.server;
           });
}

bool Planner::takes_none(const BackendFacts& backend, const Server& server) const {
    const ManualState* const manual = by_hand(situation_, backend.name, server.name);
    if (server.disabled || server.weight == 0 || manual == nullptr)
        return server.disabled || server.weight == 0;
    return manual->kind == ManualState::Kind::drain || manual->kind == ManualState::Kind::maint ||
           (manual->kind == ManualState::Kind::weight && manual->weight == 0);
}

bool Planner::stays(std::string_view name, const RunningServer& running) const {
    // A spare server comes from HAProxy's file, and from nowhere else.
    return running.stays ||
           (is_slot(name) && (situation_.slots || !haproxy::can_delete(situation_.info, true))) ||
           !haproxy::can_delete(situation_.info, false);
}

bool Planner::add(const BackendFacts& backend, const Server& server) {
    if (const auto refused = no_addition(situation_, backend, server)) {
        if (situation_.slots && fill_slot(backend, server))
            return true;
        if (situation_.slots && !resolve(situation_.names, server)) {
            note_no_address(plan_, backend.name, server, "isn't added yet");
            return false;
        }
        const std::string more = situation_.slots ? "; " + why_no_slot(backend, server) : "";
        need_reload(plan_, backend.name, server.name, Cause::Kind::not_added, *refused + more);
        return false;
    }
    const auto place = placement(backend).place(server);
    if (!place) {
        need_reload(plan_, backend.name, server.name, Cause::Kind::not_added,
                    place.error().message);
        return false;
    }
    auto step = addition(situation_, backend, server, server.name, *place, plan_);
    if (!step)
        return false;
    plan_.steps.push_back(std::move(*step));
    remove_stand_in(backend, server);
    return true;
}

void Planner::remove(const std::string& backend, const std::string& server,
                     const RunningServer& running) {
    Step step;
    step.phase = Phase::withdraw;
    step.object.scope = backend;
    step.object.name = server;
    step.commands.push_back(command::set_state(backend, server, "maint"));
    step.detail = running.address == "-" && !running.address_text.empty()
                      ? running.address_text
                      : fmt::format("{}:{}", running.address, running.port);
    step.server().after = running;
    step.server().after.admin_state |= RunningServer::forced_maintenance;
    step.server().after.admin_state &= ~RunningServer::forced_drain;
    step.server().after.operational = 0;
    step.server().after.leaving = true;
    step.server().after.stays = stays(server, running);
    step.server().after.serves.clear();
    plan_.steps.push_back(std::move(step));
}

const RunningServer* Planner::find_stand_in(const BackendFacts& backend,
                                            const Server& server) const {
    const std::string name = stand_in_name(server.name);
    const auto* const running = backend.find_running(name);
    const bool of_its_own = index_.find({backend.name, name}).line != nullptr;
    return of_its_own ? nullptr : running;
}

void Planner::remove_stand_in(const BackendFacts& backend, const Server& server) {
    const auto* const stand_in = find_stand_in(backend, server);
    if (stand_in != nullptr && !stand_in->leaving)
        remove(backend.name, stand_in_name(server.name), *stand_in);
}

void Planner::replace(const BackendFacts& backend, const Server& server,
                      const RunningServer& running, const std::string& differences) {
    if (auto why = no_replacement(backend, server, running)) {
        need_reload(plan_, backend.name, server.name, Cause::Kind::not_replaced,
                    fmt::format("{}: {}", differences, *why));
        return;
    }
    if (running.leaving) {
        note_waiting(plan_, backend.name, server.name,
                     "the server of the same name that it replaces still has connections, "
                     "and it is added when they have ended");
        return;
    }
    if (const auto* const stand_in = find_stand_in(backend, server)) {
        go_on_replacing(backend, server, running, *stand_in);
        return;
    }
    auto step = addition(situation_, backend, server, stand_in_name(server.name),
                         placement(backend).place_for_a_while(), plan_);
    if (!step)
        return;
    if (!running.takes_traffic() || takes_none(backend, server)) {
        remove(backend.name, server.name, running); // nobody misses it
        return;
    }
    step->detail += fmt::format(", stands in for {}: {}", server.name, differences);
    plan_.steps.push_back(std::move(*step));
    plan_.next.push_back({ObjectId::Kind::server, backend.name, server.name});
}

std::optional<std::string> Planner::no_replacement(const BackendFacts& backend,
                                                   const Server& server,
                                                   const RunningServer& running) {
    if (!haproxy::can_delete(situation_.info, running.of_file))
        return fmt::format("HAProxy {} deletes no server of its file", situation_.info.version);
    if (auto why = no_addition(situation_, backend, server))
        return why;
    if (running.pinned)
        return std::string("HAProxy does not delete it, since other lines pointed to it when it "
                           "was started");
    if (running.options && running.options->argument("on-marked-down") == "shutdown-sessions" &&
        running.takes_traffic())
        return std::string("its running sessions would be shut down, as on-marked-down says");
    for (const std::string_view unique : {"id", "guid"}) {
        if (server.options.has(unique))
            return fmt::format("two servers can't have the same {}", unique);
    }
    if (!references_)
        references_.emplace(situation_.wanted);
    if (references_->contains(backend.name, server.name))
        return std::string("other lines point to it, and HAProxy deletes no such server");
    if (index_.find({backend.name, stand_in_name(server.name)}).line != nullptr)
        return fmt::format("its stand-in's name is taken: {}", stand_in_name(server.name));
    return placement(backend).loses_order(server);
}

void Planner::go_on_replacing(const BackendFacts& backend, const Server& server,
                              const RunningServer& running, const RunningServer& stand_in) {
    const std::string name = stand_in_name(server.name);
    if (stand_in.leaving) {
        note_waiting(plan_, backend.name, server.name,
                     "an earlier stand-in of it still has connections, and it is "
                     "replaced when they have ended");
        return;
    }
    const OptionChanges options = compare_options(server, stand_in);
    if (!options.replace.empty()) { // wanted otherwise since
        remove(backend.name, name, stand_in);
        plan_.next.push_back({ObjectId::Kind::server, backend.name, server.name});
    } else if (auto step =
                   live_change({situation_, backend, server, stand_in, name}, options, plan_)) {
        plan_.steps.push_back(std::move(*step));
        plan_.next.push_back({ObjectId::Kind::server, backend.name, server.name});
    } else if (!running.takes_traffic() || takes_none(backend, server) ||
               serves_as_well(stand_in, running)) {
        remove(backend.name, server.name, running);
    } else {
        note_waiting(plan_, backend.name, server.name,
                     fmt::format("it serves with its old options until the check of {}, which "
                                 "has the new ones, has passed",
                                 name));
    }
}

} // namespace hitless::plan
