#include "hitless/base/text.hpp"

#include "ctl/batch.hpp"
#include "ctl/commands.hpp"
#include "ctl/names.hpp"
#include "ctl/shell_line.hpp"
#include "ctl/shell_words.hpp"
#include "ctl/top_sample.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <optional>
#include <set>
#include <unistd.h>

/// Runtime commands as they are typed.
namespace hitless::ctl {
namespace {

using Clock = std::chrono::steady_clock;
using Ask = std::function<std::optional<std::string>(const std::string& prompt)>;

constexpr const char* own_help =
    "Each line goes to HAProxy; ';' stands between commands. HAProxy's own 'help' lists them.\n"
    "A line that ends in << is followed by a payload, which an empty line ends.\n"
    "  \\timing   show how long each line takes, or no longer\n"
    "  \\?        this\n"
    "  \\q        leave; also Ctrl-D, quit and exit\n"
    "Tab completes commands, backends and servers.\n";

/// What lasts as long as a connection in HAProxy, and here as long as the shell.
bool is_mode(std::string_view command) {
    return command.starts_with("experimental-mode ") || command.starts_with("expert-mode ") ||
           command.starts_with("mcli-debug-mode ");
}

class Shell {
    using Batch = std::vector<haproxy::Command>;

  public:
    Shell(Context& context, Channel& channel, Ask ask)
        : context_(context), channel_(channel), next_line_(std::move(ask)) {}

    ExitCode run() {
        static_cast<void>(look_for_haproxy());
        while (const auto line = next_line_(prompt_)) {
            if (!obey(*line))
                break;
        }
        return code_;
    }

    std::vector<std::string> complete(const std::string& before) {
        if (before.starts_with('\\'))
            return complete_own(before);
        if (patterns_.empty()) {
            if (const auto help = channel_.run("help"))
                patterns_ = parse_help(*help);
        }
        constexpr auto fresh = std::chrono::seconds(2);
        if (!named_ || Clock::now() - *named_ > fresh) {
            names_ = ask_names(channel_);
            named_ = Clock::now();
        }
        return complete_command(patterns_, names_, before);
    }

  private:
    static std::vector<std::string> complete_own(const std::string& before) {
        std::vector<std::string> found{"\\?", "\\q", "\\timing"};
        std::erase_if(found, [&](const std::string& one) { return !one.starts_with(before); });
        return found;
    }

    /// False when it is over.
    bool obey(const std::string& text) {
        const std::string line(base::trim(text));
        if (line == "\\q" || line == "quit" || line == "exit")
            return false;
        if (line == "\\?") {
            context_.out << own_help;
        } else if (line == "\\timing") {
            context_.options.timing = !context_.options.timing;
            context_.out << "timing is " << (context_.options.timing ? "on\n" : "off\n");
        } else if (line.starts_with('\\')) {
            code_ = context_.complain(
                fmt::format("there is no '{}'; \\? shows what there is", base::printable(line)));
        } else if (!line.empty() && !line.starts_with('#')) {
            code_ = send(line);
        }
        context_.out << std::flush;
        return true;
    }

    ExitCode send(const std::string& line) {
        const Batch commands = read_batch(line, [this] { return next_line_("> "); });
        if (commands.empty())
            return done;
        if (const auto text = haproxy::to_wire(commands); !text)
            return context_.complain(text.error().message, usage);
        if (!look_for_haproxy())
            return unreachable;
        const auto begin = Clock::now();
        const auto answer = ask(commands);
        const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
        if (!answer)
            return context_.complain(answer.error().message, unreachable);
        note_modes(commands);
        print_answer(context_, answer->text);
        if (context_.options.timing) {
            context_.out.flush();
            context_.err << fmt::format("{:.1f} ms  {}\n", took.count(), base::printable(line));
        }
        return answer->refused ? failed : done;
    }

