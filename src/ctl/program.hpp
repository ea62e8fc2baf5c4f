#pragma once

#include "hitless/base/flags.hpp"
#include "hitless/base/result.hpp"

#include "ctl/channel.hpp"
#include "ctl/options.hpp"
#include "ctl/table.hpp"

#include <iosfwd>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hitless::ctl {

/// What a command works with.
struct Context {
    Options options;
    std::vector<std::string> operands;
    std::ostream& out;
    std::ostream& err;
    bool terminal = false; ///< out is one

    [[nodiscard]] Style style() const;
    /// "hitlessctl: …" on err; returns the code.
    ExitCode complain(const std::string& message, ExitCode code = failed) const;
    /// The HAProxies that the flags name. Complains when there is none.
    [[nodiscard]] std::list<Channel> channels() const;
    /// The first of them: for commands that look at one HAProxy (Command::takes_one). Null after a
    /// complaint.
    [[nodiscard]] std::unique_ptr<Channel> channel() const;
    /// Sorts and prints.
    ExitCode print(Table table) const;
};

/// A command of hitlessctl.
struct Command {
    const char* name;
    const char* operands; ///< "[BACKEND[/SERVER]]…"
    const char* summary;  ///< one line; empty: the command is hidden
    const char* help;     ///< paragraphs, and examples
    std::size_t least_operands;
    std::size_t most_operands;
    /// Its flags beside those that all have.
    std::vector<base::Flag> (*flags)(Options& options);
    ExitCode (*run)(Context& context);
    bool takes_one = false; ///< HAProxy, which it looks at in depth: several are wrong usage
};

/// The flags of all commands.
[[nodiscard]] std::vector<base::Flag> common_flags(Options& options);

/// In the order of the help.
[[nodiscard]] std::span<const Command> commands();

} // namespace hitless::ctl
