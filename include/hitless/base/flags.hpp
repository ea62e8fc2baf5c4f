#pragma once

#include "hitless/base/result.hpp"

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Command lines as Go's package flag reads them: `-name value`, `--name=value`, `-switch`,
/// `-switch=false`. (CLI11 and getopt take `-name` for five one-letter flags.)
namespace hitless::base {

struct Flag {
    std::string name;  ///< without the dash
    std::string value; ///< what the help calls its value, as in "FILE"; empty for a switch
    std::string help;
    /// Takes a value; of a switch "true" or "false". An Error says what is wrong with the value.
    std::function<Result<void>(const std::string& value)> set;
};

/// A flag that sets a text, which may not be empty.
Flag text_flag(std::string name, std::string value, std::string help, std::string& target);
/// The same for one that may be given many times.
Flag texts_flag(std::string name, std::string value, std::string help,
                std::vector<std::string>& target);
Flag switch_flag(std::string name, std::string help, bool& target);
/// A whole number from `least` to `most`.
Flag number_flag(std::string name, std::string value, std::string help, int least, int most,
                 int& target);
/// A time: a number of seconds, or Go's "1m30s", "500ms", from `least` to `most`, some days.
Flag duration_flag(std::string name, std::string help, std::chrono::milliseconds least,
                   std::chrono::milliseconds& target,
                   std::chrono::hours most = std::chrono::hours(24));

struct ParsedFlags {
    bool help_wanted = false;          ///< -h or -help was there; what came after it was not read
    std::vector<std::string> operands; ///< what is left from the first argument that is no flag
};

/// Calls `set` for each flag in `arguments` (without the program's name), in order. Errors name the
/// flag.
Result<ParsedFlags> parse_flags(std::span<const std::string> arguments,
                                std::span<const Flag> flags);

/// The flags with their help, a paragraph each, by name.
[[nodiscard]] std::string describe_flags(std::span<const Flag> flags);

} // namespace hitless::base