    /// All at once, but behind a master: its `@1` is for one command.
    Result<RawAnswer> ask(const Batch& commands) {
        if (channel_.target().worker.empty()) {
            Batch all(modes_.begin(), modes_.end());
            all.insert(all.end(), commands.begin(), commands.end());
            auto answer = channel_.run_raw(all);
            if (answer && !modes_.empty()) // each mode has answered with an empty line
                answer->text.erase(0, answer->text.find_first_not_of('\n'));
            return answer;
        }
        RawAnswer all;
        for (const haproxy::Command& command : commands) {
            const auto answer = channel_.run_raw({command});
            if (!answer)
                return answer.error();
            all.text += answer->text;
            all.refused = all.refused || answer->refused;
        }
        return all;
    }

    void note_modes(const Batch& commands) {
        for (const auto& [command, payload, success] : commands) {
            if (!is_mode(command))
                continue;
            const std::string name = command.substr(0, command.find(' ') + 1);
            std::erase_if(modes_, [&](const std::string& mode) { return mode.starts_with(name); });
            if (command.ends_with(" on"))
                modes_.push_back(command);
        }
    }

    /// Tells once when it has gone, when it is back, and when it is another process.
    bool look_for_haproxy() {
        const auto answer = channel_.run("show info");
        const auto info = answer ? haproxy::parse_info(*answer) : answer.error();
        if (!info) {
            if (!away_)
                context_.complain(info.error().message);
            else
                context_.complain("HAProxy is still away");
            away_ = true;
            code_ = unreachable;
            return false;
        }
        if (pid_ != 0 && pid_ != info->pid) {
            context_.complain(fmt::format("HAProxy was restarted: process {} took the place of {}",
                                          info->pid, pid_));
            patterns_.clear();
            named_.reset();
        } else if (away_) {
            context_.complain(fmt::format("HAProxy is back: process {}", info->pid));
        }
        away_ = false;
        pid_ = info->pid;
        const std::string_view node = info_fact(*answer, "node");
        prompt_ = fmt::format(
            "{}> ", base::printable(node.empty() ? channel_.target().name() : std::string(node)));
        return true;
    }

    Context& context_;
    Channel& channel_;
    Ask next_line_;
    std::string prompt_ = "haproxy> ";
    ExitCode code_ = done;
    long pid_ = 0;
    bool away_ = false;
    std::vector<std::string> modes_;
    std::vector<CommandPattern> patterns_;
    ProxyNames names_;
    std::optional<Clock::time_point> named_;
};

ExitCode run_piped(Context& context, Channel& channel) {
    const auto next_line = [](const std::string& /*prompt*/) -> std::optional<std::string> {
        std::string line;
        if (!std::getline(std::cin, line))
            return std::nullopt;
        return line;
    };
    return Shell(context, channel, next_line).run();
}

ExitCode run_interactive(Context& context, Channel& channel) {
    int signal = 0;
    {
        Shell* shell = nullptr;
        LineReader* signals = nullptr;
        LineReader reader(usual_history_file(), [&](const std::string& before) {
            channel.give_up_on(signals->signals_file());
            auto found = shell->complete(before);
            channel.give_up_on(-1);
            return found;
        });
        signals = &reader;
        Shell interactive(context, channel,
                          [&](const std::string& prompt) { return reader.read(prompt); });
        shell = &interactive;
        interactive.run();
        context.out << std::endl;
        signal = reader.signal();
    }
    // Now that the terminal is as it was, end as the signal would have it.
    if (signal != 0)
        ::raise(signal);
    return done;
}

} // namespace

std::vector<base::Flag> shell_flags(Options& options) {
    return {base::switch_flag("timing", "print on standard error how long each line took",
                              options.timing)};
}

ExitCode run_shell(Context& context) {
    const auto channel = context.channel();
    if (!channel)
        return failed;
    const bool interactive = context.terminal && ::isatty(STDIN_FILENO) != 0;
    return interactive ? run_interactive(context, *channel) : run_piped(context, *channel);
}

} // namespace hitless::ctl
