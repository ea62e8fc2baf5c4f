#include "hitless/plan/slots.hpp"

#include "plan/additions.hpp"
#include "plan/live_change.hpp"
#include "plan/planner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

// The part of the Planner that has servers come and go in the places of spare ones.
namespace hitless::plan {

using haproxy::RunningServer;
using haproxy::Server;

namespace {

/// Why the slot can't take the server; nullopt: it can.
std::optional<std::string> misfit(const BackendFacts& backend, const Server& server,
                                  const RunningServer& slot) {
    if (!backend.dynamic_weights && server.weight != 0 && server.weight != slot.initial_weight)
        return fmt::format("its weight is {}, the spare servers have {}, and HAProxy can't change "
                           "weights of such a balance",
                           server.weight, slot.initial_weight);
    if (server.address.kind == haproxy::Address::Kind::name && server.options.has("resolvers"))
        return "HAProxy resolves its name itself (`resolvers`)";
    if (server.environment)
        return "its line names environment variables";
    const auto changes = compare_options(server, slot);
    if (!changes.replace.empty())
        return fmt::format("the spare servers have other options: {}",
                           fmt::join(changes.replace, ", "));
    return std::nullopt;
}

bool fits(const BackendFacts& backend, const Server& server, const RunningServer& slot) {
    return !misfit(backend, server, slot);
}

} // namespace

SlotBook& Planner::slots(const std::string& backend) {
    const auto found = slots_.find(backend);
    if (found != slots_.end())
        return found->second;
    const auto running = situation_.running.find(backend);
    return slots_.emplace(backend, running == situation_.running.end() ? nullptr : &running->second)
        .first->second;
}

/// Returns false when there is no slot for it.
bool Planner::fill_slot(const BackendFacts& backend, const Server& server) {
    if (!resolve(situation_.names, server))
        return false;
    const auto* const slot = slots(backend.name).take([&](const RunningServer& running) {
        return fits(backend, server, running);
    });
    if (slot == nullptr)
        return false;
    const auto& [name, running] = *slot;
    OptionChanges options = compare_options(server, running);
    options.maxconn = true; // HAProxy doesn't tell what an earlier server has left
    auto step = live_change({situation_, backend, server, running, name}, options, plan_);
    if (!step)
        return false;
    step->phase = Phase::create;
    step->object.name = server.name;
    step->server().slot = name;
    step->detail = fmt::format("{} in {}", haproxy::to_string(server.address), name);
    step->server().after.serves = server.name;
    plan_.steps.push_back(std::move(*step));
    return true;
}

/// Where fill_slot() has found none.
std::string Planner::why_no_slot(const BackendFacts& backend, const Server& server) {
    const auto running = situation_.running.find(backend.name);
    if (running == situation_.running.end() ||
        std::ranges::none_of(running->second, [](const auto& each) { return is_slot(each.first); }))
        return "HAProxy has no spare servers in this backend: they are written where more than "
               "half "
               "of the servers have the same options, and come with a reload";
    const auto* const slot = slots(backend.name).next();
    const auto why = slot == nullptr ? std::nullopt : misfit(backend, server, slot->second);
    return why ? fmt::format("no spare server can take its place: {}", *why)
               : "no spare server is free for it";
}

void Planner::change_slot(const BackendFacts& backend, const Server& server,
                          const SlotBook::Slot& slot) {
    const auto& [name, running] = slot;
    if (!fits(backend, server, running)) {
        if (add(backend, server))
            free_slot(backend.name, server.name, slot);
        return;
    }
    if (!situation_.slots)
        need_reload(
            plan_, backend.name, server.name, Cause::Kind::spare_place,
            fmt::format(
                "it runs in the place of {}, and hitlessd has no spare servers without -slots",
                name));
    auto step = live_change({situation_, backend, server, running, name},
                            compare_options(server, running), plan_);
    if (!step)
        return;
    step->object.name = server.name;
    step->server().slot = name;
    plan_.steps.push_back(std::move(*step));
}

void Planner::free_slot(const std::string& backend, const std::string& server,
                        const SlotBook::Slot& slot) {
    remove(backend, slot.first, slot.second);
    slots(backend).release(server);
    plan_.steps.back().object.name = server;
    plan_.steps.back().server().slot = slot.first;
}

} // namespace hitless::plan
