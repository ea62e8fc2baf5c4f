#include "haproxy/config_lines.hpp"

#include <algorithm>
#include <optional>

// Parsing a text that differs little from one that is parsed already.
namespace hitless::haproxy {
namespace {

/// Where two texts differ, in whole lines.
struct Difference {
    std::size_t begin = 0;   ///< in both
    std::size_t old_end = 0; ///< in the old text
    std::size_t new_end = 0; ///< in the new one
};

Difference find_difference(std::string_view before, std::string_view after) {
    Difference found;
    const std::size_t same = base::common_prefix(before, after);
    found.begin = same == 0 ? 0 : before.rfind('\n', same - 1) + 1; // npos + 1 is 0
    before.remove_prefix(found.begin);
    after.remove_prefix(found.begin);
    std::size_t tail = base::common_suffix(before, after);
    const auto begins_line = [&](std::string_view text) {
        return tail == text.size() || text[text.size() - tail - 1] == '\n';
    };
    if (!begins_line(before) || !begins_line(after)) {
        const std::size_t line_end = before.find('\n', before.size() - tail);
        tail = line_end == std::string_view::npos ? 0 : before.size() - line_end - 1;
    }
    found.old_end = found.begin + before.size() - tail;
    found.new_end = found.begin + after.size() - tail;
    return found;
}

/// The servers of a piece of text that has no other lines.
std::optional<std::vector<ServerLine>> only_servers(std::string_view text, int first_number) {
    std::vector<ServerLine> servers;
    bool others = false;
    for_each_line(text, first_number, [&](std::string_view line, int number) {
        const auto server = server_line(line, number);
        others = !server;
        if (server)
            servers.push_back(*server);
        return !others;
    });
    if (others)
        return std::nullopt;
    return servers;
}

int count_lines(std::string_view text) {
    return static_cast<int>(std::ranges::count(text, '\n'));
}

/// Makes views of the old text, but for what differs, views of the new one.
class Move {
  public:
    Move(std::string_view before, std::string_view after, const Difference& difference)
        : before_(before),
          after_(after),
          difference_(difference),
          lines_(
              count_lines(after.substr(difference.begin, difference.new_end - difference.begin)) -
              count_lines(before.substr(difference.begin, difference.old_end - difference.begin))) {
    }

    void operator()(Section& section) const {
        if (is_behind(section.kind))
            section.number += lines_;
        (*this)(section.kind);
        (*this)(section.name);
        (*this)(section.from);
        for (Line& line : section.settings)
            move_line(line);
        for (ServerLine& line : section.servers) {
            (*this)(line.name);
            move_line(line);
        }
    }

    /// True for a view of what follows the difference.
    [[nodiscard]] bool is_behind(std::string_view view) const {
        return is_inside(view) && offset(view) >= difference_.old_end;
    }

    /// True for a view of what stands before it.
    [[nodiscard]] bool is_ahead(std::string_view view) const {
        return is_inside(view) && offset(view) < difference_.begin;
    }

  private:
    /// False for a constant, such as the kind of a section without a line of its own.
    [[nodiscard]] bool is_inside(std::string_view view) const {
        const std::less_equal<> not_after;
        return not_after(before_.data(), view.data()) &&
               not_after(view.data() + view.size(), before_.data() + before_.size());
    }
    [[nodiscard]] std::size_t offset(std::string_view view) const {
        return static_cast<std::size_t>(view.data() - before_.data());
    }

    void operator()(std::string_view& view) const {
        if (view.empty())
            view = {};
        else if (is_behind(view))
            view = after_.substr(offset(view) - difference_.old_end + difference_.new_end,
                                 view.size());
        else if (is_inside(view))
            view = after_.substr(offset(view), view.size());
    }

    template <class AnyLine>
    void move_line(AnyLine& line) const {
        if (is_behind(line.text))
            line.number += lines_;
        (*this)(line.text);
    }

    std::string_view before_;
    std::string_view after_;
    Difference difference_;
    int lines_; ///< so many more
};

/// Its keyword is written with quotes or escapes in it.
bool has_odd_keyword(const Section& section, std::string_view text) {
    const std::less<> before;
    return before(section.kind.data(), text.data()) ||
           !before(section.kind.data(), text.data() + text.size());
}

bool has_directives(const Section& section) {
    return std::ranges::any_of(
        section.settings, [](const Line& line) { return first_word(line.text).starts_with('.'); });
}

} // namespace

Result<Config> Config::parse(std::string text, const Config& before) {
    const auto parsed = std::make_shared<Parsed>();
    parsed->text = std::move(text);
    const std::string_view old_text = before.text();
    const std::string_view new_text = parsed->text;
    const Difference difference = find_difference(old_text, new_text);
    const auto added =
        only_servers(new_text.substr(difference.begin, difference.new_end - difference.begin),
                     1 + count_lines(new_text.substr(0, difference.begin)));
    // Where `.if` may be open, a `server` line is a setting.
    if (!added ||
        !only_servers(old_text.substr(difference.begin, difference.old_end - difference.begin),
                      1) ||
        std::ranges::any_of(before.sections(), [&](const Section& section) {
            return has_directives(section) || has_odd_keyword(section, old_text);
        }))
        return parse(std::move(parsed->text));

    parsed->sections = before.sections();
    parsed->backends = before.parsed_->backends;
    parsed->defaults = before.parsed_->defaults;
    const Move move(old_text, new_text, difference);
    const auto first_behind = std::ranges::find_if(
        parsed->sections, [&](const Section& section) { return move.is_behind(section.kind); });
    if (first_behind == parsed->sections.begin() || !std::prev(first_behind)->has_servers())
        return parse(std::move(parsed->text));
    std::vector<ServerLine>& servers = std::prev(first_behind)->servers;
    const auto first = std::ranges::partition_point(
        servers, [&](const ServerLine& line) { return move.is_ahead(line.text); });
    const auto last = std::partition_point(
        first, servers.end(), [&](const ServerLine& line) { return !move.is_behind(line.text); });
    const auto position = servers.erase(first, last) - servers.begin();
    for (Section& section : parsed->sections)
        move(section);
    servers.insert(servers.begin() + position, added->begin(), added->end());
    return Config(parsed);
}

} // namespace hitless::haproxy
