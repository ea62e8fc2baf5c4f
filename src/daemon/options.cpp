#include "hitless/daemon/daemon.hpp"
#include "hitless/plan/slots.hpp"

#include "http/listening.hpp"

namespace hitless::daemon {
namespace {

using std::chrono::milliseconds;

base::Flag init_state_flag(std::string& target) {
    return {"init-state", "STATE",
            "of a new server with a check: up gives it requests at once, down only when its check "
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
                         "the stats socket of a HAProxy to keep in step: a path or IP:PORT; may be "
                         "given many times (default the one that the rendered configuration names)",
                         options.haproxy_sockets),
        base::text_flag(
            "haproxy-master", "ADDRESS",
            "reload through this master CLI (haproxy -W -S ADDRESS) instead of reload_cmd",
            options.haproxy_master),
        init_state_flag(options.init_state),
        base::switch_flag("exact",
                          "reload when a change would leave HAProxy in another state than a fresh "
                          "start from the file",
                          options.exact),
        base::number_flag(
            "slots", "N",
            "keep this number of spare servers in the file of each backend to which HAProxy "
            "can't add servers while it runs (default 0)",
            0, plan::most_slots, options.slots),
        base::duration_flag("drain-timeout",
                            "how long the sessions of a removed server may go on (default 30s)",
                            milliseconds(0), options.drain_timeout),
        base::duration_flag("reload-interval",
                            "reload, or try to, at most once in this time (default 5s)",
                            milliseconds(0), options.reload_interval),
        base::duration_flag(
            "resync", "how often to compare HAProxy's servers with what is wanted (default 10s)",
            milliseconds(100), options.resync),
        base::number_flag(
            "min-servers", "N",
            "hold a change that would leave a backend fewer servers than this (default 0)", 0,
            most_servers, options.min_servers),
        base::number_flag("max-removal", "PERCENT",
                          "hold a change, or several small ones in a row, that would remove more "
                          "than this share of a backend's servers; 0 holds nothing (default 0)",
                          0, 100, options.max_removal),
        base::duration_flag(
            "guard-delay",
            "apply a held change after this time; SIGUSR1 applies it at once (default 60s)",
            milliseconds(0), options.guard_delay),
        http::address_flag("what hitlessd does: a page, status, events, metrics, health",
                           options.http),
        http::host_flag(options.http_hosts),
        base::switch_flag("metrics-backends",
                          "have metrics of each backend too, a thousand at most",
                          options.metrics_backends),
    };
}

} // namespace hitless::daemon
