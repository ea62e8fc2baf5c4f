#include "hitless/base/flags.hpp"

#include "hitless/base/text.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace hitless::base {
namespace {

constexpr std::size_t help_column = 26;
constexpr std::size_t help_width = 74;

/// An argument that is a flag, taken apart.
struct Argument {
    std::string_view name;
    std::optional<std::string_view> value;
};

/// nullopt for an operand.
std::optional<Argument> take_apart(std::string_view text) {
    if (text.size() < 2 || text.front() != '-')
        return std::nullopt;
    text.remove_prefix(text.starts_with("--") ? 2 : 1);
    const std::size_t equals = text.find('=', 1);
    if (equals == std::string_view::npos)
        return Argument{text, std::nullopt};
    return Argument{text.substr(0, equals), text.substr(equals + 1)};
}

Result<void> set_switch(const Flag& flag, std::string_view value) {
    const auto state = parse_bool(value);
    if (!state)
        return fail("invalid boolean value \"{}\" for -{}", printable(value), flag.name);
    return flag.set(*state ? "true" : "false");
}

Result<void> set_value(const Flag& flag, std::string_view value) {
    if (auto set = flag.set(std::string(value)); !set)
        return fail("invalid value \"{}\" for flag -{}: {}", printable(value), flag.name,
                    set.error().message);
    return {};
}

/// `text` in lines that begin at the help's column, but for the first one.
std::string fold(std::string_view text) {
    std::string folded;
    std::size_t width = 0;
    for (const std::string_view word : split(text, ' ')) {
        if (width > 0 && help_column + width + 1 + word.size() > help_width + help_column / 2) {
            folded += '\n' + std::string(help_column, ' ');
            width = 0;
        } else if (width > 0) {
            folded += ' ';
            ++width;
        }
        folded += word;
        width += word.size();
    }
    return folded;
}

} // namespace

Result<ParsedFlags> parse_flags(std::span<const std::string> arguments,
                                std::span<const Flag> flags) {
    ParsedFlags parsed;
    std::size_t at = 0;
    for (; at < arguments.size(); ++at) {
        const std::string& text = arguments[at];
        if (text == "--") {
            ++at;
            break;
        }
        const auto argument = take_apart(text);
        if (!argument)
            break;
        if (argument->name.empty() || argument->name.front() == '-' ||
            argument->name.front() == '=')
            return fail("bad flag syntax: {}", printable(text));
        const auto flag = std::ranges::find(flags, argument->name, &Flag::name);
        if (flag == flags.end() && (argument->name == "help" || argument->name == "h")) {
            parsed.help_wanted = true;
            return parsed;
        }
        if (flag == flags.end())
            return fail("flag provided but not defined: -{}", printable(argument->name));
        if (!flag->value.empty() && !argument->value && ++at == arguments.size())
            return fail("flag needs an argument: -{}", flag->name);
        const auto set = flag->value.empty()
                             ? set_switch(*flag, argument->value.value_or("true"))
                             : set_value(*flag, argument->value.value_or(arguments[at]));
        if (!set)
            return set.error();
    }
    parsed.operands.assign(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
    return parsed;
}

std::string describe_flags(std::span<const Flag> flags) {
    std::map<std::string_view, const Flag*> sorted;
    for (const Flag& flag : flags)
        sorted.emplace(flag.name, &flag);
    std::string text;
    for (const auto& [name, flag] : sorted) {
        const std::string left =
            fmt::format("  -{}{}{}", name, flag->value.empty() ? "" : " ", flag->value);
        text += fmt::format("{:<{}}{}{}\n", left, help_column,
                            left.size() < help_column ? "" : "\n" + std::string(help_column, ' '),
                            fold(flag->help));
    }
    return text;
}

} // namespace hitless::base
