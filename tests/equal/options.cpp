// Options of servers, but for TLS (tls_options.cpp) and kinds of checks (checks.cpp).
#include "equal/ways.hpp"

namespace hitless::test {
namespace {

constexpr int never = Scenario::never;
const std::string check = "check inter 50ms";
const std::string http_check = "    option httpchk GET /check\n";
const std::string agent = "agent-check agent-inter 50ms agent-port @A1@";

std::vector<Option> traffic_options() {
    return {
        {.name = "plain"},
        {.name = "weight", .words = "weight 5", .other = "weight 9"},
        {.name = "weight_zero", .words = "weight 0", .other = "weight 1"},
        {.name = "maxconn", .words = "maxconn 2", .other = "maxconn 3", .parallel = 12},
        {.name = "minconn",
         .words = "minconn 2 maxconn 6",
         .other = "minconn 2",
         .backend = "    fullconn 20\n",
         .parallel = 12},
        {.name = "minconn_of_maxconn",
         .words = "minconn 2",
         .other = "minconn 4",
         .base = "maxconn 8",
         .backend = "    fullconn 20\n",
         .parallel = 12},
        {.name = "maxqueue",
         .words = "maxqueue 1",
         .other = "maxqueue 3",
         .base = "maxconn 1",
         .parallel = 9},
        {.name = "strict_maxconn",
         .words = "strict-maxconn",
         .base = "maxconn 2",
         .since = 302,
         .parallel = 9},
        {.name = "backup", .words = "backup"},
        {.name = "disabled", .words = "disabled", .other = "enabled"},
        {.name = "slowstart", .words = "slowstart 100ms", .other = "slowstart 200ms"},
        {.name = "send_proxy", .words = "send-proxy", .other = "send-proxy-v2"},
        {.name = "send_proxy_v2",
         .words = "send-proxy-v2 proxy-v2-options unique-id",
         .other = "send-proxy-v2 proxy-v2-options crc32c",
         .backend = "    unique-id-format %rt\n"},
        {.name = "proxy_v2_options_of_both",
         .words = "proxy-v2-options crc32c",
         .other = "proxy-v2-options unique-id",
         .backend = "    unique-id-format %rt\n"
                    "    default-server send-proxy-v2 proxy-v2-options unique-id\n"},
        {.name = "no_send_proxy",
         .words = "no-send-proxy",
         .inherited = false,
         .backend = "    default-server send-proxy\n"},
        {.name = "set_proxy_v2_tlv",
         .words = "set-proxy-v2-tlv-fmt(0x20) %[str(a)]",
         .other = "set-proxy-v2-tlv-fmt(0x21) %[str(b)]",
         .base = "send-proxy-v2",
         .since = 209},
        {.name = "proto_h2", .words = "proto h2"},
        {.name = "source", .words = "source 127.0.0.3", .other = "source 127.0.0.4"},
        {.name = "source_port_range", .words = "source 127.0.0.3:33000-33900"},
        {.name = "id", .words = "id 10@N1@", .other = "id 20@N1@"},
        {.name = "guid", .words = "guid guid@N1@", .since = 300},
        {.name = "max_reuse", .words = "max-reuse 0", .other = "max-reuse 1", .added_from = never},
        {.name = "pool_max_conn", .words = "pool-max-conn 0", .other = "pool-max-conn 9"},
        {.name = "pool_purge_delay", .words = "pool-purge-delay 100ms"},
        {.name = "pool_low_conn", .words = "pool-low-conn 4"},
        {.name = "pool_conn_name", .words = "pool-conn-name str(a)", .since = 302},
        {.name = "error_limit", .words = "error-limit 3", .other = "error-limit 4"},
        {.name = "tcp_ut", .words = "tcp-ut 5s", .added_from = never},
        {.name = "tfo", .words = "tfo"},
        {.name = "ws", .words = "ws h1", .other = "ws auto", .since = 206},
        {.name = "shard", .words = "shard 2", .since = 300},
        {.name = "hash_key", .words = "hash-key addr-port", .since = 300},
        {.name = "idle_ping", .words = "idle-ping 1s", .base = "proto h2", .since = 302},
        {.name = "non_stick", .words = "non-stick", .added_from = never},
        {.name = "redir", .words = "redir http://other.example", .added_from = never},
        {.name = "init_addr", .words = "init-addr last,libc,none"},
        {.name = "resolve_prefer", .words = "resolve-prefer ipv4"},
    };
}

std::vector<Option> check_options() {
    return {
        {.name = "check", .words = check, .other = "check inter 300ms"},
        {.name = "httpchk", .words = check, .other = "check inter 300ms", .backend = http_check},
        {.name = "rise", .words = "rise 3", .other = "rise 4", .base = check},
        {.name = "fall", .words = "fall 2", .other = "fall 4", .base = check},
        {.name = "fastinter", .words = "fastinter 20ms", .base = check},
        {.name = "downinter", .words = "downinter 20ms", .base = check},
        {.name = "port",
         .words = "port @PX@",
         .other = "port 9",
         .base = check,
         .backend = http_check},
        {.name = "addr",
         .words = "addr 127.0.0.2",
         .other = "addr 127.0.0.3",
         .base = check,
         .backend = http_check},
        {.name = "no_check",
         .words = "no-check",
         .inherited = false,
         .backend = "    default-server check inter 50ms\n"},
        {.name = "disabled_check", .words = "disabled", .base = check, .backend = http_check},
        {.name = "disabled_with_check", .words = "disabled " + check, .backend = http_check},
        {.name = "backup_check", .words = "backup", .base = check, .backend = http_check},
        {.name = "slowstart_check", .words = "slowstart 100ms", .base = check},
        {.name = "weight_check", .words = "weight 7", .other = "weight 0", .base = check},
        {.name = "observe_layer4",
         .words = "observe layer4",
         .other = "observe layer7",
         .base = check},
        {.name = "on_error",
         .words = "on-error mark-down",
         .other = "on-error fail-check",
         .base = check + " observe layer7"},
        {.name = "on_marked_down", .words = "on-marked-down shutdown-sessions", .base = check},
        {.name = "on_marked_up", .words = "on-marked-up shutdown-backup-sessions", .base = check},
        {.name = "init_state",
         .words = "init-state down",
         .other = "init-state fully-down",
         .base = check,
         .since = 301},
        {.name = "track",
         .words = "track other/t1",
         .other = "track other/t2",
         .inherited = false, // a tracked server can't inherit `track`
         .more =
             "backend other\n    server t1 @X@ check inter 50ms\n    server t2 127.0.0.1:1 check "
             "inter 50ms\n"},
        {.name = "send_proxy_check",
         .words = "send-proxy",
         .other = "send-proxy-v2",
         .base = check,
         .backend = http_check},
        {.name = "send_proxy_and_port_check",
         .words = "send-proxy",
         .base = check + " port @PX@",
         .backend = http_check},
        {.name = "check_send_proxy",
         .words = "check-send-proxy",
         .base = check + " send-proxy",
         .backend = http_check},
        {.name = "no_check_send_proxy",
         .words = "no-check-send-proxy",
         .inherited = false,
         .base = check,
         .since = 302,
         .backend = http_check + "    default-server send-proxy check-send-proxy\n"},
        {.name = "source_check", .words = "source 127.0.0.3", .base = check, .backend = http_check},
        {.name = "proto_h2_check", .words = "proto h2", .base = check, .backend = http_check},
        {.name = "check_proto_h2", .words = "check-proto h2", .base = check, .backend = http_check},
        {.name = "check_reuse_pool",
         .words = "check-reuse-pool",
         .base = check,
         .since = 302,
         .backend = http_check},
    };
}

/// An agent, with what it answers.
std::vector<Option> agent_options() {
    std::vector<Option> all = {
        {.name = "agent_inter",
         .words = "agent-check agent-port @A1@ agent-inter 50ms",
         .other = "agent-check agent-port @A1@ agent-inter 300ms"},
        {.name = "agent_send",
         .words = "agent-send hello",
         .other = "agent-send other",
         .base = agent},
        {.name = "agent_addr", .words = "agent-addr 127.0.0.1", .base = agent},
        {.name = "agent_unreachable", .words = "agent-check agent-inter 50ms agent-port 1"},
        {.name = "agent_and_check", .words = agent, .base = check, .backend = http_check},
        {.name = "check_with_agent", .words = check, .base = agent, .backend = http_check},
        {.name = "weight_with_agent",
         .words = "weight 8",
         .other = "weight 20",
         .base = agent,
         .agent = "50%"},
        {.name = "maxconn_with_agent",
         .words = "maxconn 9",
         .other = "maxconn 5",
         .base = agent,
         .agent = "maxconn:3",
         .parallel = 12},
        {.name = "disabled_with_agent", .words = "disabled", .base = agent},
        {.name = "no_agent_check",
         .words = "no-agent-check",
         .inherited = false,
         .backend = "    default-server agent-check agent-inter 50ms agent-port 1\n"},
    };
    for (const char* const answer : {"up", "75%", "drain", "maint", "ready", "down", "fail",
                                     "stopped", "maxconn:7", "up 30%"}) {
        std::string name = "agent_says_";
        for (const char* letter = answer; *letter != '\0'; ++letter)
            name += *letter == '%'
                        ? "percent"
                        : std::string(1, *letter == ' ' || *letter == ':' ? '_' : *letter);
        all.push_back({.name = name, .words = agent, .agent = answer});
    }
    return all;
}

} // namespace

void add_options(std::vector<Scenario>& all) {
    for (const auto& options : {traffic_options(), check_options(), agent_options()}) {
        for (const Option& option : options)
            add_ways(option, all);
    }
}

} // namespace hitless::test
