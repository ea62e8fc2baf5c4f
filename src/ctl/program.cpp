#include "ctl/program.hpp"

#include "hitless/base/text.hpp"
#include "hitless/ctl/ctl.hpp"

#include "ctl/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ostream>
#include <unistd.h>

namespace hitless::ctl {
namespace {

using Strings = std::vector<std::string>;

} // namespace

std::vector<base::Flag> common_flags(Options& options) {
    std::vector<base::Flag> flags{
        base::texts_flag("socket", "ADDRESS",
                         "a stats socket: a path, abns@NAME or HOST:PORT; may be given many times "
                         "(default $HAPROXY_SOCKET)",
                         options.sockets),
        base::text_flag(
            "c", "FILE",
            "HAProxy's configuration file; it names the socket and the options of servers",
            options.config),
        base::text_flag("master", "ADDRESS", "talk to this master CLI instead of a stats socket",
                        options.master),
        base::text_flag("worker", "N", "the worker behind the master: a number or !PID (default 1)",
                        options.worker),
        base::duration_flag(
            "timeout", "how long HAProxy may be silent before hitlessctl gives up (default 5s)",
            std::chrono::milliseconds(1), options.timeout),
        base::text_flag("color", "WHEN",
                        "colours: auto (on a terminal, unless $NO_COLOR is set), always or never "
                        "(default auto)",
                        options.colour),
        base::switch_flag("json", "print JSON", options.json),
        base::switch_flag("csv", "print CSV", options.csv),
    };
    base::Flag shortcut = flags.front();
    shortcut.name = "s";
    shortcut.help = "short for -socket";
    flags.push_back(std::move(shortcut));
    return flags;
}

namespace {

/// `--watch` may stand without its seconds.
Strings with_seconds(Strings arguments) {
    for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
        if (arguments[i] != "--watch" && arguments[i] != "-watch")
            continue;
        const bool has_seconds = i + 1 < arguments.size() && !arguments[i + 1].empty() &&
                                 std::isdigit(static_cast<unsigned char>(arguments[i + 1][0])) != 0;
        if (!has_seconds)
            arguments[i] += "=2";
    }
    return arguments;
}

/// Flags and operands in any order.
Result<base::ParsedFlags> parse_mixed(Strings arguments, std::span<const base::Flag> flags) {
    base::ParsedFlags all;
    for (;;) {
        const bool ends = std::ranges::find(arguments, "--") != arguments.end();
        auto parsed = base::parse_flags(arguments, flags);
        if (!parsed)
            return parsed.error();
        all.help_wanted = all.help_wanted || parsed->help_wanted;
        if (parsed->operands.empty() || all.help_wanted)
            return all;
        const bool ended =
            ends && std::ranges::find(parsed->operands, "--") == parsed->operands.end();
        const auto last = ended ? parsed->operands.end() : parsed->operands.begin() + 1;
        std::move(parsed->operands.begin(), last, std::back_inserter(all.operands));
        arguments.assign(std::make_move_iterator(last),
                         std::make_move_iterator(parsed->operands.end()));
    }
}

std::string help(std::span<const base::Flag> flags) {
    std::string text = "hitlessctl shows a running HAProxy, changes it, and explains it.\n\n"
                       "Usage: hitlessctl [FLAGS] COMMAND [OPERANDS] [FLAGS]\n\nCommands:\n";
    for (const Command& command : commands()) {
        if (*command.summary != '\0')
            text += fmt::format("  {:<12}{}\n", command.name, command.summary);
    }
    text += fmt::format("\nFlags of all commands:\n{}", base::describe_flags(flags));
    text +=
        "\nExamples:\n"
        "  hitlessctl servers app --state down\n"
        "  hitlessctl -s /run/haproxy/admin.sock drain 'app/web*' --dry-run\n"
        "  hitlessctl explain app/web1\n\n"
        "'hitlessctl COMMAND --help' has more. Exit status: 0 done, 1 failed, 2 wrong usage,\n"
        "3 a difference or a trouble (diff, explain, status, verify, map, certs), 4 HAProxy can't\n"
        "be reached, 5 nothing has that name.\n";
    return text;
}

std::string help(const Command& command, std::span<const base::Flag> own,
                 std::span<const base::Flag> common) {
    std::string text =
        fmt::format("Usage: hitlessctl {}{}{} [FLAGS]\n\n{}\n", command.name,
                    *command.operands == '\0' ? "" : " ", command.operands, command.help);
    if (!own.empty())
        text += fmt::format("\nFlags:\n{}", base::describe_flags(own));
    return text + fmt::format("\nFlags of all commands:\n{}", base::describe_flags(common));
}

class Program {
  public:
    Program(std::string version, std::ostream& out, std::ostream& err)
        : version_(std::move(version)), context_{{}, {}, out, err, ::isatty(STDOUT_FILENO) != 0} {}

