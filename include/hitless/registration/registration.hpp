#pragma once

#include "hitless/base/flags.hpp"
#include "hitless/etcd/claim.hpp"
#include "hitless/etcd/settings.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

/// hitless-register: a service's key in etcd, there as long as the service is.
namespace hitless::registration {

/// Where to ask whether the service can take requests.
struct Probe {
    enum class Kind {
        tcp,  ///< it takes connections
        http, ///< it answers a GET with 2xx or 3xx
    };
    Kind kind = Kind::tcp;
    std::string host = "127.0.0.1";
    int port = 0;
    std::string path = "/"; ///< of http, with the query

    friend bool operator==(const Probe&, const Probe&) = default;
};

/// "tcp:8080", "tcp:HOST:8080", "http:8080/health", "http:HOST:8080/health"; IPv6 in brackets.
Result<Probe> parse_probe(std::string_view text);

/// What the key is to hold.
struct Content {
    std::string value;     ///< empty: the address that was found, and `port`
    int port = 0;          ///< 0: none
    std::string interface; ///< whose address to take; empty: the one on the route to etcd
    bool json = false;     ///< {"host":…,"port":…,"weight":…}
    int weight = 1;        ///< in JSON
    std::vector<std::pair<std::string, std::string>> meta; ///< in JSON
};

/// How to register the containers of a host instead of one service.
struct Docker {
    bool on = false;
    std::string socket; ///< of the engine
    std::string prefix; ///< of the keys of containers that name none, as in "/app/"; empty: none
    std::vector<std::string> allowed;         ///< what keys may begin with; empty: anything
    std::string note;                         ///< the file that knows our keys; empty: none
    std::chrono::milliseconds resync{60'000}; ///< how often to list all containers
    bool deregister_on_exit = false;
};

struct Options {
    etcd::Settings etcd;
    std::string key;
    Content content;
    std::chrono::milliseconds ttl{15'000}; ///< whole seconds; renewed when a third of it is over
    std::vector<Probe> ready;
    std::chrono::milliseconds ready_timeout{60'000};
    std::chrono::milliseconds ready_interval{250};
    std::chrono::milliseconds drain{1'000};    ///< from the deregistration to the signal
    std::chrono::milliseconds stop_timeout{0}; ///< from the signal to SIGKILL; 0: never
    std::vector<int> stop_signals;             ///< besides SIGTERM and SIGINT
    bool takeover = false;
    bool once = false;
    bool deregister = false;
    Docker docker;
    std::vector<std::string> http;       ///< where to tell over HTTP what happens; empty: nowhere
    std::vector<std::string> http_hosts; ///< names that requests may have for us, beside addresses
    std::string version;                 ///< as it is told
    std::string log_level = "info";
    std::string log_format = "text";
    std::vector<std::string> command; ///< empty: none
};

/// What hitless-register ends with when it isn't the command's own status.
enum ExitCode : int {
    done = 0,
    usage = 2,
    held = 123,      ///< another instance holds the key
    not_ready = 124, ///< the service wasn't ready in time
    failed = 125,    ///< something else went wrong
    not_executable = 126,
    not_found = 127,
};

/// What a command line asks for.
struct CommandLine {
    enum class Action { run, print_and_exit, usage_error };
    Action action = Action::run;
    std::string text; ///< to print: help, the version, or what is wrong with the usage
    Options options;
};

/// Reads `arguments`, without the program's name, and what of the environment stands in for flags.
CommandLine read_command_line(const std::vector<std::string>& arguments,
                              const std::string& version);

/// Registers, and does what else the options say; returns what to exit with. Takes over the
/// process's signals, and reaps all its children.
int run(const Options& options);

} // namespace hitless::registration
