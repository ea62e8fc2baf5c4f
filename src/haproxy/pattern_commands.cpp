#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"

#include <algorithm>
#include <utility>

// Commands that change maps and ACLs (management.txt, 9.3). What of an entry HAProxy takes in which
// way was tried on HAProxy 2.6.
namespace hitless::haproxy::command {
namespace {

std::string kind_of(const PatternFileName& file) {
    return file.kind == FileUse::Kind::map ? "map" : "acl";
}

/// `#` and `@` would begin a number, of a map or of a version.
Result<void> check_name(const PatternFileName& file) {
    if (file.name.empty() || file.name.starts_with('#') || file.name.starts_with('@'))
        return fail("no command can name the file '{}'", base::printable(file.name, 80));
    return {};
}

Result<std::string> pattern_line(std::string_view verb, const PatternFileName& file,
                                 std::string_view version, std::vector<std::string> rest = {}) {
    if (const auto checked = check_name(file); !checked)
        return checked.error();
    std::vector<std::string> words = {std::string(verb), kind_of(file)};
    if (!version.empty())
        words.emplace_back(version);
    words.push_back(file.name);
    words.insert(words.end(), std::make_move_iterator(rest.begin()),
                 std::make_move_iterator(rest.end()));
    return line(words);
}

/// HAProxy takes "#0x…" for the place of an entry in its memory.
Result<void> check_key(std::string_view key) {
    if (key.starts_with("#0x"))
        return fail("no command can name the entry '{}'", base::printable(key, 80));
    return {};
}

} // namespace

Result<std::string> add_entry(const PatternFileName& file, std::string_view version,
                              const PatternEntry& entry) {
    if (file.kind == FileUse::Kind::map)
        return pattern_line("add", file, version, {entry.key, entry.value});
    return pattern_line("add", file, version, {entry.key});
}

Result<std::string> set_entry(const PatternFileName& file, const PatternEntry& entry) {
    if (const auto checked = check_key(entry.key); !checked)
        return checked.error();
    return pattern_line("set", file, {}, {entry.key, entry.value});
}

Result<std::string> delete_entry(const PatternFileName& file, std::string_view key) {
    if (const auto checked = check_key(key); !checked)
        return checked.error();
    return pattern_line("del", file, {}, {std::string(key)});
}

Result<std::string> add_map_lines(const PatternFileName& file, std::string_view version) {
    auto text = pattern_line("add", file, version);
    if (text)
        *text += " <<";
    return text;
}

Result<std::string> map_line(const PatternEntry& entry) {
    const bool is_key = !entry.key.empty() && !base::has_control(entry.key) &&
                        entry.key.find_first_of(" \t") == std::string::npos;
    // HAProxy drops blanks before the value.
    const bool is_value = !base::has_control(entry.value) && !entry.value.starts_with(' ') &&
                          !entry.value.starts_with('\t');
    if (!is_key || !is_value)
        return fail("no command can add the entry '{}'", base::printable(entry.key, 80));
    // Without the blank, HAProxy would take the next line for the value.
    return fmt::format("{} {}\n", entry.key, entry.value);
}

Result<std::string> prepare_entries(const PatternFileName& file) {
    return pattern_line("prepare", file, {});
}

Result<std::string> commit_entries(const PatternFileName& file, std::string_view version) {
    return pattern_line("commit", file, version);
}

Result<std::string> clear_entries(const PatternFileName& file, std::string_view version) {
    return pattern_line("clear", file, version);
}

Result<std::string> prepared_version(std::string_view answer) {
    constexpr std::string_view words = "New version created: ";
    const std::size_t at = answer.find(words);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const std::string_view rest =
        at == std::string_view::npos ? std::string_view() : answer.substr(at + words.size());
    const auto end = std::ranges::find_if_not(rest, is_digit);
    if (end == rest.begin())
        return fail("HAProxy names no new version: '{}'", base::printable(answer, 80));
    return fmt::format("@{}", std::string_view(rest.begin(), end));
}

Command with_version(Command command, std::string_view version) {
    // The first one: what is behind it comes from the configuration and the keys.
    const std::string place = fmt::format(" {} ", new_version);
    const std::size_t at = command.line.find(place);
    if (at != std::string::npos)
        command.line.replace(at + 1, new_version.size(), version);
    return command;
}

} // namespace hitless::haproxy::command
