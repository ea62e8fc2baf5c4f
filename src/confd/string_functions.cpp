#include "confd/functions.hpp"
#include "gotemplate/traced_text.hpp"
#include "gotemplate/utf8.hpp"

#include <algorithm>
#include <clocale>
#include <cwctype>

namespace hitless::confd {
namespace {

using Text = const std::string&;
using gotemplate::Rune;
using gotemplate::TracedText;

/// Go's path.Clean.
std::string clean_path(std::string_view path) {
    const bool is_rooted = path.starts_with('/');
    std::vector<std::string_view> elements;
    while (!path.empty()) {
        const std::string_view element = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), element.size() + 1));
        if (element.empty() || element == ".")
            continue;
        const bool is_up = element == "..";
        if (is_up && !elements.empty() && elements.back() != "..")
            elements.pop_back();
        else if (!is_up || !is_rooted)
            elements.push_back(element);
    }
    std::string cleaned(is_rooted ? "/" : "");
    for (const std::string_view element : elements) {
        if (!cleaned.empty() && cleaned != "/")
            cleaned += '/';
        cleaned += element;
    }
    return cleaned.empty() ? "." : cleaned;
}

/// Go's path.Base.
Value path_base(String path) {
    const std::size_t last = path.text().find_last_not_of('/');
    if (last == std::string::npos)
        return Value(path.text().empty() ? "." : "/").from(path.value.trace().whole());
    const std::string_view kept(path.text().data(), last + 1);
    return path.part(kept.rfind('/') + 1, last + 1);
}

/// Go's path.Dir.
std::string path_dir(Text path) {
    return clean_path(std::string_view(path).substr(0, path.rfind('/') + 1));
}

/// The text rune by rune.
List explode(String text) {
    List runes;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size =
            gotemplate::decode_rune(std::string_view(text.text()).substr(at)).size;
        runes.push_back(text.part(at, at + size));
        at += size;
    }
    return runes;
}

std::size_t count(std::string_view text, std::string_view part) {
    if (part.empty())
        return gotemplate::count_runes(text) + 1;
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size()))
        ++found;
    return found;
}

/// Go's strings.Split.
Result<Value> split(String text, Text separator) {
    if (auto checked = check_count(count(text.text(), separator)); !checked)
        return checked.error();
    List parts;
    if (separator.empty()) {
        parts = explode(text);
    } else {
        std::size_t begin = 0;
        for (std::size_t end = text.text().find(separator); end != std::string::npos;
             end = text.text().find(separator, begin)) {
            parts.push_back(text.part(begin, end));
            begin = end + separator.size();
        }
        parts.push_back(text.part(begin, text.size()));
    }
    parts.type = list_type::strings;
    return Value(std::move(parts)).from(text.value.trace().whole());
}

Result<Value> join(const Value& value, String separator) {
    if (auto checked = expect_list(0, value, list_type::strings); !checked)
        return checked.error();
    const List& list = *Parameter<const List&>::take(value);
    TracedText joined;
    for (const Value& element : list) {
        if (&element != list.data())
            joined.add(separator.value);
        joined.add(element);
        if (auto checked = check_size(1, joined.text().size()); !checked)
            return checked.error();
    }
    return std::move(joined).value();
}

/// Go's strings.Replace: `most` times at most, always when negative; an empty text is found before
/// each rune and at the end.
Result<Value> replace(String text, Text from, String to, std::int64_t most) {
    std::size_t left = count(text.text(), from);
    if (most >= 0)
        left = std::min(left, static_cast<std::size_t>(most));
    if (auto checked = check_size(left, to.size()); !checked)
        return checked.error();
    TracedText replaced;
    std::size_t begin = 0;
    for (bool is_first = true; left > 0; --left, is_first = false) {
        const std::string_view rest = std::string_view(text.text()).substr(begin);
        std::size_t at = rest.find(from);
        if (from.empty())
            at = is_first ? 0 : gotemplate::decode_rune(rest).size;
        replaced.add(text.value, begin, begin + at);
        replaced.add(to.value);
        begin += at + from.size();
    }
    replaced.add(text.value, begin, text.size());
    return std::move(replaced).value();
}

Value trim_prefix(String text, Text prefix) {
    return text.text().starts_with(prefix) ? text.part(prefix.size(), text.size()) : text.value;
}

Value trim_suffix(String text, Text suffix) {
    return text.text().ends_with(suffix) ? text.part(0, text.size() - suffix.size()) : text.value;
}

/// Unicode's simple case mappings, whatever locale the process has.
locale_t unicode_locale() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
}

char32_t upper(char32_t rune) {
    if (rune < 0x80)
        return 'a' <= rune && rune <= 'z' ? rune - 0x20 : rune;
    return static_cast<char32_t>(::towupper_l(static_cast<wint_t>(rune), unicode_locale()));
}

