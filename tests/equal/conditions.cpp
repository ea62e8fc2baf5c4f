// Lines whose meaning is decided when HAProxy reads its file, and lines written in unusual ways.
#include "equal/ways.hpp"

namespace hitless::test {
namespace {

using Servers = Scenario::Servers;

const Servers one{{"a", "@1@"}};
const Servers two{{"a", "@1@"}, {"b", "@2@"}};

Scenario& add(const std::string& name, const std::string& lines, std::vector<Scenario>& all) {
    Scenario scenario;
    scenario.name = name;
    scenario.global = "    setenv HITLESS_NUMBER 2\n    setenv HITLESS_PREFIX w\n";
    scenario.backend = lines;
    scenario.steps = {one, two};
    all.push_back(std::move(scenario));
    return all.back();
}

std::string within(const std::string& condition, const std::string& lines) {
    return ".if " + condition + "\n" + lines + ".endif\n";
}

/// Nothing is changed live, and what isn't changed stays as it is.
void add_undecided(const std::string& name, const std::string& lines, std::vector<Scenario>& all) {
    add("if_" + name + "_added", lines, all).live_from = Scenario::never;
    Scenario& changed = add("if_" + name + "_changed", lines, all);
    changed.steps = {one, {{"a", "@3@"}}};
    changed.live_from = Scenario::never;
    add("if_" + name + "_same", lines, all).steps = {two, two};
}

} // namespace

void add_conditions(std::vector<Scenario>& all) {
    const std::string no = "defined(HITLESS_NOT_DEFINED)";
    const std::string yes = "defined(HITLESS_NUMBER)";
    add_undecided("disabled", within(no, "    default-server disabled\n"), all);
    add_undecided(
        "weight",
        ".if " + no + "\n    default-server weight 9\n.elif " + yes +
            "\n    default-server weight 4\n.else\n    default-server maxconn 1\n.endif\n",
        all);
    add_undecided("proxy", within(no, "    default-server send-proxy\n"), all);
    add_undecided("balance", within(no, "    balance first\n"), all);
    add_undecided("template", within(yes, "    server-template w 2 @4@\n"), all);
    add("if_log", within(no, "    option httplog\n"), all);
    add("if_server", within(yes, "    server w1 @3@\n"), all);
    add("if_server_of_variable", within(yes, "    server \"${HITLESS_PREFIX}1\" @3@\n"), all);
    add("variable_count", "    server-template w \"${HITLESS_NUMBER}\" @3@\n", all);
    add("variable_range", "    server-template w \"1-${HITLESS_NUMBER}\" @3@\n", all);
    add("variable_prefix", "    server-template \"$HITLESS_PREFIX\" 2 @3@\n", all);
    add("variable_name", "    server \"${HITLESS_PREFIX}1\" @3@\n", all);
    add("quoted_template", "    \"server-template\" 'w' \"2\" @3@\n", all);
    add("quoted_default_server",
        "    \"default-server\" maxconn 7\n    'default'-server weight 3\n", all);
    add("quoted_server", "    'server' q @3@\n    ser\"ver\" \"r\" @4@\n", all);
    Scenario& two_in_a_word =
        add("references_in_a_word",
            "    http-response set-header x-up \"%[srv_is_up(app/b)]/%[srv_is_up(app/a)]\"\n", all);
    two_in_a_word.steps = {{{"a", "@1@ check inter 50ms"}, {"b", "@2@"}},
                           {{"a", "@1@ check inter 60ms"}, {"b", "@2@"}}};
    two_in_a_word.live_from = Scenario::never;
}

} // namespace hitless::test
