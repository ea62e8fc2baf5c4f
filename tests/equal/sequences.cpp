// More than one step: what earlier ones leave behind.
#include "equal/ways.hpp"

#include <fmt/format.h>

namespace hitless::test {
namespace {

using Servers = Scenario::Servers;

void add(const std::string& name, std::vector<Servers> steps, std::vector<Scenario>& all,
         const std::string& lines = "    option httpchk GET /check\n") {
    Scenario scenario;
    scenario.name = "steps_" + name;
    scenario.backend = lines;
    scenario.steps = std::move(steps);
    all.push_back(std::move(scenario));
}

} // namespace

void add_sequences(std::vector<Scenario>& all) {
    const std::string check = " check inter 50ms";
    const Servers one{{"a", "@1@" + check}};
    const Servers two{{"a", "@1@" + check}, {"b", "@2@" + check}};
    add("added_removed_added", {one, two, one, two}, all);
    add("renamed", {two, {{"a", "@1@" + check}, {"z", "@2@" + check}}}, all);
    add("swapped", {two, {{"a", "@2@" + check}, {"b", "@1@" + check}}}, all);
    add("all_replaced", {two, {{"c", "@3@" + check}, {"d", "@4@" + check}}}, all);
    add("all_gone", {two, {}}, all);
    add("all_gone_and_back", {two, {}, two}, all);
    add("from_none", {{}, two}, all);
    add("re_added_with_other_options",
        {two, one, {{"a", "@1@" + check}, {"b", "@3@ weight 3 maxconn 9"}}}, all);
    add("weight_to_zero_and_back",
        {two, {{"a", "@1@ weight 0" + check}, {"b", "@2@" + check}}, two}, all);
    add("disabled_and_back", {two, {{"a", "@1@ disabled" + check}, {"b", "@2@" + check}}, two},
        all);
    add("check_off_and_on", {two, {{"a", "@1@"}, {"b", "@2@" + check}}, two}, all);
    add("maxconn_to_and_fro",
        {{{"a", "@1@"}}, {{"a", "@1@ maxconn 3"}}, {{"a", "@1@ maxconn 9"}}, {{"a", "@1@"}}}, all);
    add("minconn_after_both", {{{"a", "@1@ minconn 4 maxconn 8"}}, {{"a", "@1@ minconn 4"}}}, all,
        "    fullconn 20\n");
    all.back().parallel = 12;
    add("minconn_alone_to_none", {{{"a", "@1@ minconn 4"}}, {{"a", "@1@"}}}, all,
        "    fullconn 20\n");
    all.back().parallel = 12;
    add("ssl_on_and_off", {two, {{"a", "@1@ ssl verify none" + check}, {"b", "@2@" + check}}, two},
        all);
    // A handshake has as long as the interval, and takes its time with the sanitizers.
    add("tls_of_all_with_other_inter",
        {{{"a", "@1@ ssl verify none check inter 150ms"},
          {"b", "@2@ ssl verify none check inter 150ms"}},
         {{"a", "@1@ ssl verify none check inter 160ms"},
          {"b", "@2@ ssl verify none check inter 160ms"}}},
        all);
    add("option_changed_three_times",
        {two,
         {{"a", "@1@ slowstart 50ms" + check}, {"b", "@2@" + check}},
         {{"a", "@1@ slowstart 60ms" + check}, {"b", "@2@" + check}},
         {{"a", "@1@ slowstart 70ms" + check}, {"b", "@2@" + check}}},
        all);
    add("moved_while_replaced", {two, {{"a", "@3@ slowstart 50ms" + check}, {"b", "@2@" + check}}},
        all);
    add("port_of_check_wrong_then_right",
        {two,
         {{"a", "@1@ port 1" + check}, {"b", "@2@" + check}},
         {{"a", "@1@ port @PX@" + check}, {"b", "@2@" + check}}},
        all);
    add("agent_gone",
        {{{"a", "@1@ agent-check agent-inter 50ms agent-port @A1@"}, {"b", "@2@"}},
         {{"a", "@1@"}, {"b", "@2@"}}},
        all);
    all.back().agent = "maxconn:4 20%";
    Servers many = one;
    for (int i = 10; i < 30; ++i)
        many[fmt::format("m{}", i)] = fmt::format("@{}@ weight {}", 1 + i % 4, i);
    add("many_at_once", {one, many}, all);
    add("many_gone_at_once", {many, one}, all);
    add("quoted_words", {one, {{"a", "@1@" + check}, {"b", "\"@2@\" 'check' inter 50ms"}}}, all);
    add("option_twice", {one, {{"a", "@1@" + check}, {"b", "@2@ weight 3 weight 8" + check}}}, all);
}

} // namespace hitless::test