    int run(const Strings& arguments) {
        bool version_wanted = false;
        auto common = common_flags(context_.options);
        auto first = common;
        first.push_back(base::switch_flag("version", "print the version", version_wanted));
        auto parsed = base::parse_flags(arguments, first);
        if (!parsed)
            return misused(parsed.error().message);
        if (version_wanted) {
            context_.out << "hitlessctl " << version_ << '\n';
            return done;
        }
        Strings rest = std::move(parsed->operands);
        const bool asks_for_help = !rest.empty() && rest.front() == "help";
        if (asks_for_help)
            rest.erase(rest.begin());
        if (parsed->help_wanted || (asks_for_help && rest.empty())) {
            context_.out << help(first);
            return done;
        }
        if (rest.empty())
            return misused("name a command");
        const auto command = std::ranges::find(commands(), rest.front(), &Command::name);
        if (command == commands().end())
            return misused(fmt::format("there is no command '{}'", base::printable(rest.front())));
        rest.erase(rest.begin());
        if (asks_for_help)
            rest.assign(1, "-help");
        return run(*command, rest, common);
    }

  private:
    int run(const Command& command, const Strings& arguments,
            const std::vector<base::Flag>& common) {
        const auto own =
            command.flags != nullptr ? command.flags(context_.options) : std::vector<base::Flag>();
        auto all = common;
        all.insert(all.end(), own.begin(), own.end());
        auto parsed = parse_mixed(with_seconds(arguments), all);
        if (!parsed)
            return misused(parsed.error().message, command.name);
        if (parsed->help_wanted) {
            context_.out << help(command, own, common);
            return done;
        }
        context_.operands = std::move(parsed->operands);
        if (context_.operands.size() < command.least_operands)
            return misused(fmt::format("name {}", command.operands), command.name);
        if (context_.operands.size() > command.most_operands)
            return misused(
                fmt::format("'{}' is too much",
                            base::printable(context_.operands[command.most_operands], 100)),
                command.name);
        const bool names_several =
            context_.options.master.empty() && context_.options.sockets.size() > 1;
        if (command.takes_one && names_several)
            return misused("this command looks at one HAProxy: name one -socket", command.name);
        if (auto checked = check(); !checked)
            return misused(checked.error().message, command.name);
        return command.run(context_);
    }

    [[nodiscard]] Result<void> check() const {
        constexpr std::array whens = {"auto", "always", "never"};
        if (std::ranges::find(whens, context_.options.colour) == whens.end())
            return fail("-color is auto, always or never");
        if (context_.options.json && context_.options.csv)
            return fail("either -json or -csv");
        return {};
    }

    int misused(const std::string& message, const std::string& command = {}) {
        context_.err << "hitlessctl: " << message << "\n'hitlessctl " << command
                     << (command.empty() ? "" : " ") << "--help' shows how it is used.\n";
        return usage;
    }

    std::string version_;
    Context context_;
};

} // namespace

int run(const std::vector<std::string>& arguments, const std::string& version, std::ostream& out,
        std::ostream& err) {
    return Program(version, out, err).run(arguments);
}

} // namespace hitless::ctl
