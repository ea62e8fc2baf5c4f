#include "hitless/haproxy/vet.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/conditions.hpp"
#include "hitless/haproxy/server.hpp"
#include "hitless/haproxy/words.hpp"

#include "haproxy/option_values.hpp"

#include <algorithm>
#include <span>

namespace hitless::haproxy {
namespace {

using Verdict = std::optional<BadServer>;

/// The piece between blanks in which parsing the line fails: the first after the longest beginning
/// that can be parsed.
std::string_view unfinished_word(std::string_view line) {
    std::string_view found;
    for (std::size_t begin = 0; begin < line.size();) {
        begin = std::min(line.find_first_not_of(" \t", begin), line.size());
        const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
        if (parse_words(line.substr(0, end)))
            found = {};
        else if (found.empty())
            found = line.substr(begin, end - begin);
        begin = end;
    }
    return found;
}

/// The piece between blanks with a byte that no line should have, or nothing.
std::string_view unprintable_word(std::string_view line) {
    if (!base::has_control(line) && base::is_utf8(line))
        return {};
    for (const std::string_view piece : base::split(line, ' ')) {
        if (base::has_control(piece) || !base::is_utf8(piece))
            return piece;
    }
    return line;
}

class Vetter {
  public:
    Vetter(const Config& config, const Section& backend, const ServerLine& line)
        : config_(config), backend_(backend), line_(line) {}

    Verdict run() {
        // HAProxy's commands have 16,384 bytes at most, with all options in effect.
        if (line_.text.size() > most_bytes)
            return bad({}, fmt::format("its line has {} bytes, {} are the most", line_.text.size(),
                                       most_bytes));
        if (const auto word = unprintable_word(line_.text); !word.empty())
            return bad(word, "there are bytes in it that are no printable text");
        auto parsed = parse_words(line_.text);
        if (!parsed)
            return bad(unfinished_word(line_.text), parsed.error().message);
        words_ = std::move(*parsed);
        if (words_.size() > most_words)
            return bad(
                words_[most_words].written,
                fmt::format("its line has {} words, HAProxy takes {}: several shorter lines help",
                            words_.size(), most_words));
        if (auto verdict = name())
            return verdict;
        if (auto verdict = address())
            return verdict;
        if (auto verdict = options())
            return verdict;
        return port_for_check();
    }

  private:
    static constexpr std::size_t most_bytes = 8'192;

    [[nodiscard]] BadServer bad(std::string_view offending, std::string_view why) const {
        const std::size_t place =
            offending.empty() ? 0 : static_cast<std::size_t>(offending.data() - line_.text.data());
        return {std::string(offending), place,
                fmt::format("server '{}': {}", base::printable(line_.name, 80), why)};
    }

    [[nodiscard]] Verdict name() const {
        if (words_.size() < 2)
            return bad({}, "its name is missing; a line is 'server NAME ADDRESS:PORT'");
        const Word& word = words_[1];
        if (word.text.size() > max_server_name)
            return bad(word.written, fmt::format("its name has {} characters, {} are the most",
                                                 word.text.size(), max_server_name));
        if (!is_name(word.text) || word.text != line_.name)
            return bad(word.written,
                       "its name may have letters, digits and . : _ - and nothing else");
        return std::nullopt;
    }

    Verdict address() {
        if (words_.size() < 3 || (is_server_keyword(words_[2].text) && !words_[2].environment))
            return bad({}, looks_like_address(words_[1].text)
                               ? "its name or its address is missing; a line is 'server NAME "
                                 "ADDRESS:PORT'"
                               : "its address is missing; a line is 'server NAME ADDRESS:PORT'");
        if (words_[2].environment)
            return std::nullopt;
        auto parsed = parse_address(words_[2].text);
        if (!parsed)
            return bad(words_[2].written, parsed.error().message);
        address_ = std::move(*parsed);
        return std::nullopt;
    }

