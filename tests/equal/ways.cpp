#include "equal/ways.hpp"

#include <algorithm>
#include <utility>

namespace hitless::test {
namespace {

using Servers = Scenario::Servers;

/// True when words are for one server only.
bool is_of_one(const std::string& words) {
    return words.find("1@") != std::string::npos;
}

std::string of_server(std::string words, char number) {
    for (std::size_t at = words.find("1@"); at != std::string::npos; at = words.find("1@", at + 2))
        words[at] = number;
    return words;
}

Scenario scenario_of(const Option& option, const std::string& way) {
    Scenario scenario;
    scenario.name = option.name + "_" + way;
    scenario.global = option.global;
    scenario.backend = option.backend;
    scenario.more = option.more;
    scenario.agent = option.agent;
    scenario.cookie = option.cookie;
    scenario.parallel = option.parallel;
    const bool adds = way != "removed" && way != "dropped";
    scenario.live_from = adds ? std::max(option.live_from, option.added_from) : option.live_from;
    scenario.since = option.since;
    scenario.until = option.until;
    return scenario;
}

/// The backend's servers s1, s2 and, if it has one, s3, with these words.
Servers three(const std::string& first, const std::string& second,
              const std::optional<std::string>& third) {
    Servers servers{{"s1", server(first, '1')}, {"s2", server(second, '2')}};
    if (third)
        servers["s3"] = server(*third, '3');
    return servers;
}

} // namespace

std::string server(const std::string& words, char number) {
    return of_server("@1@ " + words, number);
}

void add_ways(const Option& option, std::vector<Scenario>& all) {
    const auto add = [&](const std::string& way, std::vector<Servers> steps) -> Scenario& {
        all.push_back(scenario_of(option, way));
        all.back().steps = std::move(steps);
        return all.back();
    };
    const std::string& base = option.base;
    const std::string with = base + " " + option.words;
    add("added", {three(with, with, {}), three(with, with, with)});
    add("removed", {three(with, with, with), three(with, with, {})});
    if (option.words.empty())
        return;
    add("gained", {three(with, base, with), three(with, with, with)});
    add("dropped", {three(with, with, with), three(with, base, with)});
    if (!option.other.empty())
        add("changed", {three(with, with, with), three(with, base + " " + option.other, with)});
    if (!option.inherited || is_of_one(with))
        return;
    const std::string line = "    default-server " + with + "\n";
    const std::vector<Servers> one_more = {three("", "", {}), three("", "", "")};
    add("inherited", one_more).backend += line;
    add("inherited_from_defaults", one_more).defaults += line;
}

void add_moves(const Scenario& like, const std::string& words, std::vector<Scenario>& all) {
    const auto add = [&](const std::string& way, std::vector<Servers> steps) {
        all.push_back(like);
        all.back().name += "_" + way;
        all.back().steps = std::move(steps);
    };
    const Servers start{
        {"b1", server(words, '1')}, {"b2", server(words, '2')}, {"b3", server(words, '3')}};
    const auto with = [&](const std::string& name, const std::string& text) {
        Servers servers = start;
        servers[name] = text;
        return servers;
    };
    Servers without = start;
    without.erase("b2");
    add("added_last", {start, with("c4", server(words, '4'))});
    add("added_first", {start, with("a4", server(words, '4'))});
    add("removed", {start, without});
    add("removed_and_added", {start, without, start});
    add("moved", {start, with("b2", "@4@ " + of_server(words, '2'))});
    add("weighted", {start, with("b2", server(words + " weight 3", '2'))});
    add("replaced", {start, with("b2", server(words + " slowstart 100ms", '2'))});
}

std::vector<Scenario> all_scenarios() {
    std::vector<Scenario> all;
    for (const auto add : {add_options, add_tls_options, add_checks, add_balances, add_persistence,
                           add_addresses, add_conditions, add_sequences, add_random})
        add(all);
    set_expected(all);
    mark_known(all);
    return all;
}

} // namespace hitless::test
