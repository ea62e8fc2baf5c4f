#include "ctl/commands.hpp"

#include <limits>

namespace hitless::ctl {
namespace {

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

const Command all[] = {
    {"info", "", "HAProxy's version, process, uptime and load",
     "Shows version, process, uptime, connections and rates. With --json, shows all that\n"
     "`show info` has.\n\n"
     "Example:\n  hitlessctl info --json | jq .[0].pid",
     0, 0, look_flags, show_info},
    {"frontends", "[FRONTEND]…", "the frontends: state, sessions, limits, errors",
     "Shows a line for each frontend; FRONTEND may have shell wildcards. STATE is open, or what\n"
     "HAProxy calls a frontend that takes no connections.\n\n"
     "Example:\n  hitlessctl frontends --json | jq -r '.[] | select(.state != \"open\") | "
     ".frontend'",
     0, any_number, look_flags, show_frontends},
    {"backends", "[BACKEND]…", "the backends: state, servers up, sessions, errors",
     "Shows a line for each backend; BACKEND may have shell wildcards.\n\n"
     "Example:\n  hitlessctl backends --sort -sessions",
     0, any_number, look_flags, show_backends},
    {"servers", "[BACKEND[/SERVER]]…", "the servers: addresses, states, checks, sessions, errors",
     "Shows a line for each server. BACKEND and SERVER may have shell wildcards.\n\n"
     "  ADMIN   what an operator or hitlessd has commanded: ready, drain or maint\n"
     "  STATE   what the checks say\n"
     "  AGE     how long the server has been in this state\n"
     "  ORIGIN  file: the configuration file names the server now (-c, or the file that HAProxy\n"
     "          was started with). runtime: the file does not name it now\n\n"
     "Examples:\n  hitlessctl servers app --state down,drain\n"
     "  hitlessctl servers 'app*/web1?' --sort -errors --watch 1",
     0, any_number, server_flags, show_servers},
    {"sessions", "[BACKEND[/SERVER]]…", "the sessions that are open now",
     "Shows a line for each session, except those of stats sockets.\n\n"
     "Example:\n  hitlessctl sessions app/web1",
     0, any_number, look_flags, show_sessions},
    {"errors", "", "the last malformed requests and answers",
     "Shows what `show errors` has captured.\n\nExample:\n  hitlessctl errors", 0, 0, nullptr,
     show_errors},
    {"events", "[BACKEND[/SERVER]]…", "follow changes of state, a line each",
     "Looks every second (--watch). Prints a line when a server comes, goes, or changes its "
     "state,\n"
     "address or weight, and when HAProxy was restarted. Ctrl-C ends it.\n\n"
     "Example:\n  hitlessctl events app --json",
     0, any_number, follow_flags, follow_events},
    {"ready", "BACKEND/SERVER…", "let servers take traffic",
     "Ends maintenance and drain, and lifts the hold of the server (see `holds`). Reads back what\n"
     "was done and shows it, and says who will undo it.\n\n"
     "Example:\n  hitlessctl ready 'app/web*'",
     1, any_number, change_flags, set_ready},
    {"drain", "BACKEND/SERVER…", "give servers no new sessions, except those that stick to them",
     "Running sessions go on. Clients that stick to a server still come to it. hitlessd makes the\n"
     "server ready again within seconds, unless --for holds it.\n\n"
     "Examples:\n  hitlessctl drain app/web1 app/web2 --dry-run\n"
     "  hitlessctl drain app/web1 --for 2h --because 'new disk'",
     1, any_number, hold_flags, set_drain},
    {"maint", "BACKEND/SERVER…", "take servers out: no new sessions, no checks",
     "Running sessions go on. hitlessd makes the server ready again within seconds, unless --for\n"
     "holds it. A server that runs in a spare one (hitlessd -slots) is drained instead.\n\n"
     "Example:\n  hitlessctl maint app/web1 --for 30m",
     1, any_number, hold_flags, set_maint},
    {"weight", "BACKEND/SERVER… WEIGHT", "set the weight of servers",
     "WEIGHT is a number from 0 to 256, or a part of the weight in the file, as 50%. hitlessd "
     "sets\n"
     "the old weight again within seconds, unless --for holds the new one. Weights count against\n"
     "each other: 5 is a small share only where the others have more than the default, which is "
     "1.\n"
     "A part of a small weight can be 0, and then the server gets no new requests.\n\n"
     "Examples:\n  hitlessctl weight 'app/*' 50%\n"
     "  hitlessctl weight app/canary 5 --for 1h --because 'try 2.1'",
     2, any_number, hold_flags, set_weight},
    {"holds", "[BACKEND[/SERVER]]…", "the servers that are held by hand, and until when",
     "Shows the servers that drain, maint or weight holds with --for. hitlessd leaves them as "
     "they\n"
     "are until the time is over or the hold is lifted, also after a restart of hitlessd or of\n"
     "HAProxy.\n\n"
     "Examples:\n  hitlessctl holds\n  hitlessctl holds --lift app/web1",
     0, any_number, holds_flags, show_holds},
    {"maxconn", "BACKEND/SERVER… LIMIT", "set how many connections a server may have",
     "LIMIT 0 is no limit.\n\nExample:\n  hitlessctl maxconn app/web1 200", 2, any_number,
     change_flags, set_maxconn},
    {"addr", "BACKEND/SERVER… ADDRESS", "move servers to another address",
     "ADDRESS is IP:PORT, [IPv6]:PORT, or an IP to keep the port. Running sessions stay at\n"
     "the old address.\n\nExample:\n  hitlessctl addr app/web1 10.0.0.9:8080",
     2, any_number, change_flags, set_address},
    {"add", "BACKEND/SERVER ADDRESS [OPTION…]", "add a server",
     "Adds the server as if the file had its line. HAProxy doesn't add the default-server options\n"
     "of the backend by itself; hitlessctl takes them from the file (-c, or the one that HAProxy\n"
     "was started with). It switches the check on, and resolves a name.\n\n"
     "Example:\n  hitlessctl add app/web9 10.0.0.9:8080 weight 5 --dry-run",
     2, any_number, change_flags, add_server, true},
    {"del", "BACKEND/SERVER…", "take servers out and delete them",
     "Puts the servers into maintenance, waits until their connections have ended, and deletes\n"
     "them. On a terminal it shows the progress.\n\n"
     "Examples:\n  hitlessctl del app/web9\n  hitlessctl del 'app/old*' --force",
     1, any_number, del_flags, delete_servers, true},
    {"status", "", "what hitlessd says: in step or not, and why; what is queued, held and owed",
     "Asks the hitlessd that listens at -http (which needs `hitlessd -http 127.0.0.1:9690`, as "
     "its\n"
     "unit has it), not HAProxy. Shows\n"
     "  - whether HAProxy is as the keys say, and if not, why\n"
     "  - the registry, and how long changes took\n"
     "  - each template resource: troubles, what a guard holds, keys that are left out, a reload\n"
     "    that is owed\n"
     "  - its HAProxies, their backends with servers that fail, and servers that wait or leave\n"
     "  - the last changes, with the time of each phase\n"
     "Ends with 0 when all is as the keys say, with 3 when not, and with 1 when nobody can be "
     "asked.\n\n"
     "Examples:\n  hitlessctl status --watch 1\n"
     "  hitlessctl status -http /run/hitless/http.sock --json | jq -r .state",
     0, 0, status_flags, show_status},
    {"diff", "", "how the running servers differ from what is wanted",
     "Compares HAProxy's servers with its configuration file. With flags of confd (-confdir, "
     "-node\n"
     "and so on) it compares them with what the template makes of the keys, and so shows what\n"
     "hitlessd will do next. Ends with 3 when there is a difference.\n\n"
     "Examples:\n  hitlessctl diff --commands\n"
     "  hitlessctl diff -confdir /etc/confd -node http://127.0.0.1:2379 --json",
     0, 0, diff_flags, show_difference, true},
    {"verify", "", "whether HAProxy runs as a fresh one would",
     "Starts a second HAProxy from the configuration file (-c, or the one that HAProxy was "
     "started\n"
     "with). The second one listens to no clients, but runs its checks and agents. Compares the\n"
     "configuration and the state of the servers and backends of both. It doesn't look at maps "
     "and\n"
     "ACL files; `hitlessctl map` does. Ends with 3 when there is a difference.\n\n"
     "Example:\n  hitlessctl verify || hitlessctl diff",
     0, 0, verify_flags, verify, true},
    {"explain", "BACKEND/SERVER", "why a server gets requests or not, and all that is known of it",
     "Shows\n"
     "  - whether new requests go to the server, and if not, why\n"
     "  - what HAProxy says of it\n"
     "  - its line in the file, and where each option in effect comes from\n"
     "  - its key and value, from the flags of confd or from hitlessd's notes beside the file\n"
     "  - what would bring HAProxy to what is wanted\n\n"
     "Examples:\n  hitlessctl explain app/web1\n  hitlessctl explain app/web1 -confdir /etc/confd",
     1, 1, explain_flags, explain, true},
    {"map", "[FILE [KEY]]",
     "map files and ACL files: what HAProxy has of them, and what is on disk",
     "Without operands, shows the files and whether HAProxy has what is on disk. With FILE (as "
     "the\n"
     "configuration has it, or the end of its path), shows the entries, and those that differ. "
     "With\n"
     "KEY, shows which entry HAProxy finds for that text, the lines of the file that have it, and\n"
     "the keys of the registry that they come from. Ends with 3 when something differs, and with "
     "5\n"
     "when HAProxy has no such file or finds nothing.\n\n"
     "Examples:\n  hitlessctl map\n  hitlessctl map hosts.map\n"
     "  hitlessctl map hosts.map www.example.com",
     0, 2, nullptr, show_map, true},
    {"certs", "[FILE]…", "the certificates that HAProxy has: names, days left, where, as on disk",
     "Shows a line for each certificate: the names it is for, how many days it is still valid, "
     "the\n"
     "lines of the configuration that name it, and whether HAProxy has what is on disk. FILE is\n"
     "the file as the configuration has it, or the end of its path. Ends with 3 when one ends\n"
     "within -days, or isn't as on disk, and with 5 when HAProxy has no such certificate.\n\n"
     "Examples:\n  hitlessctl certs --sort days\n  hitlessctl certs --days 30 site.pem --json",
     0, any_number, certs_flags, show_certs, true},
    {"caps", "", "what this HAProxy can change without a reload",
     "Shows for each backend whether servers can be added, deleted and weighted while HAProxy\n"
     "runs, and if not, why. Changes of lines other than server lines always need a reload.\n\n"
     "Example:\n  hitlessctl caps --json",
     0, 0, nullptr, show_capabilities, true},
    {"raw", "[COMMAND]…", "send runtime commands as they are",
     "Sends each operand to HAProxy and prints its answer. Without operands, sends each line of\n"
     "standard input, except lines that begin with #. After a command that ends in <<, the next\n"
     "lines are its payload, up to an empty line. Ends with 1 when HAProxy refused a command.\n\n"
     "Examples:\n  hitlessctl raw 'show table web' 'show info'\n"
     "  hitlessctl raw --timing < commands.txt\n"
     "  hitlessctl raw 'add map /etc/haproxy/hosts.map <<' < new-entries.txt",
     0, any_number, raw_flags, run_raw},
    {"top", "[BACKEND]…", "a live view of the backends and servers, with keys to change them",
     "Fills the terminal with the backends and their servers, and shows their load, rates and\n"
     "errors every second (--watch). The key ? shows all keys: sort, filter, fold, drain, ready,\n"
     "maint, weight. BACKEND may have shell wildcards.\n\n"
     "Example:\n  hitlessctl top 'app*' --watch 5",
     0, any_number, follow_flags, show_top, true},
    {"shell", "", "type runtime commands and see the answers",
     "Takes runtime commands line by line, with history, and completes commands, backends and\n"
     "servers. A ';' separates commands on one line; \\? shows the shell's own commands. Without\n"
     "a terminal, the shell reads standard input.\n\n"
     "Examples:\n  hitlessctl shell --timing\n  hitlessctl shell < commands.txt",
     0, 0, shell_flags, run_shell, true},
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
