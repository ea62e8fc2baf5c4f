#include "converge/object_obstacles.hpp"

#include "converge/queue.hpp"

namespace hitless::converge {

using plan::Cause;
using plan::ObjectId;

namespace {

/// What HAProxy's answers show concerns one object alone. What a plan says may come of other
/// objects of its scope: a number, or a place.
bool is_shown(const Cause& cause) {
    return cause.kind == Cause::Kind::refused || cause.kind == Cause::Kind::undone;
}

} // namespace

std::map<ObjectId, Cause> ObjectObstacles::note_plan(std::span<const ObjectId> objects,
                                                     const plan::Plan& plan) {
    std::set<ObjectId> with_steps;
    for (const plan::Step& step : plan.steps) {
        with_steps.insert(step.object);
        with_steps.insert(live::original_of(step.object));
    }
    std::set<ObjectId> unfinished(plan.next.begin(), plan.next.end());
    for (const auto* const remarks : {&plan.problems, &plan.waiting})
        for (const plan::Remark& remark : *remarks)
            unfinished.insert(remark.object);
    for (const auto& [object, causes] : plan.obstacles.by_object())
        unfinished.insert(object);
    for (const ObjectId& object : objects) {
        planned_.erase(object);
        if (with_steps.contains(object))
            continue;
        shown_.erase(object);
        if (!unfinished.contains(object))
            note_done(object);
    }
    std::map<ObjectId, Cause> hopeless;
    for (const auto& [object, causes] : plan.obstacles.by_object()) {
        for (const Cause& cause : causes) {
            if (is_in_vain(object, cause))
                hopeless.insert_or_assign(object, cause);
            else
                planned_.add(object, cause);
        }
    }
    return hopeless;
}

/// True if a reload for that cause has not helped. What the last one was for, and what has not
/// changed since, is known to be so from now on.
bool ObjectObstacles::is_in_vain(const ObjectId& object, const Cause& cause) {
    const auto tried = tried_.find(object);
    if (tried != tried_.end() && tried->second.erase(cause) > 0)
        hopeless_[object].insert(cause);
    const auto in_vain = hopeless_.find(object);
    return in_vain != hopeless_.end() && in_vain->second.contains(cause);
}

/// The object is as it is wanted: a reload may help when it is so no longer. Repairs that don't
/// last look like that for a moment.
void ObjectObstacles::note_done(const ObjectId& object) {
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

bool ObjectObstacles::need(const ObjectId& object, const Cause& cause) {
    if (is_in_vain(object, cause))
        return false;
    shown_.erase(object);
    shown_.add(object, cause);
    return true;
}

void ObjectObstacles::note_change(const ObjectId& object) {
    shown_.erase(object);
    hopeless_.erase(object);
    tried_.erase(object);
    for (auto& [other, causes] : tried_) {
        if (other.kind == object.kind && other.scope == object.scope)
            std::erase_if(causes, [](const Cause& cause) { return !is_shown(cause); });
    }
}

void ObjectObstacles::note_reloaded(const live::Changes& newer) {
    tried_.clear();
    const plan::Obstacles all = obstacles();
    for (const auto& [object, causes] : all.by_object())
        tried_[object].insert(causes.begin(), causes.end());
    planned_.clear();
    // Those that came or changed while it was on its way were not part of it.
    for (const ObjectId& object : newer.objects)
        note_change(object);
    shown_.clear();
    if (!newer.lines.empty()) {
        tried_.clear();
        hopeless_.clear();
    }
}

void ObjectObstacles::forget_all() {
    planned_.clear();
    shown_.clear();
    tried_.clear();
    hopeless_.clear();
}

plan::Obstacles ObjectObstacles::obstacles() const {
    plan::Obstacles all = planned_;
    all.add(shown_);
    return all;
}

} // namespace hitless::converge
