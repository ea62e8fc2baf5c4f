#include "plan/placement.hpp"

#include "hitless/haproxy/words.hpp"

#include "plan/template_names.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

namespace hitless::plan {
namespace {

using haproxy::Server;
using haproxy::ServerLine;

/// A line that makes servers: one (`server`) or several (`server-template`).
struct Numbered {
    int line = 0;
    const ServerLine* server = nullptr; ///< nullptr: several, or one of unknown name
    long count = 1;
    bool unknown = false; ///< only HAProxy can tell how many it makes
};

std::vector<Numbered> in_order(const haproxy::Section& section) {
    std::vector<Numbered> lines;
    for (const ServerLine& line : section.servers)
        lines.push_back({line.number, &line});
    // A server whose name is an environment variable is among the settings.
    for (const haproxy::Line& line : section.settings) {
        if (!line.conditional && haproxy::first_word(line.text) == "server")
            lines.push_back({line.number, nullptr});
    }
    for (const TemplateNames& names : template_names(section))
        lines.push_back(
            {names.line, nullptr, std::max(0L, names.last - names.first + 1), names.unknown});
    std::ranges::stable_sort(lines, {}, &Numbered::line);
    return lines;
}

/// The number that a server's line gives it; 0: none.
long number_of(const Server& server) {
    const std::string_view text = server.options.argument("id");
    long number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

} // namespace

Placement::Placement(const BackendFacts& backend, const haproxy::Section& section)
    : backend_(backend), section_(section) {
    if (backend.running != nullptr) {
        for (const auto& [name, server] : *backend.running) {
            next_position_ = std::max(next_position_, server.position + 1);
            if (backend.order.by_id)
                used_.insert(server.id);
        }
    }
    if (backend.order.by_id)
        number_lines();
}

/// As HAProxy does at its start: servers without an `id` get, one after the other, the lowest
/// number that is free and not below their place in the file (check_config_validity).
void Placement::number_lines() {
    const std::vector<Numbered> lines = in_order(section_);
    for (const Numbered& line : lines) {
        // Few lines have an `id`, and to look for one is cheaper than to read all options.
        if (line.server == nullptr || line.server->text.find("id") == std::string_view::npos)
            continue;
        const auto server = backend_.servers.get(*line.server);
        if (const long number = server ? number_of(*server) : 0; number != 0) {
            file_ids_.emplace(line.server->name, number);
            numbers_of_file_.insert(number);
        }
    }
    long next = 1;
    for (const Numbered& line : lines) {
        if (line.unknown) {
            numbers_are_unknown_ = true;
            return;
        }
        for (long i = 0; i < line.count; ++i, ++next) {
            if (line.server != nullptr && file_ids_.contains(line.server->name))
                continue;
            while (numbers_of_file_.contains(next))
                ++next;
            numbers_of_file_.insert(next);
            if (line.server != nullptr)
                file_ids_.emplace(line.server->name, next);
        }
    }
}

Result<Place> Placement::place(const Server& server) {
    if (auto lost = loses_order(server))
        return Error{std::move(*lost)};
    long id = 0;
    if (backend_.order.by_id && !server.options.has("id")) {
        const auto number = number_for(server.name);
        if (!number)
            return number.error();
        id = *number;
    }
    placed_.emplace(server.name, id != 0 ? id : number_of(server));
    return take(id);
}

Place Placement::place_for_a_while() {
    return take(backend_.order.by_id ? free_number(1) : 0);
}

Place Placement::take(long id) {
    if (id != 0)
        used_.insert(id);
    return {id, next_position_++};
}

Result<long> Placement::number_for(std::string_view server) const {
    const auto of_file = file_ids_.find(server);
    if (numbers_are_unknown_ && of_file == file_ids_.end())
        return Error{"an environment variable decides how many servers a server-template line "
                     "before it makes, and so where requests go"};
    if (backend_.order.first)
        return number_between_neighbours(server);
    const bool is_free = of_file != file_ids_.end() && !used_.contains(of_file->second);
    return is_free ? of_file->second : free_number(1);
}

/// `balance first` asks the servers in the order of their numbers.
Result<long> Placement::number_between_neighbours(std::string_view server) const {
    long low = 0;
    long high = std::numeric_limits<int>::max();
    bool is_before = true;
    for (const ServerLine& line : section_.servers) {
        if (line.name == server) {
            is_before = false;
            continue;
        }
        long number = 0;
        if (const auto placed = placed_.find(std::string(line.name)); placed != placed_.end())
            number = placed->second;
        else if (const auto* const running = backend_.find_running(line.name))
            number = running->id;
        if (number == 0)
            continue;
        low = is_before ? std::max(low, number) : low;
        high = is_before ? high : std::min(high, number);
    }
    const auto of_file = file_ids_.find(server);
    if (of_file != file_ids_.end() && low < of_file->second && of_file->second < high &&
        !used_.contains(of_file->second))
        return of_file->second;
    long number = low + 1;
    while (number < high && used_.contains(number))
        ++number;
    if (number >= high)
        return Error{"'balance first' asks the servers in the order of their numbers, and no "
                     "number is free at its place in the file"};
    return number;
}

long Placement::free_number(long least) const {
    while (used_.contains(least) || numbers_of_file_.contains(least))
        ++least;
    return least;
}

bool Placement::is_there(std::string_view server) const {
    return backend_.find_running(server) != nullptr || placed_.contains(std::string(server));
}

std::optional<std::string_view> Placement::misnumbered() const {
    for (const ServerLine& line : section_.servers) {
        const auto* const running = backend_.find_running(line.name);
        const auto placed = placed_.find(std::string(line.name));
        const long number = placed != placed_.end() ? placed->second
                            : running != nullptr    ? running->id
                                                    : 0;
        const auto of_file = file_ids_.find(line.name);
        if (number != 0 && of_file != file_ids_.end() && number != of_file->second)
            return line.name;
    }
    return std::nullopt;
}

std::optional<std::string> Placement::loses_order(const Server& server) const {
    if (!backend_.order.one_backup || !server.options.has("backup"))
        return std::nullopt;
    bool is_behind = false;
    for (const ServerLine& line : section_.servers) {
        if (line.name == server.name) {
            is_behind = true;
            continue;
        }
        if (!is_behind || !is_there(line.name))
            continue;
        const auto other = backend_.servers.get(line);
        if (other && other->options.has("backup"))
            return fmt::format("the backup servers take over in the order of the file, and '{}' "
                               "would come before it; 'option allbackups' has no order",
                               line.name);
    }
    return std::nullopt;
}

} // namespace hitless::plan
