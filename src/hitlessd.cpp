#include "hitless/confd/settings.hpp"
#include "hitless/daemon/daemon.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

int main(int count, char** arguments) try {
    using Action = hitless::confd::CommandLine::Action;
    auto command_line = hitless::confd::read_command_line(
        std::vector<std::string>(arguments + 1, arguments + count), "hitlessd", HITLESS_VERSION);
    if (command_line.action == Action::run) {
        for (const std::string& warning : command_line.warnings)
            std::fprintf(stderr, "hitlessd: %s\n", warning.c_str());
        if (auto found = hitless::confd::find_nodes(command_line.settings); !found) {
            std::fprintf(stderr, "hitlessd: %s\n", found.error().message.c_str());
            return 1;
        }
        return hitless::daemon::run(command_line.settings);
    }
    const bool usage_error = command_line.action == Action::usage_error;
    std::fputs(command_line.text.c_str(), usage_error ? stderr : stdout);
    return usage_error ? 2 : 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "hitlessd: %s\n", error.what());
    return 1;
}