    static bool looks_like_address(std::string_view text) {
        const auto address = parse_address(text);
        return address && (address->kind == Address::Kind::ip || address->port != 0);
    }

    [[nodiscard]] Verdict options() const {
        std::span<const Word> rest = std::span(words_).subspan(3);
        while (!rest.empty()) {
            const Word& word = rest.front();
            if (word.environment)
                return std::nullopt; // what comes now, only HAProxy can tell
            if (!is_server_keyword(word.text))
                return unknown(word);
            rest = rest.subspan(1);
            const std::string_view keyword = word.text;
            const auto* const known = find_server_keyword(keyword.substr(0, keyword.find('(')));
            std::vector<std::string> texts;
            for (const Word& argument : rest.first(std::min<std::size_t>(rest.size(), 5)))
                texts.push_back(argument.text);
            const auto count = count_arguments(*known, texts);
            if (!count)
                return bad({}, count.error().message);
            if (auto verdict = arguments(word, rest.first(*count)))
                return verdict;
            rest = rest.subspan(*count);
        }
        return std::nullopt;
    }

    [[nodiscard]] Verdict unknown(const Word& word) const {
        if (word.text.empty())
            return bad(word.written, "an empty word ends its options");
        // A value of two words has moved the rest: "server a b 10.0.0.1:80".
        if (&word == &words_[3] && address_.port == 0 && looks_like_address(word.text))
            return bad(words_[2].written, fmt::format("'{}' stands where its address belongs",
                                                      base::printable(words_[2].text, 80)));
        return bad(word.written, fmt::format("HAProxy has no server option '{}'",
                                             base::printable(word.text, 80)));
    }

    [[nodiscard]] Verdict arguments(const Word& keyword, std::span<const Word> given) const {
        for (const Word& argument : given) {
            if (argument.text.empty())
                return bad(argument.written, fmt::format("option '{}' has an empty value",
                                                         base::printable(keyword.text, 80)));
        }
        if (given.size() != 1 || given.front().environment)
            return std::nullopt;
        const Word& value = given.front();
        const auto wanted = wrong_value(keyword.text, value.text);
        if (!wanted)
            return std::nullopt;
        if (is_server_keyword(value.text)) // it was empty, and the next option moved up
            return bad({}, fmt::format("option '{}' lacks its value: {}", keyword.text, *wanted));
        return bad(value.written, fmt::format("{} '{}' is not {}", keyword.text,
                                              base::printable(value.text, 80), *wanted));
    }

    /// HAProxy refuses a check that has no port to go to.
    [[nodiscard]] Verdict port_for_check() const {
        if (words_[2].environment || address_.kind == Address::Kind::other || address_.port != 0)
            return std::nullopt;
        const auto server = effective_server(config_, backend_, line_);
        if (!server || !server->options.has("check") || server->options.has("port") ||
            server->options.has("track") || server->environment || check_has_port() ||
            undecided_servers(config_, backend_))
            return std::nullopt;
        return bad(words_[2].written, "its address has no port, and its check needs one");
    }

    /// "tcp-check connect port 80" says where a check goes.
    [[nodiscard]] bool check_has_port() const {
        const auto says = [](const Line& line) {
            std::string_view rest = line.text;
            const std::string_view keyword = take_word(rest);
            return (keyword == "tcp-check" || keyword == "http-check") &&
                   take_word(rest) == "connect";
        };
        const auto lineage = config_.lineage(backend_);
        return std::ranges::any_of(lineage, [&](const Section* section) {
            return std::ranges::any_of(section->settings, says);
        });
    }

    const Config& config_;
    const Section& backend_;
    const ServerLine& line_;
    std::vector<Word> words_;
    Address address_;
};

} // namespace

std::optional<BadServer> vet_server(const Config& config, const Section& backend,
                                    const ServerLine& line) {
    return Vetter(config, backend, line).run();
}

} // namespace hitless::haproxy
