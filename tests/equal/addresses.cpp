// Forms of addresses.
#include "equal/ways.hpp"

namespace hitless::test {
namespace {

struct Form {
    const char* name;
    const char* text; ///< of server 3
    int live_from = 206;
};

constexpr Form forms[] = {
    {"ipv4", "127.0.0.1:@P3@"},
    {"ipv4_other", "127.0.0.2:@P3@"},
    {"ipv6", "[::1]:@P3@"},
    {"ipv6_bare", "::1:@P3@"},
    {"ipv4_prefix", "ipv4@127.0.0.1:@P3@"},
    {"ipv6_prefix", "ipv6@::1:@P3@"},
    {"name", "localhost:@P3@"},
    {"name_ipv4", "ipv4@localhost:@P3@"},
    {"name_preferred", "localhost:@P3@ resolve-prefer ipv4"},
    {"port_offset", "127.0.0.2:+1"},
    {"port_offset_down", "127.0.0.2:-1"},
    {"no_port", "127.0.0.2"},
    {"no_port_check", "127.0.0.2 check inter 50ms port @P3@"},
    {"unix", "/tmp/hitless-no-such.sock"},
    {"unix_prefix", "unix@/tmp/hitless-no-such.sock"},
    {"abstract", "abns@hitless-no-such"},
    {"any", "0.0.0.0:@P3@"},
    {"check_name", "localhost:@P3@ check inter 50ms"},
    {"check_ipv6", "[::1]:@P3@ check inter 50ms"},
};

} // namespace

void add_addresses(std::vector<Scenario>& all) {
    for (const Form& form : forms) {
        const auto add = [&](const char* way, std::vector<Scenario::Servers> steps) {
            Scenario scenario;
            scenario.name = std::string("address_") + form.name + "_" + way;
            scenario.backend = "    option httpchk GET /check\n";
            scenario.steps = std::move(steps);
            scenario.live_from = form.live_from;
            all.push_back(std::move(scenario));
        };
        const std::string ordinary = "@2@ check inter 50ms";
        const Scenario::Servers two{{"s1", "@1@"}, {"s2", ordinary}};
        Scenario::Servers with = two;
        with["s3"] = form.text;
        Scenario::Servers moved = two;
        moved["s2"] = form.text;
        add("added", {two, with});
        add("removed", {with, two});
        add("moved_to", {two, moved});
        add("moved_from", {moved, two});
    }
}

} // namespace hitless::test
