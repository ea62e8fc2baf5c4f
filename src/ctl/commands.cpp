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
     0, any_number, follow_flags, follow_events},
    {"ready", "BACKEND/SERVER…", "let servers take traffic",
     "Ends maintenance and drain, and lifts the hold of the server (see `holds`). What was done "
     "is\n"
     "read back and shown; so is who will undo it.\n\n"
     "Example:\n  hitlessctl ready 'app/web*'",
     1, any_number, change_flags, set_ready},
    {"drain", "BACKEND/SERVER…", "give servers no new sessions, but those that stick to them",
     "Running sessions go on, and persistent ones still come. Where hitlessd keeps HAProxy in "
     "step\n"
     "with keys it makes the server ready again after some seconds, unless it is held with "
     "--for.\n\n"
     "Examples:\n  hitlessctl drain app/web1 app/web2 --dry-run\n"
     "  hitlessctl drain app/web1 --for 2h --because 'new disk'",
     1, any_number, hold_flags, set_drain},
    {"maint", "BACKEND/SERVER…", "take servers out: no new sessions, no checks",
     "Running sessions go on. As for drain, --for makes it last under hitlessd.\n\n"
     "Example:\n  hitlessctl maint app/web1 --for 30m",
     1, any_number, hold_flags, set_maint},
    {"weight", "BACKEND/SERVER… WEIGHT", "set servers' weight",
     "WEIGHT is a number from 0 to 256, or a part of the weight in the file, as 50%. As for "
     "drain,\n"
     "--for makes it last under hitlessd.\n\n"
     "Examples:\n  hitlessctl weight 'app/*' 50%\n"
     "  hitlessctl weight app/canary 5 --for 1h --because 'try 2.1'",
     2, any_number, hold_flags, set_weight},
    {"holds", "[BACKEND[/SERVER]]…", "the servers that are held by hand, and until when",
     "Shows what drain, maint and weight have held with --for: hitlessd leaves these servers so\n"
     "until the time is over or the hold is lifted, also after a restart of hitlessd or "
     "HAProxy.\n\n"
     "Examples:\n  hitlessctl holds\n  hitlessctl holds --lift app/web1",
     0, any_number, holds_flags, show_holds},
    {"maxconn", "BACKEND/SERVER… LIMIT", "set how many connections servers may have",
     "LIMIT 0 is none.\n\nExample:\n  hitlessctl maxconn app/web1 200", 2, any_number, change_flags,
     set_maxconn},
    {"addr", "BACKEND/SERVER… ADDRESS", "move servers to another address",
     "ADDRESS is IP:PORT, [IPv6]:PORT, or an IP to keep the port. Running sessions stay where "
     "they\n"
     "are.\n\nExample:\n  hitlessctl addr app/web1 10.0.0.9:8080",
     2, any_number, change_flags, set_address},
    {"add", "BACKEND/SERVER ADDRESS [OPTION…]", "add a server",
     "Adds the server as if the file had its line: with the default-server options that are in\n"
     "effect for the backend in the file (-c, or the one that HAProxy was started with), which\n"
     "HAProxy doesn't add by itself, and with its check running. A name is resolved.\n\n"
     "Example:\n  hitlessctl add app/web9 10.0.0.9:8080 weight 5 --dry-run",
     2, any_number, change_flags, add_server},
    {"del", "BACKEND/SERVER…", "take servers out and delete them",
     "Puts them in maintenance, waits until their connections have ended, and deletes them; the\n"
     "progress is told on a terminal.\n\n"
     "Examples:\n  hitlessctl del app/web9\n  hitlessctl del 'app/old*' --force",
     1, any_number, del_flags, delete_servers},
    {"diff", "", "how the running servers differ from what is wanted",
     "Compares HAProxy's servers with its configuration file or, with flags of confd (-confdir,\n"
     "-node and so on), with what the template makes of the keys: what hitlessd will do next. "
     "Ends\n"
     "with 3 when there is a difference.\n\n"
     "Examples:\n  hitlessctl diff --commands\n"
     "  hitlessctl diff -confdir /etc/confd -node http://127.0.0.1:2379 --json",
     0, 0, diff_flags, show_difference},
    {"verify", "", "whether HAProxy runs as a fresh one would",
     "Starts a second HAProxy from the configuration file (-c, or the one that HAProxy was "
     "started\n"
     "with), without addresses to listen at, and compares its servers and backends with the "
     "running\n"
     "one's: configuration and state. Its checks and agents run meanwhile. Ends with 3 when there "
     "is\n"
     "a difference.\n\n"
     "Example:\n  hitlessctl verify || hitlessctl diff",
     0, 0, verify_flags, verify},
    {"explain", "BACKEND/SERVER", "all that is known of a server, and why it gets no traffic",
     "Shows whether new requests go to the server, and why not; what HAProxy says of it; its line\n"
     "in the file and where each option in effect comes from; with flags of confd, or where\n"
     "hitlessd keeps its keys beside the file, its key and value; and what would bring HAProxy to\n"
     "what is wanted.\n\n"
     "Examples:\n  hitlessctl explain app/web1\n  hitlessctl explain app/web1 -confdir /etc/confd",
     1, 1, explain_flags, explain},
    {"caps", "", "what this HAProxy can change without a reload",
     "Shows for each backend whether servers can be added, deleted and weighted while HAProxy "
     "runs,\n"
     "and what stands in the way. Any other line than a server's always needs a reload.\n\n"
     "Example:\n  hitlessctl caps --json",
     0, 0, nullptr, show_capabilities},
    {"raw", "[COMMAND]…", "runtime commands as they are",
     "Sends each operand to HAProxy and prints its answer; without one, each line of standard\n"
     "input, but for those that begin with #. Ends with 1 when HAProxy refused any.\n\n"
     "Examples:\n  hitlessctl raw 'show table web' 'show info'\n"
     "  hitlessctl raw --timing < commands.txt",
     0, any_number, raw_flags, run_raw},
    {"top", "[BACKEND]…", "a live view of the backends and servers, with keys to change them",
     "Fills the terminal with the backends and their servers, their load, rates and errors, every\n"
     "second (--watch). The key ? shows the others: sort, filter, fold, drain, ready, maint,\n"
     "weight. BACKEND may have shell wildcards.\n\n"
     "Example:\n  hitlessctl top 'app*' --watch 5",
     0, any_number, follow_flags, show_top},
    {"shell", "", "runtime commands as you type them",
     "Takes runtime commands line by line, with history, and with completion of commands, "
     "backends\n"
     "and servers. ';' stands between commands; \\? shows the shell's own. Without a terminal it\n"
     "reads standard input.\n\n"
     "Examples:\n  hitlessctl shell --timing\n  hitlessctl shell < commands.txt",
     0, 0, shell_flags, run_shell},
    // Without a summary: hidden.
    {"complete", "-- [WORD]…", "",
     "What may stand for the last of the words: for completion in shells.", 0, any_number, nullptr,
     complete_words},
};

} // namespace

std::span<const Command> commands() {
    return all;
}

} // namespace hitless::ctl
