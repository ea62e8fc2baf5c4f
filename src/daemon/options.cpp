#include "hitless/daemon/daemon.hpp"
#include "hitless/plan/slots.hpp"

namespace hitless::daemon {
namespace {

using std::chrono::milliseconds;

base::Flag init_state_flag(std::string& target) {
    return {"init-state", "STATE",
            "of a new server with a check: up takes requests at once, down only after its check "
            "has passed (default up)",
            [&target](const std::string& text) -> Result<void> {
                if (text != "up" && text != "down")
                    return Error{"must be up or down"};
                target = text;
                return {};
            }};
}

} // namespace

std::vector<base::Flag> flags(Options& options) {
    constexpr int most_servers = 1'000'000;
    return {
        base::texts_flag("haproxy-socket", "ADDRESS",
                         "the stats socket of a HAProxy to keep in step; may be given many times "
                         "(default: the one that the rendered configuration names)",
                         options.haproxy_sockets),
        base::text_flag("haproxy-master", "ADDRESS",
                        "the master CLI to reload HAProxy with, instead of reload_cmd",
                        options.haproxy_master),
        init_state_flag(options.init_state),
        base::switch_flag("exact",
                          "reload for a change that HAProxy can't take exactly as a process that "
                          "is started from the file would have it",
                          options.exact),
        base::number_flag("slots", "N",
                          "spare servers to keep in the file of backends that HAProxy can't give "
                          "servers to while it runs (default 0: reload for them)",
                          0, plan::most_slots, options.slots),
        base::duration_flag("drain-timeout",
                            "how long the sessions of a removed server may go on (default 30s)",
                            milliseconds(0), options.drain_timeout),
        base::duration_flag("reload-interval", "at most one reload in this time (default 5s)",
                            milliseconds(0), options.reload_interval),
        base::duration_flag("resync",
                            "how often HAProxy's servers are compared with what is wanted "
                            "(default 10s)",
                            milliseconds(100), options.resync),
        base::number_flag("min-servers", "N",
                          "hold a change that would leave a backend fewer servers (default 0: "
                          "don't)",
                          0, most_servers, options.min_servers),
        base::number_flag("max-removal", "PERCENT",
                          "hold a change that would take more of a backend's servers (default 0: "
                          "don't)",
                          0, 100, options.max_removal),
        base::duration_flag("guard-delay",
                            "let through what is held after this time; SIGUSR1 does it at once "
                            "(default 60s)",
                            milliseconds(0), options.guard_delay),
    };
}

} // namespace hitless::daemon
