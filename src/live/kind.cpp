#include "hitless/live/kind.hpp"

#include "live/kinds.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hitless::live {
namespace {

/// Calls `call` with each kind and those of the objects that it knows. They are sorted, so that
/// those of a kind are in a row.
template <class Call>
void for_each_kind(std::span<const ObjectId> objects, Call call) {
    while (!objects.empty()) {
        const ObjectId::Kind id = objects.front().kind;
        const auto end = std::ranges::find_if(
            objects, [&](const ObjectId& object) { return object.kind != id; });
        const auto own = objects.first(static_cast<std::size_t>(end - objects.begin()));
        objects = objects.subspan(own.size());
        if (const Kind* const kind = find_kind(id))
            call(*kind, own);
    }
}

template <class T>
void append(std::vector<T>& all, std::vector<T> more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
}

} // namespace

std::span<const Kind* const> kinds() {
    static const std::array all = {&servers(), &limits(),    &maps(),
                                   &acls(),    &acl_lines(), &certificates()};
    return all;
}

const Kind* find_kind(ObjectId::Kind kind) {
    const auto all = kinds();
    const auto found = std::ranges::find(all, kind, [](const Kind* one) { return one->id(); });
    return found == all.end() ? nullptr : *found;
}

Changes claim(const haproxy::Config& before, const haproxy::Config& after,
              const plan::Difference& difference) {
    Changes changes;
    changes.lines = difference.lines;
    for (const plan::ServerId& server : difference.servers)
        changes.objects.push_back(object_id(server));
    for (const Kind* const kind : kinds())
        kind->claim(before, after, changes);
    return changes;
}

Changes compare(const haproxy::Config& before, const haproxy::Config& after) {
    return claim(before, after, plan::compare(before, after));
}

std::vector<ObjectId> all_objects(const haproxy::Config& wanted, const Files& files,
                                  const Observed& observed) {
    std::vector<ObjectId> objects;
    for (const Kind* const kind : kinds())
        append(objects, kind->all(wanted, files, observed));
    return objects;
}

std::vector<ObjectId> come_or_gone(const haproxy::Config& before, const haproxy::Config& after,
                                   std::span<const ObjectId> objects) {
    std::vector<ObjectId> turned;
    for_each_kind(objects, [&](const Kind& kind, std::span<const ObjectId> own) {
        append(turned, kind.come_or_gone(before, after, own));
    });
    return turned;
}

std::vector<Named> with_names(const haproxy::Config& wanted, std::span<const ObjectId> objects) {
    std::vector<Named> named;
    for_each_kind(objects, [&](const Kind& kind, std::span<const ObjectId> own) {
        append(named, kind.with_names(wanted, own));
    });
    return named;
}

ObjectId original_of(const ObjectId& object) {
    const Kind* const kind = find_kind(object.kind);
    return kind == nullptr ? object : kind->original_of(object);
}

void adopt(const haproxy::Config& started, const std::set<ObjectId>& in_doubt, Observed& observed) {
    for (const Kind* const kind : kinds())
        kind->adopt(started, in_doubt, observed);
}

void note_done(const plan::Step& step, Observed& observed) {
    if (const Kind* const kind = find_kind(step.object.kind))
        kind->note_done(step, observed);
}

plan::Plan make_plan(const Situation& situation, std::span<const ObjectId> objects) {
    plan::Plan plan;
    for_each_kind(objects, [&](const Kind& kind, std::span<const ObjectId> own) {
        kind.add_plan(situation, own, plan);
    });
    std::ranges::stable_sort(plan.steps, {}, &plan::Step::phase);
    return plan;
}

} // namespace hitless::live
