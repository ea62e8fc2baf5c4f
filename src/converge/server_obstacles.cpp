#include "converge/server_obstacles.hpp"

namespace hitless::converge {

using plan::Cause;
using plan::ObjectId;
using plan::ServerId;

std::map<ServerId, Cause> ServerObstacles::note_plan(std::span<const ServerId> servers,
                                                     const plan::Plan& plan) {
    std::set<ServerId> with_actions;
    for (const plan::Action& action : plan.actions) {
        with_actions.insert({action.backend, action.server});
        if (const std::string_view other = plan::stood_in_for(action.server); !other.empty())
            with_actions.insert({action.backend, std::string(other)});
    }
    for (const ServerId& server : servers) {
        const ObjectId object = object_id(server);
        planned_.erase(object);
        if (!with_actions.contains(server))
            shown_.erase(object);
    }
    std::map<ServerId, Cause> hopeless;
    for (const auto& [object, causes] : plan.obstacles.by_object()) {
        const auto in_vain = hopeless_.find(object);
        for (const Cause& cause : causes) {
            if (in_vain != hopeless_.end() && in_vain->second.contains(cause))
                hopeless.insert_or_assign({object.scope, object.name}, cause);
            else
                planned_.add(object, cause);
        }
    }
    return hopeless;
}

bool ServerObstacles::need(const ServerId& server, const Cause& cause) {
    const ObjectId object = object_id(server);
    const auto in_vain = hopeless_.find(object);
    if (in_vain != hopeless_.end() && in_vain->second.contains(cause))
        return false;
    shown_.erase(object);
    shown_.add(object, cause);
    return true;
}

void ServerObstacles::note_change(const ServerId& server) {
    shown_.erase(object_id(server));
    hopeless_.erase(object_id(server));
}

void ServerObstacles::note_reloaded(const plan::Difference& newer) {
    const plan::Obstacles all = obstacles();
    for (const auto& [object, causes] : all.by_object())
        hopeless_[object].insert(causes.begin(), causes.end());
    planned_.clear();
    shown_.clear();
    // Those that came or changed while it was on its way were not part of it.
    for (const ServerId& server : newer.servers)
        hopeless_.erase(object_id(server));
    if (!newer.lines.empty())
        hopeless_.clear();
}

void ServerObstacles::forget_all() {
    planned_.clear();
    shown_.clear();
    hopeless_.clear();
}

plan::Obstacles ServerObstacles::obstacles() const {
    plan::Obstacles all = planned_;
    all.add(shown_);
    return all;
}

} // namespace hitless::converge
