#include "hitless/base/text.hpp"

#include "ctl/commands.hpp"

#include <fmt/format.h>

#include <chrono>
#include <iostream>

/// Commands as they are.
namespace hitless::ctl {
namespace {

using Clock = std::chrono::steady_clock;

ExitCode ask(Context& context, Channel& channel, const std::string& command) {
    const auto begin = Clock::now();
    const auto answer = channel.run_raw(command);
    const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
    if (!answer)
        return context.complain(answer.error().message, unreachable);
    print_answer(context, answer->text);
    if (context.options.timing)
        context.err << fmt::format("{:.1f} ms  {}\n", took.count(), base::printable(command));
    return answer->refused ? failed : done;
}

} // namespace

void print_answer(Context& context, const std::string& answer) {
    if (!context.terminal) {
        context.out << answer;
        return;
    }
    std::string_view rest = answer;
    while (rest.ends_with("\n\n"))
        rest.remove_suffix(1);
    for (const std::string_view line : base::split(base::trim(rest), '\n'))
        context.out << base::printable(line, std::string_view::npos) << '\n';
}

std::vector<base::Flag> raw_flags(Options& options) {
    return {base::switch_flag("timing", "print on standard error how long each command took",
                              options.timing)};
}

ExitCode run_raw(Context& context) {
    auto channels = context.channels();
    std::vector<std::string> commands = context.operands;
    if (commands.empty()) {
        for (std::string line; std::getline(std::cin, line);) {
            const std::string_view text = base::trim(line);
            if (!text.empty() && !text.starts_with('#'))
                commands.push_back(std::move(line));
        }
    }
    ExitCode code = channels.empty() ? failed : done;
    for (Channel& channel : channels) {
        for (const std::string& command : commands) {
            if (const ExitCode asked = ask(context, channel, command); asked != done)
                code = asked;
        }
    }
    return code;
}

} // namespace hitless::ctl
