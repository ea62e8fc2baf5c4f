#include "hitless/plan/obstacle.hpp"

#include "hitless/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace hitless::plan {
namespace {

using Kind = Cause::Kind;

constexpr std::array<std::pair<Kind, std::string_view>, 16> kind_names = {{
    {Kind::no_file, "no_file"},
    {Kind::new_section, "new_section"},
    {Kind::gone_section, "gone_section"},
    {Kind::line, "line"},
    {Kind::needs_section, "needs_section"},
    {Kind::no_socket, "no_socket"},
    {Kind::not_added, "not_added"},
    {Kind::not_replaced, "not_replaced"},
    {Kind::not_set, "not_set"},
    {Kind::undecided, "undecided"},
    {Kind::number, "number"},
    {Kind::spare_place, "spare_place"},
    {Kind::refused, "refused"},
    {Kind::undone, "undone"},
    {Kind::file_changed, "file_changed"},
    {Kind::noted, "noted"},
}};

std::string in_words(const ObjectId& object, const Cause& cause) {
    constexpr std::size_t most_of_a_line = 100;
    switch (cause.kind) {
    case Kind::no_file:
        return fmt::format("there was no {}", object.name);
    case Kind::new_section:
        return fmt::format("{}: the section is new", object.name);
    case Kind::gone_section:
        return fmt::format("{}: the section is gone", object.name);
    case Kind::line:
        return fmt::format("{}: {}", object.name, base::printable(cause.detail, most_of_a_line));
    case Kind::file_changed:
        return fmt::format("{} has changed, and HAProxy reads it only when it starts", object.name);
    case Kind::noted:
        return cause.detail;
    default:
        return fmt::format("{}: {}", to_string(object), cause.detail);
    }
}

/// Objects of one scope with the same cause, which are told together.
struct Group {
    const ObjectId* first = nullptr;
    const Cause* cause = nullptr;
    std::size_t more = 0;
};

std::string in_words(const Group& group) {
    return fmt::format("{}{}{}", in_words(*group.first, *group.cause),
                       group.more == 0 ? "" : fmt::format(" (and {} more)", group.more),
                       group.cause->since_before ? owed_since_before : "");
}

/// Servers of one backend are in a row.
std::vector<Group> group(const Obstacles& obstacles) {
    std::vector<Group> groups;
    std::map<Cause, std::size_t> of_backend; ///< where its group is
    std::string_view backend;
    for (const auto& [object, causes] : obstacles.by_object()) {
        const bool is_server = object.kind == ObjectId::Kind::server;
        if (std::exchange(backend, object.scope) != object.scope)
            of_backend.clear();
        for (const Cause& cause : causes) {
            const auto [known, is_new] = of_backend.try_emplace(cause, groups.size());
            if (is_server && !is_new)
                ++groups[known->second].more;
            else
                groups.push_back({&object, &cause});
        }
        if (!is_server)
            of_backend.clear();
    }
    return groups;
}

} // namespace

std::string_view to_string(Kind kind) {
    const auto* const found =
        std::ranges::find(kind_names, kind, &std::pair<Kind, std::string_view>::first);
    return found == kind_names.end() ? "" : found->second;
}

std::optional<Kind> to_cause_kind(std::string_view text) {
    const auto* const found =
        std::ranges::find(kind_names, text, &std::pair<Kind, std::string_view>::second);
    return found == kind_names.end() ? std::nullopt : std::optional(found->first);
}

void Obstacles::add(const ObjectId& object, Cause cause) {
    Causes& causes = by_object_[object];
    if (std::ranges::find(causes, cause) == causes.end())
        causes.push_back(std::move(cause));
}

void Obstacles::add(const Obstacles& others) {
    for (const auto& [object, causes] : others.by_object_) {
        for (const Cause& cause : causes)
            add(object, cause);
    }
}

void Obstacles::add(std::span<const LineChange> lines) {
    for (const LineChange& change : lines) {
        const Kind kind = change.kind == LineChange::Kind::new_section    ? Kind::new_section
                          : change.kind == LineChange::Kind::gone_section ? Kind::gone_section
                                                                          : Kind::line;
        add({ObjectId::Kind::section, {}, title(change.section, change.name)},
            {kind, in_words(change)});
    }
}

Obstacles Obstacles::of(const ObjectId& object) const {
    Obstacles own;
    if (const auto found = by_object_.find(object); found != by_object_.end())
        own.by_object_.insert(*found);
    return own;
}

std::vector<std::string> in_words(const Obstacles& obstacles, std::size_t most) {
    std::vector<std::string> texts;
    const std::vector<Group> groups = group(obstacles);
    for (const Group& each : groups) {
        if (texts.size() == most) {
            texts.push_back(fmt::format("and {} more", groups.size() - most));
            break;
        }
        texts.push_back(in_words(each));
    }
    return texts;
}

} // namespace hitless::plan
