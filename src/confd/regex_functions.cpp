#include "confd/functions.hpp"
#include "gotemplate/traced_text.hpp"
#include "gotemplate/utf8.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <re2/re2.h>

// RE2 is what Go's package regexp was made from: the same syntax, and time linear in the text.
namespace hitless::confd {
namespace {

using Text = const std::string&;
using gotemplate::TracedText;

/// Patterns are compiled once: a template asks for the same few again and again.
class Cache {
  public:
    Result<const RE2*> get(Text pattern) {
        if (const auto found = patterns_.find(pattern); found != patterns_.end())
            return found->second.get();
        RE2::Options options(RE2::Quiet);
        auto compiled = std::make_unique<RE2>(pattern, options);
        if (!compiled->ok())
            return fail("error parsing regexp: {}", compiled->error());
        if (patterns_.size() == most)
            patterns_.clear();
        return patterns_.emplace(pattern, std::move(compiled)).first->second.get();
    }

  private:
    static constexpr std::size_t most = 100;
    std::map<std::string, std::unique_ptr<RE2>> patterns_;
};

using Groups = std::vector<re2::StringPiece>;

/// The text of a group that a replacement names: "1" or the name of one.
re2::StringPiece group(const RE2& pattern, const Groups& groups, const std::string& name) {
    std::size_t index = groups.size();
    if (name.find_first_not_of("0123456789") == std::string::npos && name.size() < 6)
        index = static_cast<std::size_t>(std::stoi(name));
    else if (const auto found = pattern.NamedCapturingGroups().find(name);
             found != pattern.NamedCapturingGroups().end())
        index = static_cast<std::size_t>(found->second);
    return index < groups.size() ? groups[index] : re2::StringPiece();
}

bool is_word(char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '_';
}

/// Takes the name of a group, "1", "name" or "{name}", off the front; empty when there is none.
std::string take_name(std::string_view& rest) {
    const bool in_braces = rest.starts_with('{');
    std::string_view after = rest.substr(in_braces ? 1 : 0);
    std::size_t size = 0;
    while (size < after.size() && is_word(after[size]))
        ++size;
    std::string name(after.substr(0, size));
    after.remove_prefix(size);
    if (in_braces && !after.starts_with('}'))
        return {};
    after.remove_prefix(in_braces ? 1 : 0);
    if (!name.empty())
        rest = after;
    return name;
}

/// Go's Regexp.Expand: `$1`, `${name}`, `$$`.
void expand(TracedText& out, String text, String replacement, const RE2& pattern,
            const Groups& groups) {
    std::string_view rest = replacement.text();
    while (!rest.empty()) {
        const std::size_t at = replacement.size() - rest.size();
        const char c = rest.front();
        rest.remove_prefix(1);
        if (c == '$' && rest.starts_with('$')) {
            rest.remove_prefix(1);
        } else if (c == '$') {
            if (const std::string name = take_name(rest); !name.empty()) {
                const auto found = group(pattern, groups, name);
                const auto begin =
                    found.empty() ? 0 : static_cast<std::size_t>(found.data() - text.text().data());
                out.add(text.value, begin, begin + found.size());
                continue;
            }
        }
        out.add(replacement.value, at, at + 1);
    }
}

/// Go's Regexp.ReplaceAllString: an empty match right after a match doesn't count.
Result<Value> replace_all(const RE2& pattern, String string, String replacement) {
    const std::string& text = string.text();
    Groups groups(static_cast<std::size_t>(pattern.NumberOfCapturingGroups()) + 1);
    const auto count = static_cast<int>(groups.size());
    TracedText out;
    std::size_t copied = 0;
    for (std::size_t at = 0; at <= text.size();) {
        if (!pattern.Match(text, at, text.size(), RE2::UNANCHORED, groups.data(), count))
            break;
        const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
        const std::size_t end = begin + groups[0].size();
        out.add(string.value, copied, begin);
        if (end > copied || begin == 0)
            expand(out, string, replacement, pattern, groups);
        copied = end;
        if (auto checked = check_size(1, out.text().size()); !checked)
            return checked.error();
        const std::size_t width = gotemplate::decode_rune(std::string_view(text).substr(at)).size;
        at = end > at ? std::max(end, at + width) : at + std::max<std::size_t>(1, width);
    }
    out.add(string.value, std::min(copied, text.size()), text.size());
    return std::move(out).value();
}

} // namespace

void add_regex_functions(Functions& functions) {
    const auto cache = std::make_shared<Cache>();
    functions["regexMatch"] = make_function([cache](Text pattern, Text text) -> Result<bool> {
        const auto compiled = cache->get(pattern);
        if (!compiled)
            return compiled.error();
        return RE2::PartialMatch(text, **compiled);
    });
    functions["regexFind"] = make_function([cache](Text pattern, String string) -> Result<Value> {
        const auto compiled = cache->get(pattern);
        if (!compiled)
            return compiled.error();
        const std::string& text = string.text();
        re2::StringPiece found;
        if (!(*compiled)->Match(text, 0, text.size(), RE2::UNANCHORED, &found, 1) || found.empty())
            return Value("").from(string.value.trace().whole());
        const auto begin = static_cast<std::size_t>(found.data() - text.data());
        return string.part(begin, begin + found.size());
    });
    functions["regexReplaceAll"] =
        make_function([cache](Text pattern, String text, String replacement) -> Result<Value> {
            const auto compiled = cache->get(pattern);
            if (!compiled)
                return compiled.error();
            return replace_all(**compiled, text, replacement);
        });
    for (const char* const name : {"regexFind", "regexReplaceAll"})
        functions.at(name).keeps_traces = true;
}

} // namespace hitless::confd
