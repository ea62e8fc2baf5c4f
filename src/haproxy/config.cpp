#include "hitless/haproxy/config.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

#include <algorithm>
#include <array>

namespace hitless::haproxy {
namespace {

// configuration.txt, 2.1 "Configuration file format" and the chapters it names.
constexpr std::array section_kinds = {
    std::string_view{"acme"},        std::string_view{"backend"},     std::string_view{"cache"},
    std::string_view{"crt-list"},    std::string_view{"crt-store"},   std::string_view{"defaults"},
    std::string_view{"fcgi-app"},    std::string_view{"frontend"},    std::string_view{"global"},
    std::string_view{"healthcheck"}, std::string_view{"http-errors"}, std::string_view{"listen"},
    std::string_view{"log-forward"}, std::string_view{"log-profile"}, std::string_view{"mailers"},
    std::string_view{"peers"},       std::string_view{"program"},     std::string_view{"resolvers"},
    std::string_view{"ring"},        std::string_view{"traces"},      std::string_view{"userlist"},
};

bool is_section(std::string_view word) {
    return std::ranges::find(section_kinds, word) != section_kinds.end();
}

/// Takes the next blank-separated word off the front of `text`.
std::string_view next_word(std::string_view& text) {
    text = base::trim(text);
    const std::string_view word = text.substr(0, text.find_first_of(" \t#"));
    text.remove_prefix(word.size());
    return word;
}

Section open_section(std::string_view line, int number) {
    Section section;
    section.number = number;
    section.kind = next_word(line);
    section.name = next_word(line);
    if (section.name == "from") // "defaults from other" has no name
        section.name = {};
    else if (next_word(line) != "from")
        return section;
    section.from = next_word(line);
    return section;
}

void add_line(Section& section, std::string_view text, int number) {
    std::string_view rest = text;
    if (section.has_servers() && next_word(rest) == "server")
        section.servers.push_back({number, text, next_word(rest)});
    else
        section.settings.push_back({number, text});
}

} // namespace

Result<Config> Config::parse(std::string text) {
    Config config;
    config.text_ = std::make_shared<const std::string>(std::move(text));
    std::string_view rest = *config.text_;
    for (int number = 1; !rest.empty(); ++number) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = base::trim(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (line.empty() || line.front() == '#')
            continue;
        const std::string_view word = line.substr(0, line.find_first_of(" \t#"));
        if (word.front() != 's' && is_section(word)) // no section begins with 's'; most lines do
            config.sections_.push_back(open_section(line, number));
        else if (config.sections_.empty())
            return fail("line {}: '{}' stands before the first section", number,
                        base::printable(line, 60));
        else
            add_line(config.sections_.back(), line, number);
    }
    return config;
}

const Section* Config::find_backend(std::string_view name) const {
    const auto found = std::ranges::find_if(sections_, [&](const Section& section) {
        return section.has_servers() && section.name == name;
    });
    return found == sections_.end() ? nullptr : &*found;
}

const Section* Config::defaults_of(const Section& section) const {
    const Section* last = nullptr;
    for (const Section& candidate : sections_) {
        if (candidate.number >= section.number)
            break;
        if (candidate.kind != "defaults")
            continue;
        if (section.from.empty() || candidate.name == section.from)
            last = &candidate;
    }
    return last;
}

bool looks_like_haproxy(std::string_view text) {
    bool in_section = false;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view word = first_word(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (word.empty())
            continue;
        if (!in_section && !is_section(word))
            return false;
        in_section = true;
        if (word == "frontend" || word == "backend" || word == "listen")
            return true;
    }
    return false;
}

std::vector<std::string> admin_sockets(const Config& config) {
    std::vector<std::string> found;
    std::string prefix;
    for (const Section& section : config.sections()) {
        if (section.kind != "global")
            continue;
        for (const Line& line : section.settings) {
            const auto words = split_words(line.text);
            if (!words)
                continue;
            if (words->size() >= 3 && (*words)[0] == "unix-bind" && (*words)[1] == "prefix")
                prefix = (*words)[2];
            if (words->size() < 5 || (*words)[0] != "stats" || (*words)[1] != "socket")
                continue;
            const auto level = std::ranges::find(*words, "level");
            if (level == words->end() || level + 1 == words->end() || *(level + 1) != "admin")
                continue;
            std::string address = (*words)[2];
            for (const std::string_view family : {"unix@", "ipv4@", "ipv6@"}) {
                if (address.starts_with(family))
                    address.erase(0, family.size());
            }
            found.push_back(address.starts_with('/') ? prefix + address : address);
        }
    }
    return found;
}

} // namespace hitless::haproxy
