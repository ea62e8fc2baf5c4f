#include "hitless/haproxy/config.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/environment.hpp"
#include "hitless/haproxy/resemblance.hpp"
#include "hitless/haproxy/words.hpp"

#include "haproxy/config_lines.hpp"

#include <boost/range/adaptor/reversed.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

namespace hitless::haproxy {
namespace {

// The sections that any HAProxy from 2.0 to 3.4 knows (configuration.txt, 2.1 and the chapters it
// names).
constexpr std::array<std::string_view, 21> section_kinds = {
    "acme",        "backend", "cache",          "crt-store",   "defaults", "fcgi-app",
    "frontend",    "global",  "healthcheck",    "http-errors", "listen",   "log-forward",
    "log-profile", "mailers", "namespace_list", "peers",       "program",  "resolvers",
    "ring",        "traces",  "userlist",
};

bool is_section(std::string_view word) {
    return std::ranges::find(section_kinds, word) != section_kinds.end();
}

Section open_section(std::string_view line, int number) {
    Section section;
    section.number = number;
    section.kind = take_word(line);
    section.name = take_word(line);
    if (section.kind == "defaults" && section.name == "from") // "defaults from other" has no name
        section.name = {};
    else if (take_word(line) != "from")
        return section;
    section.from = take_word(line);
    return section;
}

/// Puts lines into sections.
class Reader {
  public:
    Result<void> line(std::string_view text, int number) {
        const std::string word = first_word(text);
        // No section begins with 's', and most lines do.
        if (!word.starts_with('s') && is_section(word))
            open(text, word, number);
        else if (word.starts_with('.'))
            directive(text, word, number);
        else if (!in_section())
            return fail("line {}: '{}' stands before the first section", number,
                        base::printable(text, 60));
        else
            add(text, number);
        return {};
    }

    std::vector<Section> sections() && { return std::move(sections_); }

  private:
    [[nodiscard]] bool in_section() const {
        return !sections_.empty() && sections_.back().kind != start_of_file;
    }

    void open(std::string_view text, std::string_view word, int number) {
        Section section = open_section(text, number);
        if (section.kind != word) // there are quotes or escapes within it
            section.kind = *std::ranges::find(section_kinds, word);
        section.conditional = conditions_ > 0;
        sections_.push_back(std::move(section));
    }

    /// `.if` and its kin may stand anywhere (configuration.txt, 2.4 "Conditional blocks").
    void directive(std::string_view text, std::string_view word, int number) {
        if (sections_.empty())
            sections_.emplace_back().kind = start_of_file;
        sections_.back().settings.push_back({number, text, conditions_ > 0});
        if (word == ".if")
            ++conditions_;
        else if (word == ".endif" && conditions_ > 0)
            --conditions_;
    }

    void add(std::string_view text, int number) {
        Section& section = sections_.back();
        if (section.conditional && conditions_ == 0)
            doubt_sections();
        const auto server =
            section.has_servers() && conditions_ == 0 ? server_line(text, number) : std::nullopt;
        if (server)
            section.servers.push_back(*server);
        else
            section.settings.push_back({number, text, conditions_ > 0});
    }

    /// Lines behind an `.endif` belong to the section that began before it or to an earlier one.
    void doubt_sections() {
        if (std::exchange(doubted_, sections_.size()) == sections_.size())
            return;
        for (Section& section : sections_ | boost::adaptors::reversed) {
            if (!std::exchange(section.conditional, true))
                break;
        }
    }

    static constexpr std::string_view start_of_file = "start of the file";

    std::vector<Section> sections_;
    int conditions_ = 0;      ///< how deep in `.if`
    std::size_t doubted_ = 0; ///< so many sections were there then
};

} // namespace

Result<Config> Config::parse(std::string text) {
    const auto parsed = std::make_shared<Parsed>();
    parsed->text = std::move(text);
    Reader reader;
    Result<void> read;
    for_each_line(parsed->text, 1, [&](std::string_view line, int number) {
        read = reader.line(line, number);
        return read.has_value();
    });
    if (!read)
        return read.error();
    parsed->sections = std::move(reader).sections();
    const std::vector<Section>& sections = parsed->sections;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        if (sections[i].has_servers())
            parsed->backends.push_back(i);
        else if (sections[i].kind == "defaults")
            parsed->defaults.push_back(i);
    }
    const auto name = [&](std::size_t position) { return sections[position].name; };
    std::ranges::stable_sort(parsed->backends, {}, name); // the first one of a name stays the first
    return Config(parsed);
}

