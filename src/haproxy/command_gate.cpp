#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"

// What every command passes before it is sent.
namespace hitless::haproxy {
namespace {

/// HAProxy refuses a line, with its payload, that is longer than its buffer (tune.bufsize, 16,384
/// by default).
constexpr std::size_t longest_command = 16'000;

/// At the end of a line, HAProxy takes this for the announcement of a payload.
constexpr std::string_view announcement = "<<";

Error refuse(const Command& command, std::string_view why) {
    return fail("the runtime command '{}' {}", base::printable(command.line, 60), why);
}

/// What HAProxy would take for more than a line, or nullopt.
std::optional<std::string_view> splits_line(std::string_view line) {
    if (base::trim(line).empty())
        return "is empty";
    if (line.find_first_of("\n\r") != std::string_view::npos ||
        line.find('\0') != std::string_view::npos)
        return "has a line break in it";
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == ';')
            return "has a ';' in it, which begins another";
        if (line[i] == '\\' && ++i == line.size())
            return "ends in a '\\', with which HAProxy joins the next one to it";
    }
    return std::nullopt;
}

/// Newer versions let some letters follow, which then end the payload: "<<END".
bool announces_payload(std::string_view line) {
    const std::size_t last = line.find_last_of(" \t") + 1;
    return line.substr(last).starts_with(announcement) || line.ends_with(announcement);
}

/// HAProxy takes the first `<<` of a line for the end of it.
bool announces_one_payload(std::string_view line) {
    constexpr std::string_view end = " <<";
    return line.ends_with(end) && line.find(announcement) == line.size() - announcement.size();
}

/// What HAProxy would take for the end of the payload, or for no payload; or nullopt.
std::optional<std::string_view> ends_early(std::string_view payload) {
    if (payload.find('\0') != std::string_view::npos ||
        payload.find('\r') != std::string_view::npos)
        return "has a payload with a control character in it";
    if (payload.find_first_not_of('\n') == std::string_view::npos)
        return "has an empty payload: there is nothing to send";
    if (payload.ends_with('\n'))
        payload.remove_suffix(1);
    for (const std::string_view line : base::split(payload, '\n')) {
        if (line.empty())
            return "has a payload with an empty line in it, which would end it";
    }
    return std::nullopt;
}

Result<void> check_payload(const Command& command) {
    if (!command.payload) {
        if (announces_payload(command.line))
            return refuse(command, "announces a payload, and has none");
        return {};
    }
    if (!announces_one_payload(command.line))
        return refuse(command, "has a payload, which only ' <<' at its end announces");
    if (const auto why = ends_early(*command.payload))
        return refuse(command, *why);
    return {};
}

} // namespace

Command Command::with_payload(std::string line, std::string payload) {
    Command command(std::move(line));
    command.payload = std::move(payload);
    return command;
}

Result<std::string> to_wire(const Command& command) {
    return to_wire(std::span(&command, 1));
}

Result<std::string> to_wire(std::span<const Command> commands) {
    for (const Command& command : commands) {
        if (const auto why = splits_line(command.line))
            return refuse(command, *why);
        if (const auto checked = check_payload(command); !checked)
            return checked.error();
        if (command.payload && &command != &commands.back())
            return refuse(command, "has a payload, and others stand behind it in the same line");
    }
    std::string text = in_one_line(commands) + '\n';
    if (!commands.empty() && commands.back().payload) {
        text += *commands.back().payload;
        if (!text.ends_with('\n'))
            text += '\n';
        text += '\n';
    }
    if (text.size() > longest_command)
        return refuse(commands.front(),
                      fmt::format("has {} bytes, too many for HAProxy", text.size()));
    return text;
}

std::string in_one_line(std::span<const Command> commands) {
    std::string line;
    for (const Command& command : commands) {
        if (&command != &commands.front())
            line += ';';
        line += command.line;
    }
    return line;
}

std::vector<std::string> lines_of(std::span<const Command> commands) {
    std::vector<std::string> lines;
    for (const Command& command : commands)
        lines.push_back(command.line);
    return lines;
}

} // namespace hitless::haproxy
