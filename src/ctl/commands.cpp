#include "ctl/commands.hpp"

#include <limits>

namespace hitless::ctl {
namespace {

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

const Command all[] = {
    {"info", "", "who HAProxy is, and how busy",
     "Shows version, process, uptime, connections and rates. With --json all that `show info` "
     "has.\n\n"
     "Example:\n  hitlessctl info --json | jq .[0].pid",
     0, 0, look_flags, show_info},
    {"backends", "[BACKEND]…", "the backends: state, servers up, sessions, errors",
     "Shows a line for each backend; BACKEND may have shell wildcards.\n\n"
     "Example:\n  hitlessctl backends --sort -sessions",
     0, any_number, look_flags, show_backends},
    {"servers", "[BACKEND[/SERVER]]…", "the servers: addresses, states, checks, sessions, errors",
     "Shows a line for each server. BACKEND and SERVER may have shell wildcards. ADMIN is what\n"
     "someone wants (ready, drain, maint), STATE what the checks make of it. AGE is the time in\n"
     "this state. ORIGIN tells whether the configuration file has the server (-c, or the file "
     "that\n"
     "HAProxy was started with).\n\n"
     "Examples:\n  hitlessctl servers app --state down,drain\n"
     "  hitlessctl servers 'app*/web1?' --sort -errors --watch 1",
     0, any_number, server_flags, show_servers},
    {"sessions", "[BACKEND[/SERVER]]…", "the sessions that are open now",
     "Shows a line for each session, but for those of stats sockets.\n\n"
     "Example:\n  hitlessctl sessions app/web1",
     0, any_number, look_flags, show_sessions},
    {"errors", "", "the last malformed requests and answers",
     "Shows what `show errors` has captured.\n\nExample:\n  hitlessctl errors", 0, 0, nullptr,
     show_errors},
    {"events", "[BACKEND[/SERVER]]…", "follow changes of state, a line each",
     "Looks every second (--watch), and prints a line for each server that came, went, or changed\n"
     "its state, address or weight, and when HAProxy was restarted. Ends with Ctrl-C.\n\n"
     "Example:\n  hitlessctl events app --json",
     0, any_number, event_flags, follow_events},
    {"raw", "[COMMAND]…", "runtime commands as they are",
     "Sends each operand to HAProxy and prints its answer; without one, each line of standard\n"
     "input.\n\n"
     "Examples:\n  hitlessctl raw 'show table web' 'show info'\n"
     "  hitlessctl raw --timing < commands.txt",
     0, any_number, raw_flags, run_raw},
};

} // namespace

std::span<const Command> commands() {
    return all;
}

} // namespace hitless::ctl
