#include "ctl/shell_words.hpp"

#include "hitless/base/text.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace hitless::ctl {
namespace {

using Words = std::vector<std::string_view>;

/// What `help` leaves out, or only some versions tell.
const std::vector<CommandPattern>& well_known() {
    static const std::vector<CommandPattern> all = [] {
        constexpr std::string_view set_server =
            "set server <bk>/<srv> [addr|agent|agent-addr|agent-port|agent-send|check-addr|"
            "check-port|fqdn|health|ssl|state|weight]";
        constexpr std::string_view lines[] = {
            "add server <bk>/",
            "del server <bk>/<srv>",
            "disable agent <bk>/<srv>",
            "disable health <bk>/<srv>",
            "disable server <bk>/<srv>",
            "enable agent <bk>/<srv>",
            "enable health <bk>/<srv>",
            "enable server <bk>/<srv>",
            "get weight <bk>/<srv>",
            "set maxconn server <bk>/<srv>",
            set_server,
            "set server <bk>/<srv> agent [up|down]",
            "set server <bk>/<srv> health [up|stopping|down]",
            "set server <bk>/<srv> ssl [on|off]",
            "set server <bk>/<srv> state [ready|drain|maint]",
            "set weight <bk>/<srv>",
            "show servers conn <bk>",
            "show servers state <bk>",
            "show stat <px>",
            "shutdown sessions server <bk>/<srv>",
        };
        std::vector<CommandPattern> patterns;
        for (const std::string_view line : lines) {
            const auto words = base::split(line, ' ');
            patterns.emplace_back(words.begin(), words.end());
        }
        return patterns;
    }();
    return all;
}

bool is_literal(std::string_view word) {
    return !word.empty() && std::isalpha(static_cast<unsigned char>(word.front())) != 0;
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

Words words_of(std::string_view text) {
    Words words = base::split(text, ' ');
    std::erase_if(words, [](std::string_view word) { return word.empty(); });
    return words;
}

/// The part after the last `;` that isn't escaped.
std::string_view last_command(std::string_view line) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\')
            ++i;
        else if (line[i] == ';')
            begin = i + 1;
    }
    return line.substr(begin);
}

/// The word of the pattern for that place; the last one where it may be repeated.
std::string_view word_at(const CommandPattern& pattern, std::size_t place) {
    if (place < pattern.size())
        return pattern[place];
    return !pattern.empty() && pattern.back().ends_with('*') ? pattern.back() : std::string_view();
}

bool begins_as(const CommandPattern& pattern, const Words& typed) {
    for (std::size_t i = 0; i < typed.size(); ++i) {
        const std::string_view word = word_at(pattern, i);
        if (word.empty() || (is_literal(word) && word != typed[i]))
            return false;
    }
    return true;
}

class Candidates {
  public:
    Candidates(const ProxyNames& names, std::string_view word) : names_(names), word_(word) {}

    /// What the word of a pattern, as in "state", "[on|off]" or "<bk>/<srv>", may stand for.
    void add_all_of(std::string_view pattern, bool is_new) {
        if (is_literal(pattern))
            add(pattern);
        else if (has(pattern, "/") && is_new)
            add_backends("/");
        else if (has(pattern, "srv") || has(pattern, "<server"))
            add_servers();
        else if (has(pattern, "<bk") || has(pattern, "<backend") || has(pattern, "<px") ||
                 has(pattern, "<table"))
            add_backends("");
        else if (has(pattern, "|"))
            add_choices(pattern);
    }

    [[nodiscard]] std::vector<std::string> list() const { return {found_.begin(), found_.end()}; }

  private:
    void add(std::string_view candidate) {
        if (candidate.starts_with(word_))
            found_.emplace(candidate);
    }
    void add_backends(const char* end) {
        for (const std::string& name : names_.backends)
            add(name + end);
    }
    void add_servers() {
        for (const std::string& name : complete_server(names_, word_))
            add(name);
    }
    void add_choices(std::string_view pattern) {
        while (!pattern.empty() && has("[{", pattern.substr(0, 1)))
            pattern.remove_prefix(1);
        pattern = pattern.substr(0, pattern.find_first_of("]}"));
        for (const std::string_view choice : base::split(pattern, '|')) {
            if (is_literal(choice))
                add(choice);
        }
    }

    const ProxyNames& names_;
    std::string_view word_;
    std::set<std::string> found_;
};

} // namespace

std::vector<CommandPattern> parse_help(std::string_view answer) {
    std::vector<CommandPattern> patterns;
    for (const std::string_view line : base::split(answer, '\n')) {
        const std::size_t colon = line.find(": ");
        if (!line.starts_with("  ") || colon == std::string_view::npos)
            continue;
        CommandPattern pattern;
        for (const std::string_view word : words_of(line.substr(0, colon))) {
            if (word != ":" && !word.starts_with('(')) // "(DEPRECATED)"
                pattern.emplace_back(word);
        }
        if (!pattern.empty() && is_literal(pattern.front()))
            patterns.push_back(std::move(pattern));
    }
    return patterns;
}

bool is_plain_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || has("-_.:", {&c, 1});
    });
}

std::vector<std::string> complete_server(const ProxyNames& names, std::string_view word) {
    std::vector<std::string> found;
    if (!has(word, "/")) {
        for (const std::string& backend : names.backends) {
            if (backend.starts_with(word))
                found.push_back(backend + "/");
        }
        return found;
    }
    std::ranges::copy_if(names.servers, std::back_inserter(found),
                         [&](const std::string& server) { return server.starts_with(word); });
    return found;
}

std::vector<std::string> complete_command(std::span<const CommandPattern> patterns,
                                          const ProxyNames& names, std::string_view before) {
    const std::string_view command = last_command(before);
    Words typed = words_of(command);
    std::string_view word;
    if (!typed.empty() && !command.ends_with(' ')) {
        word = typed.back();
        typed.pop_back();
    }
    Candidates candidates(names, word);
    const auto take = [&](const CommandPattern& pattern) {
        if (begins_as(pattern, typed))
            candidates.add_all_of(word_at(pattern, typed.size()), pattern.front() == "add");
    };
    std::ranges::for_each(patterns, take);
    std::ranges::for_each(well_known(), take);
    return candidates.list();
}

std::string common_start(std::span<const std::string> words) {
    if (words.empty())
        return {};
    std::string_view start = words.front();
    for (const std::string& word : words)
        start = start.substr(0, base::common_prefix(start, word));
    return std::string(start);
}

std::string in_columns(std::span<const std::string> words, std::size_t width) {
    std::vector<std::string> shown;
    std::size_t longest = 1;
    for (const std::string& word : words) {
        shown.push_back(base::printable(word));
        longest = std::max(longest, shown.back().size());
    }
    const std::size_t gap = 2;
    const std::size_t columns = std::max<std::size_t>(1, (width + gap - 1) / (longest + gap));
    const std::size_t rows = (shown.size() + columns - 1) / columns;
    std::string text;
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t i = row; i < shown.size(); i += rows) {
            text += shown[i];
            if (i + rows < shown.size())
                text.append(longest + gap - shown[i].size(), ' ');
        }
        text += '\n';
    }
    return text;
}

std::vector<std::string> split_batch(std::string_view line) {
    std::vector<std::string> commands(1);
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == ';') {
            commands.emplace_back();
            continue;
        }
        commands.back() += line[i];
        if (line[i] == '\\' && i + 1 < line.size())
            commands.back() += line[++i];
    }
    for (std::string& command : commands)
        command = base::trim(command);
    std::erase_if(commands, [](const std::string& command) { return command.empty(); });
    return commands;
}

} // namespace hitless::ctl
