#include "hitless/haproxy/acl_lines.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

#include "haproxy/is_one_of.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

namespace hitless::haproxy {
namespace {

/// Takes the flags: those that leave a value what it is. False for any other.
bool take_acl_flags(const std::vector<Word>& words, std::size_t& next, std::string& test) {
    constexpr std::array<std::string_view, 9> matches = {"str", "beg", "end", "sub", "dir",
                                                         "dom", "reg", "ip",  "int"};
    for (; next < words.size() && words[next].text.starts_with('-'); ++next) {
        const std::string& flag = words[next].text;
        test += ' ' + flag;
        if (flag == "-m" && next + 1 < words.size() && is_one_of(matches, words[next + 1].text))
            test += ' ' + words[++next].text;
        else if (flag != "-i" && flag != "-n")
            return false;
    }
    return true;
}

/// HAProxy makes ranges of `ge 5`.
bool is_plain_value(const Word& word) {
    constexpr std::array<std::string_view, 5> operators = {"eq", "ge", "gt", "le", "lt"};
    const std::string& text = word.text;
    return !word.environment && !text.empty() && !text.starts_with('-') && !text.ends_with(' ') &&
           !text.starts_with("#0x") && !is_one_of(operators, text) && !base::has_control(text);
}

AclLine read_acl_line(const Section& section, const Line& line, const std::vector<Word>& words) {
    AclLine read;
    read.section = section.name.empty() ? std::string(section.kind)
                                        : fmt::format("{} {}", section.kind, section.name);
    read.number = line.number;
    read.is_conditional = line.conditional || section.conditional;
    if (words.size() < 3)
        return read;
    read.name = words[1].text;
    read.test = words[2].text;
    read.keyword = read.test.substr(0, read.test.find_first_of("(,"));
    std::size_t next = 3;
    const bool has_variable = std::ranges::any_of(words, &Word::environment);
    const bool has_flags = take_acl_flags(words, next, read.test);
    std::transform(words.begin() + static_cast<std::ptrdiff_t>(std::min(next, words.size())),
                   words.end(), std::back_inserter(read.values),
                   [](const Word& word) { return word.text; });
    read.is_plain =
        !read.is_conditional && !has_variable && has_flags && !read.values.empty() &&
        words.size() <= most_words &&
        std::all_of(words.begin() + static_cast<std::ptrdiff_t>(next), words.end(), is_plain_value);
    return read;
}

/// Calls `call` with the words of each line that may have an ACL in it.
template <class Call>
void for_each_condition(const Config& config, Call call) {
    for (const Section& section : config.sections()) {
        for (const Line& line : section.settings) {
            const bool may_have = line.text.starts_with("acl") ||
                                  line.text.find("if") != std::string_view::npos ||
                                  line.text.find("unless") != std::string_view::npos;
            if (!may_have)
                continue;
            if (const auto words = parse_words(line.text); words && !words->empty())
                call(section, line, *words);
        }
    }
}

/// The lines of a configuration that have ACLs, as HAProxy tells of them.
struct ConditionLines {
    std::map<int, AclLine> named;
    std::set<int> with_condition; ///< HAProxy may have lists of them
};

ConditionLines condition_lines_of(const Config& config) {
    ConditionLines lines;
    for_each_condition(
        config, [&](const Section& section, const Line& line, const std::vector<Word>& words) {
            const auto has = [&](std::string_view text) {
                return std::ranges::find(words, text, &Word::text) != words.end();
            };
            if (words[0].text == "acl")
                lines.named.emplace(line.number, read_acl_line(section, line, words));
            else if (has("if") || has("unless"))
                lines.with_condition.insert(line.number);
        });
    return lines;
}

std::optional<int> number_in(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end != text.data() ? std::optional(number) : std::nullopt;
}

/// "5 () acl 'hdr' file 'haproxy.cfg' line 10. curr_ver=0 next_ver=0 entry_cnt=2"; nullopt for the
/// list of a file, and for what makes no sense.
std::optional<AclList> parse_acl_list(std::string_view line) {
    constexpr std::string_view begin = " () acl '";
    constexpr std::string_view middle = "' file '";
    constexpr std::string_view behind_file = "' line ";
    const std::size_t at = line.find(begin);
    const std::size_t file_at = line.find(middle);
    const std::size_t line_at = line.rfind(behind_file);
    if (at == std::string_view::npos || file_at == std::string_view::npos ||
        line_at == std::string_view::npos || file_at < at || line_at < file_at)
        return std::nullopt;
    const auto id = number_in(line.substr(0, at));
    const auto number = number_in(line.substr(line_at + behind_file.size()));
    if (!id || !number || line.find_first_not_of("0123456789") != at)
        return std::nullopt;
    const std::size_t keyword_at = at + begin.size();
    const std::size_t name_at = file_at + middle.size();
    const std::size_t state_at = line.find(". ", line_at);
    return AclList{fmt::format("#{}", *id),
                   std::string(line.substr(keyword_at, file_at - keyword_at)),
                   std::string(line.substr(name_at, line_at - name_at)), *number,
                   std::string(state_at == std::string_view::npos ? std::string_view()
                                                                  : line.substr(state_at + 2))};
}

/// HAProxy has more names for some criteria: "req.hdr" of `hdr(host),lower`.
bool has_keyword(const AclList& list, const AclLine& line) {
    return list.keyword == line.keyword || list.keyword.ends_with("." + line.keyword);
}

/// Whether these lists, all of one file, are those of these lines.
bool agree_on_lines(const ConditionLines& lines, const std::multimap<int, const AclList*>& lists) {
    for (const auto& [number, line] : lines.named) {
        const std::size_t count = lists.count(number);
        if (count != 1 && !(count == 0 && line.is_conditional))
            return false;
    }
    return std::ranges::all_of(lists, [&](const auto& list) {
        return lines.named.contains(list.first) || lines.with_condition.contains(list.first);
    });
}

} // namespace

std::vector<AclLine> acl_lines(const Config& config) {
    ConditionLines found = condition_lines_of(config);
    std::vector<AclLine> lines;
    for (auto& [number, line] : found.named)
        lines.push_back(std::move(line));
    return lines;
}

std::vector<AclList> parse_acl_lists(std::string_view answer) {
    std::vector<AclList> lists;
    for (const std::string_view line : base::split(answer, '\n')) {
        if (auto list = parse_acl_list(line))
            lists.push_back(std::move(*list));
    }
    return lists;
}

std::map<int, std::string> lists_of_lines(const Config& started,
                                          const std::vector<AclList>& lists) {
    const ConditionLines lines = condition_lines_of(started);
    std::map<std::string_view, std::multimap<int, const AclList*>> by_file;
    for (const AclList& list : lists)
        by_file[list.file].emplace(list.line, &list);
    std::map<int, std::string> found;
    bool is_found = false;
    for (const auto& [file, of_file] : by_file) {
        if (!agree_on_lines(lines, of_file))
            continue;
        if (std::exchange(is_found, true)) // two files of the same lines
            return {};
        for (const auto& [number, line] : lines.named) {
            if (line.is_plain && has_keyword(*of_file.find(number)->second, line))
                found.emplace(number, of_file.find(number)->second->id);
        }
    }
    return found;
}

} // namespace hitless::haproxy
