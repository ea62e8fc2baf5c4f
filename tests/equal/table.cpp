// The scenarios: options of servers in every way that they come and go, ways of balancing, checks,
// persistence and addresses.
#include "equal/scenario.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace hitless::test {
namespace {

using Servers = Scenario::Servers;

/// Words of a server, each way of their coming and going a scenario.
struct Option {
    std::string name;
    std::string words = {};   ///< with `@1@` and the like those of the first server
    std::string other = {};   ///< what they are changed to; empty: no such scenario
    std::string base = {};    ///< words that the server has in any case
    std::string global = {};  ///< lines that it needs
    std::string backend = {}; ///< likewise
    std::string more = {};    ///< sections that it needs
    std::string agent = "up";
    std::string cookie = {};
    int parallel = 0;
    int live_from = 206;
    bool inherited = true; ///< `default-server` may have them
};

/// `@1@`, `@P1@` and `@A1@` to those of another server.
std::string of_server(std::string words, char number) {
    for (std::size_t at = words.find('@'); at != std::string::npos; at = words.find('@', at + 1)) {
        const std::size_t digit = words.find_first_of("123456789", at);
        if (digit != std::string::npos && digit <= at + 2 && words.size() > digit + 1 &&
            words[digit + 1] == '@') {
            words[digit] = number;
            at = digit + 1;
        }
    }
    return words;
}

std::string server(const std::string& words, char number) {
    return of_server("@1@ " + words, number);
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
    scenario.live_from = option.live_from;
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

void add_ways(const Option& option, std::vector<Scenario>& all) {
    const auto add = [&](const std::string& way, std::vector<Servers> steps) {
        all.push_back(scenario_of(option, way));
        all.back().steps = std::move(steps);
    };
    const std::string& base = option.base;
    const std::string with = base + " " + option.words;
    add("added", {three(with, with, {}), three(with, with, with)});
    add("removed", {three(with, with, with), three(with, with, {})});
    add("gained", {three(with, base, with), three(with, with, with)});
    add("dropped", {three(with, with, with), three(with, base, with)});
    if (!option.other.empty())
        add("changed", {three(with, with, with), three(with, base + " " + option.other, with)});
    if (!option.inherited)
        return;
    const std::string line = "    default-server " + with + "\n";
    if (line.find('@') != std::string::npos && line.find("@CERT@") == std::string::npos)
        return; // what is each server's own
    add("inherited", {three("", "", {}), three("", "", "")});
    all.back().backend += line;
    add("inherited_from_defaults", {three("", "", {}), three("", "", "")});
    all.back().defaults += line;
}

std::vector<Option> options() {
    const std::string check = "check inter 50ms";
    return {
        {.name = "plain"},
        {.name = "weight", .words = "weight 5", .other = "weight 9"},
        {.name = "maxconn", .words = "maxconn 2", .other = "maxconn 3", .parallel = 12},
        {.name = "backup", .words = "backup"},
        {.name = "disabled", .words = "disabled"},
        {.name = "check", .words = check, .other = "check inter 300ms"},
        {.name = "ssl", .words = "ssl verify none", .other = "ssl verify none sni str(b.example)"},
        {.name = "httpchk",
         .words = check,
         .other = "check inter 300ms",
         .backend = "    option httpchk GET /check\n"},
        {.name = "ssl_check", .words = "ssl verify none", .base = check},
        {.name = "ssl_httpchk",
         .words = "ssl verify none",
         .other = "ssl verify none sni str(b.example)",
         .base = check,
         .backend = "    option httpchk GET /check\n"},
        {.name = "send_proxy_check",
         .words = "send-proxy",
         .other = "send-proxy-v2",
         .base = check,
         .backend = "    option httpchk GET /check\n"},
        {.name = "agent", .words = "agent-check agent-inter 50ms agent-port @A1@", .agent = "up"},
    };
}

} // namespace

std::vector<Scenario> all_scenarios() {
    std::vector<Scenario> all;
    for (const Option& option : options())
        add_ways(option, all);
    mark_known(all);
    return all;
}

} // namespace hitless::test
