// Renders confd's templates once: see docs/hitless-render.md.
#include "hitless/base/log.hpp"
#include "hitless/confd/settings.hpp"
#include "hitless/plan/slots.hpp"
#include "hitless/render/render.hpp"

#include <spdlog/spdlog.h>

#include <exception>
#include <iostream>
#include <unistd.h>

namespace {

using namespace hitless;

confd::Program program(render::Options& options) {
    return {
        "hitless-render",
        HITLESS_VERSION,
        "hitless-render renders confd's templates once, from etcd or from a file of keys, and "
        "writes,\n"
        "shows, checks or compares the result.",
        "  hitless-render -onetime -node http://127.0.0.1:2379 -confdir /etc/confd\n"
        "  hitless-render -keys keys.yaml -confdir . -stdout\n"
        "  hitless-render -diff -resource haproxy\n"
        "  hitless-render -resource haproxy -origins\n"
        "  hitless-render -resource haproxy -explain 42\n"
        "  hitless-render -dump-keys /var/backups/keys.json -stdout >/dev/null\n",
        {base::text_flag("keys", "FILE",
                         "read the keys from this JSON or YAML file, or with - from standard "
                         "input, instead of etcd",
                         options.keys),
         base::text_flag("resource", "NAME",
                         "handle only this template resource: the name of its file, with or "
                         "without .toml, or its dest",
                         options.resource),
         base::text_flag(
             "out", "FILE",
             "write the result to this file, or with - to standard output, and leave dest alone",
             options.out),
         base::text_flag("dump-keys", "FILE",
                         "write the keys to this file, or with - to standard output, in the form "
                         "that -keys reads",
                         options.dump_keys),
         base::switch_flag("origins",
                           "print each line of the result behind the keys that it comes from",
                           options.origins),
         base::number_flag("explain", "LINE",
                           "print where this line of the result comes from: the key, its value and "
                           "the line of the template",
                           1, 100'000'000, options.explain),
         base::number_flag("slots", "N",
                           "write the spare servers that hitlessd -slots N writes (default 0)", 0,
                           plan::most_slots, options.slots),
         base::switch_flag("stdout", "print the result and leave dest alone", options.to_stdout),
         base::switch_flag("diff",
                           "print how dest would change, as diff -u does; exit with 3 if it would",
                           options.diff),
         base::switch_flag("check",
                           "let haproxy -c judge the result; exit with 1 if it refuses it, with 3 "
                           "if a bad value cost a server or anything else",
                           options.check),
         base::switch_flag("json", "print what would change in HAProxy, as JSON", options.json)},
    };
}

int run(const std::vector<std::string>& arguments) {
    render::Options options;
    auto line = confd::read_command_line(arguments, program(options));
    if (line.action != confd::CommandLine::Action::run) {
        const bool is_error = line.action == confd::CommandLine::Action::usage_error;
        (is_error ? std::cerr : std::cout) << line.text;
        return is_error ? render::usage : render::done;
    }
    if (auto set = base::set_up_log(line.settings.log_level, line.settings.log_format); !set) {
        std::cerr << "hitless-render: " << set.error().message << '\n';
        return render::usage;
    }
    for (const std::string& warning : line.warnings)
        spdlog::warn("{}", warning);
    options.colour = ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
    const auto code = render::render(line.settings, options, std::cout);
    if (!std::cout.flush()) {
        spdlog::error("can't write to standard output");
        return render::failed;
    }
    return code;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::cerr << "hitless-render: " << error.what() << '\n';
        return hitless::render::failed;
    }
}
