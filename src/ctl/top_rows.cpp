#include "ctl/top_rows.hpp"

#include "hitless/keys/key_tree.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <array>
#include <locale>

namespace hitless::ctl {
namespace {

using Rows = std::vector<const TopEntry*>;

constexpr std::array<std::string_view, top_columns> names = {"as in HAProxy", "name",     "state",
                                                             "weight",        "sessions", "queue",
                                                             "requests/s",    "errors/s", "age"};

bool is_before(const TopEntry& a, const TopEntry& b, TopColumn column) {
    switch (column) {
    case TopColumn::as_in_haproxy:
        return false;
    case TopColumn::name:
        return a.is_backend() ? a.backend < b.backend : a.server < b.server;
    case TopColumn::state:
        return a.state < b.state;
    case TopColumn::weight:
        return a.weight > b.weight;
    case TopColumn::sessions:
        return a.sessions > b.sessions;
    case TopColumn::queue:
        return a.queue > b.queue;
    case TopColumn::requests:
        return a.request_rate.value_or(-1) > b.request_rate.value_or(-1);
    case TopColumn::errors:
        return a.error_rate.value_or(-1) > b.error_rate.value_or(-1);
    case TopColumn::age:
        return a.age < b.age; // what has just changed
    }
    return false;
}

void sort(Rows& rows, const TopChoice& choice) {
    if (choice.sort == TopColumn::as_in_haproxy) {
        if (choice.reversed)
            std::ranges::reverse(rows);
        return;
    }
    std::ranges::stable_sort(rows, [&](const TopEntry* a, const TopEntry* b) {
        return choice.reversed ? is_before(*b, *a, choice.sort) : is_before(*a, *b, choice.sort);
    });
}

bool is_filtered_in(const std::string& name, const std::string& filter) {
    if (filter.find_first_of("*?[") != std::string::npos)
        return keys::matches(filter, name);
    return boost::algorithm::icontains(name, filter, std::locale::classic());
}

bool is_filtered_in(const TopEntry& entry, const std::string& filter) {
    return filter.empty() || is_filtered_in(entry.backend, filter) ||
           (!entry.is_backend() && (is_filtered_in(entry.server, filter) ||
                                    is_filtered_in(entry.backend + "/" + entry.server, filter)));
}

/// A backend with those of its servers that are wanted.
struct Group {
    const TopEntry* backend;
    Rows servers;
};

bool is_wanted(const Group& group, const TopChoice& choice) {
    const bool named = choice.filter.empty() || is_filtered_in(*group.backend, choice.filter);
    const bool alone = named && (!choice.only_problems || group.backend->is_problem());
    return alone || !group.servers.empty();
}

std::vector<Group> group(const std::vector<TopEntry>& entries, const TopChoice& choice) {
    std::vector<Group> groups;
    for (const TopEntry& entry : entries) {
        if (entry.is_backend())
            groups.push_back({&entry, {}});
        else if (!groups.empty() && is_filtered_in(entry, choice.filter) &&
                 (!choice.only_problems || entry.is_problem()))
            groups.back().servers.push_back(&entry);
    }
    return groups;
}

} // namespace

std::string_view column_name(TopColumn column) {
    return names[static_cast<std::size_t>(column)];
}

std::vector<const TopEntry*> choose_rows(const std::vector<TopEntry>& entries,
                                         const TopChoice& choice) {
    Rows backends;
    std::vector<Group> groups = group(entries, choice);
    std::erase_if(groups, [&](const Group& one) { return !is_wanted(one, choice); });
    for (const Group& one : groups)
        backends.push_back(one.backend);
    sort(backends, choice);
    std::ranges::sort(groups, {}, &Group::backend);
    Rows rows;
    for (const TopEntry* const backend : backends) {
        rows.push_back(backend);
        if (choice.folded.contains(backend->backend))
            continue;
        auto one = std::ranges::lower_bound(groups, backend, {}, &Group::backend);
        sort(one->servers, choice);
        rows.insert(rows.end(), one->servers.begin(), one->servers.end());
    }
    return rows;
}

} // namespace hitless::ctl
