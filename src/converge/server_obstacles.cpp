#include "converge/server_obstacles.hpp"

#include "converge/queue.hpp"

namespace hitless::converge {

using plan::Cause;
using plan::ObjectId;
using plan::ServerId;

namespace {

/// What HAProxy's answers show concerns one server alone. What a plan says may come of other
/// servers of the backend: a number, or a place.
bool is_shown(const Cause& cause) {
    return cause.kind == Cause::Kind::refused || cause.kind == Cause::Kind::undone;
}

} // namespace

std::map<ServerId, Cause> ServerObstacles::note_plan(std::span<const ServerId> servers,
                                                     const plan::Plan& plan) {
    std::set<ServerId> with_actions;
    for (const plan::Action& action : plan.actions) {
        const ServerId server{action.backend, action.server};
        with_actions.insert(server);
        with_actions.insert(original_of(server));
    }
    std::set<ServerId> unfinished(plan.next.begin(), plan.next.end());
    for (const auto* const remarks : {&plan.problems, &plan.waiting})
        for (const plan::Remark& remark : *remarks)
            unfinished.insert(remark.server);
    for (const auto& [object, causes] : plan.obstacles.by_object())
        unfinished.insert({object.scope, object.name});
    for (const ServerId& server : servers) {
        const ObjectId object = object_id(server);
        planned_.erase(object);
        if (with_actions.contains(server))
            continue;
        shown_.erase(object);
        if (!unfinished.contains(server))
            note_done(object);
    }
    std::map<ServerId, Cause> hopeless;
    for (const auto& [object, causes] : plan.obstacles.by_object()) {
        for (const Cause& cause : causes) {
            if (is_in_vain(object, cause))
                hopeless.insert_or_assign({object.scope, object.name}, cause);
            else
                planned_.add(object, cause);
        }
    }
    return hopeless;
}

/// True if a reload for that cause has not helped. What the last one was for, and what has not
/// changed since, is known to be so from now on.
bool ServerObstacles::is_in_vain(const ObjectId& object, const Cause& cause) {
    const auto tried = tried_.find(object);
    if (tried != tried_.end() && tried->second.erase(cause) > 0)
        hopeless_[object].insert(cause);
    const auto in_vain = hopeless_.find(object);
    return in_vain != hopeless_.end() && in_vain->second.contains(cause);
}

/// The server is as it is wanted: a reload may help when it is so no longer. Repairs that don't
/// last look like that for a moment.
void ServerObstacles::note_done(const ObjectId& object) {
    for (Causes* const known : {&tried_, &hopeless_}) {
        const auto found = known->find(object);
        if (found == known->end())
            continue;
        std::erase_if(found->second,
                      [](const Cause& cause) { return cause.kind != Cause::Kind::undone; });
        if (found->second.empty())
            known->erase(found);
    }
}

bool ServerObstacles::need(const ServerId& server, const Cause& cause) {
    const ObjectId object = object_id(server);
    if (is_in_vain(object, cause))
        return false;
    shown_.erase(object);
    shown_.add(object, cause);
    return true;
}

void ServerObstacles::note_change(const ServerId& server) {
    shown_.erase(object_id(server));
    hopeless_.erase(object_id(server));
    tried_.erase(object_id(server));
    for (auto& [object, causes] : tried_) {
        if (object.scope == server.backend)
            std::erase_if(causes, [](const Cause& cause) { return !is_shown(cause); });
    }
}

void ServerObstacles::note_reloaded(const plan::Difference& newer) {
    tried_.clear();
    const plan::Obstacles all = obstacles();
    for (const auto& [object, causes] : all.by_object())
        tried_[object].insert(causes.begin(), causes.end());
    planned_.clear();
    // Those that came or changed while it was on its way were not part of it.
    for (const ServerId& server : newer.servers)
        note_change(server);
    shown_.clear();
    if (!newer.lines.empty()) {
        tried_.clear();
        hopeless_.clear();
    }
}

void ServerObstacles::forget_all() {
    planned_.clear();
    shown_.clear();
    tried_.clear();
    hopeless_.clear();
}

plan::Obstacles ServerObstacles::obstacles() const {
    plan::Obstacles all = planned_;
    all.add(shown_);
    return all;
}

} // namespace hitless::converge
