// The daemon: see docs/hitlessd.md.
#include "hitless/base/log.hpp"
#include "hitless/confd/settings.hpp"
#include "hitless/daemon/daemon.hpp"

#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

using namespace hitless;

confd::Program program(daemon::Options& options) {
    return {"hitlessd", HITLESS_VERSION,
            "hitlessd keeps HAProxy, and configuration files, in step with etcd without reloading "
            "HAProxy.",
            "  hitlessd -node http://127.0.0.1:2379 -confdir /etc/confd\n"
            "  hitlessd -interval 10 -node 10.0.0.1:2379 -node 10.0.0.2:2379\n"
            "  hitlessd -backend file -file /etc/hitless/keys.yaml\n"
            "  hitlessd -min-servers 1 -guard-delay 5m\n"
            "  hitlessd -onetime -noop -log-level debug\n",
            daemon::flags(options)};
}

int run(const std::vector<std::string>& arguments) {
    using Action = confd::CommandLine::Action;
    daemon::Options options;
    options.version = HITLESS_VERSION;
    auto line = confd::read_command_line(arguments, program(options));
    if (line.action != Action::run) {
        const bool usage_error = line.action == Action::usage_error;
        std::fputs(line.text.c_str(), usage_error ? stderr : stdout);
        return usage_error ? 2 : 0;
    }
    if (auto set = base::set_up_log(line.settings.log_level, line.settings.log_format); !set) {
        std::fprintf(stderr, "hitlessd: %s\n", set.error().message.c_str());
        return 2;
    }
    for (const std::string& warning : line.warnings)
        spdlog::warn("{}", warning);
    if (auto found = confd::find_nodes(line.settings); !found) {
        spdlog::error("{}", found.error().message);
        return 1;
    }
    return daemon::run(line.settings, options);
}

} // namespace

int main(int count, char** arguments) {
    // Until the event loop heeds them: what they ask for is about to be done anyway.
    std::signal(SIGHUP, SIG_IGN);
    std::signal(SIGUSR1, SIG_IGN);
    try {
        return run({arguments + 1, arguments + count});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "hitlessd: %s\n", error.what());
        return 1;
    }
}