char32_t lower(char32_t rune) {
    if (rune < 0x80)
        return 'A' <= rune && rune <= 'Z' ? rune + 0x20 : rune;
    return static_cast<char32_t>(::towlower_l(static_cast<wint_t>(rune), unicode_locale()));
}

/// The text with `append` called for each rune; what that appends has the rune's trace.
template <class F>
Value map_runes(String text, F append) {
    TracedText mapped;
    std::string made;
    for (std::size_t at = 0; at < text.size(); made.clear()) {
        const Rune rune = gotemplate::decode_rune(std::string_view(text.text()).substr(at));
        append(made, rune.value);
        if (!text.value.trace().is_mixed())
            mapped.add_own(made);
        else
            mapped.add_made(made, text.value, at, at + rune.size);
        at += rune.size;
    }
    if (!text.value.trace().is_mixed())
        return std::move(mapped).value().from(text.value.trace());
    return std::move(mapped).value();
}

Value to_upper(String text) {
    return map_runes(
        text, [](std::string& out, char32_t rune) { gotemplate::append_rune(out, upper(rune)); });
}

Value to_lower(String text) {
    return map_runes(
        text, [](std::string& out, char32_t rune) { gotemplate::append_rune(out, lower(rune)); });
}

bool is_space(char32_t rune) {
    return rune == 0x85 || rune == 0xa0 || (rune >= '\t' && rune <= '\r') || rune == ' ' ||
           rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 ||
           rune == 0x2029 || rune == 0x202f || rune == 0x205f || rune == 0x3000;
}

Value no_space(String text) {
    return map_runes(text, [](std::string& out, char32_t rune) {
        if (!is_space(rune))
            gotemplate::append_rune(out, rune);
    });
}

/// The words of a name, in lower case. They are parted by '_', '-', blanks and capitals:
/// "HTTPServerName" is http, server, name.
Strings words(std::string_view text) {
    std::vector<char32_t> runes;
    for (; !text.empty(); text.remove_prefix(gotemplate::decode_rune(text).size))
        runes.push_back(gotemplate::decode_rune(text).value);
    const auto is_upper = [](char32_t rune) { return lower(rune) != rune; };
    const auto is_lower = [](char32_t rune) { return upper(rune) != rune; };
    Strings found;
    bool in_word = false;
    for (std::size_t i = 0; i < runes.size(); ++i) {
        if (runes[i] == '_' || runes[i] == '-' || runes[i] == ' ') {
            in_word = false;
            continue;
        }
        const bool begins =
            is_upper(runes[i]) && in_word &&
            ((i + 1 < runes.size() && is_lower(runes[i + 1])) || !is_upper(runes[i - 1]));
        if (!in_word || begins)
            found.emplace_back();
        in_word = true;
        gotemplate::append_rune(found.back(), lower(runes[i]));
    }
    return found;
}

std::string join_words(Text text, std::string_view separator) {
    std::string joined;
    for (const std::string& word : words(text)) {
        if (!joined.empty())
            joined += separator;
        joined += word;
    }
    return joined;
}

std::string camel_case(Text text) {
    std::string joined;
    for (const std::string& word : words(text)) {
        const Rune first = gotemplate::decode_rune(word);
        if (joined.empty()) {
            joined = word;
            continue;
        }
        gotemplate::append_rune(joined, upper(first.value));
        joined += word.substr(first.size);
    }
    return joined;
}

Result<Value> repeat(std::int64_t times, String text) {
    if (times <= 0)
        return Value("");
    if (auto checked = check_size(static_cast<std::size_t>(times), text.size()); !checked)
        return checked.error();
    TracedText repeated;
    for (; times > 0 && text.size() > 0; --times)
        repeated.add(text.value);
    return std::move(repeated).value();
}

} // namespace

void add_string_functions(Functions& functions) {
    functions["base"] = make_function(path_base);
    functions["dir"] = make_function(path_dir);
    functions["split"] = make_function(split);
    functions["join"] = make_function(join);
    functions["replace"] = make_function(replace);
    functions["contains"] =
        make_function([](Text text, Text part) { return text.find(part) != std::string::npos; });
    functions["trimPrefix"] = make_function(trim_prefix);
    functions["trimSuffix"] = make_function(trim_suffix);
    functions["toUpper"] = make_function(to_upper);
    functions["toLower"] = make_function(to_lower);
    functions["repeat"] = make_function(repeat);
    functions["nospace"] = make_function(no_space);
    functions["snakecase"] = make_function([](Text text) { return join_words(text, "_"); });
    functions["kebabcase"] = make_function([](Text text) { return join_words(text, "-"); });
    functions["camelcase"] = make_function(camel_case);
    for (const char* const name : {"base", "split", "join", "replace", "trimPrefix", "trimSuffix",
                                   "toUpper", "toLower", "repeat", "nospace"})
        functions.at(name).keeps_traces = true;
}

} // namespace hitless::confd
