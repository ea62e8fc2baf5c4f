// Keeps a service's key in etcd as long as the service runs: see docs/hitless-register.md.
#include "hitless/base/log.hpp"
#include "hitless/registration/registration.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

using namespace hitless;

int run(const std::vector<std::string>& arguments) {
    using Action = registration::CommandLine::Action;
    auto line = registration::read_command_line(arguments, HITLESS_VERSION);
    if (line.action == Action::run) {
        if (auto set = base::set_up_log(line.options.log_level, line.options.log_format); !set) {
            line.action = Action::usage_error;
            line.text = "hitless-register: " + set.error().message + '\n';
        }
    }
    if (line.action != Action::run) {
        const bool usage_error = line.action == Action::usage_error;
        std::fputs(line.text.c_str(), usage_error ? stderr : stdout);
        return usage_error ? registration::usage : registration::done;
    }
    return registration::run(line.options);
}

} // namespace

int main(int count, char** arguments) {
    try {
        return run({arguments + 1, arguments + count});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "hitless-register: %s\n", error.what());
        return registration::failed;
    }
}