const ServerLine* Section::find_server(std::string_view server) const {
    const auto found = std::ranges::find(servers, server, &ServerLine::name);
    return found == servers.end() ? nullptr : &*found;
}

const Section* Config::find_backend(std::string_view name) const {
    const std::vector<std::size_t>& backends = parsed_->backends;
    const auto name_at = [&](std::size_t position) { return sections()[position].name; };
    const auto found = std::ranges::lower_bound(backends, name, {}, name_at);
    if (found == backends.end() || name_at(*found) != name)
        return nullptr;
    return &sections()[*found];
}

const ServerLine* Config::find_server(std::string_view backend, std::string_view server) const {
    const Section* const section = find_backend(backend);
    return section != nullptr ? section->find_server(server) : nullptr;
}

const Section* Config::defaults_of(const Section& section) const {
    if (section.kind == "defaults" && section.from.empty())
        return nullptr;
    const std::vector<std::size_t>& defaults = parsed_->defaults;
    const auto number_at = [&](std::size_t position) { return sections()[position].number; };
    auto next = std::ranges::lower_bound(defaults, section.number, {}, number_at);
    while (next != defaults.begin()) {
        const Section& candidate = sections()[*--next];
        if (section.from.empty() || candidate.name == section.from)
            return &candidate;
    }
    return nullptr;
}

std::vector<const Section*> Config::lineage(const Section& section) const {
    std::vector<const Section*> sections;
    for (const Section* next = &section; next != nullptr; next = defaults_of(*next))
        sections.push_back(next);
    return sections;
}

bool is_section_keyword(std::string_view word) {
    return is_section(word);
}

std::optional<bool> Resemblance::take(std::string_view line) {
    line = base::trim(line);
    const std::string word = line.empty() ? std::string() : first_word(line);
    if (word.empty() || word.front() == '.')
        return std::nullopt;
    if (!in_section_ && !is_section(word))
        return false;
    in_section_ = true;
    if (word == "frontend" || word == "backend" || word == "listen")
        return true;
    return std::nullopt;
}

bool looks_like_haproxy(std::string_view text) {
    Resemblance resemblance;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (const auto decided = resemblance.take(text.substr(0, end)))
            return *decided;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return false;
}

namespace {

/// What to connect to for a listening address, or nullopt when that can't be done.
std::optional<std::string> connectable(std::string_view address) {
    for (const std::string_view prefix :
         {"unix@", "uxst@", "ipv4@", "ipv6@", "tcp@", "tcp4@", "tcp6@"}) {
        if (address.starts_with(prefix)) {
            address.remove_prefix(prefix.size());
            break;
        }
    }
    const bool abstract = address.starts_with("abns@") || address.starts_with("abnsz@");
    const bool network = !address.starts_with('/') && address.find(':') != std::string_view::npos;
    const bool path = address.starts_with('/');
    const bool other = address.find('@') != std::string_view::npos && !abstract && !path;
    if (other || !(abstract || network || path))
        return std::nullopt;
    return std::string(address);
}

/// True when one of the words after the address makes the socket one that may change servers.
bool is_admin(std::span<const std::string> options) {
    const auto level = std::ranges::find(options, "level");
    return level != options.end() && level + 1 != options.end() && level[1] == "admin" &&
           std::ranges::find(options, "ssl") == options.end();
}

void add_admin_sockets(std::string_view line, Variables& variables, AdminSockets& found) {
    const auto words = expand_words(line, variables);
    auto missing = variables.take_missing();
    if (!words || words->size() < 5 || (*words)[1] != "socket" ||
        !is_admin(std::span(*words).subspan(3)))
        return;
    if (!missing.empty()) {
        found.missing.merge(missing);
        return;
    }
    for (const std::string_view address : base::split((*words)[2], ',')) {
        if (auto socket = connectable(address))
            found.addresses.push_back(std::move(*socket));
    }
}

} // namespace

AdminSockets find_admin_sockets(const Config& config, const Environment& environment) {
    AdminSockets found;
    Variables variables(environment);
    for (const Section& section : config.sections()) {
        if (section.kind != "global")
            continue;
        for (const Line& line : section.settings) {
            const std::string word = first_word(line.text);
            if (word == "stats")
                add_admin_sockets(line.text, variables, found);
            else if (word.ends_with("env"))
                variables.heed(line.text);
        }
    }
    return found;
}

std::vector<std::string> admin_sockets(const Config& config) {
    return find_admin_sockets(config, own_environment()).addresses;
}

} // namespace hitless::haproxy
