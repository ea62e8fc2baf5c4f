#pragma once

#include "hitless/base/flags.hpp"
#include "hitless/confd/settings.hpp"

#include <chrono>
#include <string>
#include <vector>

/// The zero-reload scaling daemon.
namespace hitless::daemon {

/// What hitlessd can be told beyond confd's settings. The defaults need no thought.
struct Options {
    /// HAProxies to keep in step, by their admin-level stats sockets; empty: the one that the
    /// rendered configuration names.
    std::vector<std::string> haproxy_sockets;
    std::string haproxy_master;    ///< master CLI to reload with; empty: reload_cmd
    std::string init_state = "up"; ///< of new servers with a check: "up" or "down"
    bool exact = false; ///< reload for what can't be had live exactly as after a fresh start
    int slots = 0;      ///< spare servers in the file for backends that can't get servers live
    std::chrono::milliseconds drain_timeout{30'000};  ///< then sessions are shut down
    std::chrono::milliseconds reload_interval{5'000}; ///< at most one reload in this time
    std::chrono::milliseconds resync{10'000}; ///< compare HAProxy's servers at least this often
    int min_servers = 0;                      ///< hold what would leave a backend fewer; 0: don't
    int max_removal = 0; ///< hold what would take more of a backend, in percent; 0: don't
    std::chrono::milliseconds guard_delay{60'000}; ///< what is held goes through after this
    std::vector<std::string> http;       ///< where to tell what hitlessd does; empty: nowhere
    std::vector<std::string> http_hosts; ///< names under which it may be asked there
    bool metrics_backends = false;       ///< metrics of each backend
    std::string version;                 ///< of the program, for those who ask there
};

/// The flags that set them.
std::vector<base::Flag> flags(Options& options);

/// Keeps every template resource of the confdir in step with etcd until SIGTERM or SIGINT; SIGHUP
/// re-reads the confdir, SIGUSR1 lets what is held go through. With `onetime` it ends when
/// everything is in step. Returns the exit code: 0, or 1 when it could not start, or when -onetime
/// left something undone. Sets up signal handlers: once a process.
int run(const confd::Settings& settings, const Options& options);

} // namespace hitless::daemon
