#include "hitless/base/text.hpp"

#include "ctl/batch.hpp"
#include "ctl/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <vector>

/// Commands as they are.
namespace hitless::ctl {
namespace {

using Clock = std::chrono::steady_clock;

using Batch = std::vector<haproxy::Command>;

ExitCode ask(Context& context, Channel& channel, const Batch& batch) {
    const auto begin = Clock::now();
    const auto answer = channel.run_raw(batch);
    const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
    if (!answer)
        return context.complain(answer.error().message, unreachable);
    print_answer(context, answer->text);
    if (context.options.timing)
        context.err << fmt::format("{:.1f} ms  {}\n", took.count(),
                                   base::printable(haproxy::in_one_line(batch)));
    return answer->refused ? failed : done;
}

std::optional<std::string> next_of_input() {
    std::string line;
    if (!std::getline(std::cin, line))
        return std::nullopt;
    return line;
}

/// An operand may have its payload in its further lines.
Batch batch_of(const std::string& operand) {
    const std::size_t end = operand.find('\n');
    const std::string_view first = std::string_view(operand).substr(0, end);
    if (end == std::string::npos || !base::trim(first).ends_with("<<"))
        return read_batch(operand, next_of_input);
    std::string_view rest = std::string_view(operand).substr(end + 1);
    return read_batch(first, [&]() -> std::optional<std::string> {
        if (rest.empty())
            return std::nullopt;
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        return std::string(line);
    });
}

/// Of the operands; where there are none, of standard input.
std::vector<Batch> read_batches(const std::vector<std::string>& operands) {
    std::vector<Batch> batches;
    batches.reserve(operands.size());
    for (const std::string& operand : operands)
        batches.push_back(batch_of(operand));
    if (!operands.empty())
        return batches;
    while (const auto line = next_of_input()) {
        const std::string_view text = base::trim(*line);
        if (!text.empty() && !text.starts_with('#'))
            batches.push_back(read_batch(*line, next_of_input));
    }
    return batches;
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
    const std::vector<Batch> batches = read_batches(context.operands);
    ExitCode code = channels.empty() ? failed : done;
    for (const Batch& batch : batches) {
        if (batch.empty())
            code = context.complain("an operand of raw has no command in it", usage);
        else if (const auto text = haproxy::to_wire(batch); !text)
            code = context.complain(text.error().message, usage);
    }
    if (code != done) // nothing is sent
        return code;
    for (Channel& channel : channels) {
        for (const Batch& batch : batches) {
            if (const ExitCode asked = ask(context, channel, batch); asked != done)
                code = asked;
        }
    }
    return code;
}

} // namespace hitless::ctl
