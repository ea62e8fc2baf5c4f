#include "hitless/haproxy/brought.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/reach.hpp"
#include "hitless/haproxy/server_options.hpp"
#include "hitless/haproxy/words.hpp"

#include "haproxy/is_one_of.hpp"
#include "haproxy/quoting_check.hpp"
#include "haproxy/traced_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <unordered_set>

namespace hitless::haproxy {
namespace {

/// `option` takes protection by TLS away, or lets somebody else than was meant be the server.
bool weakens_tls(std::string_view option, std::string_view argument) {
    constexpr std::array<std::string_view, 16> words = {
        "verify",         "verifyhost",   "no-verifyhost", "ca-file",
        "no-ssl",         "no-check-ssl", "sni",           "check-sni",
        "ciphers",        "ciphersuites", "curves",        "sigalgs",
        "client-sigalgs", "ssl-min-ver",  "ssl-max-ver",   "allow-0rtt"};
    if (option == "verify" && argument == "required")
        return false;
    return is_one_of(words, option) || option.starts_with("force-") ||
           option.starts_with("no-tlsv") || option.starts_with("no-sslv");
}

bool is_condition(std::string_view word) {
    return word == "if" || word == "unless" || word == "{";
}

/// What joins or turns the terms of a condition.
bool is_logic(std::string_view word) {
    return is_condition(word) || word == "}" || word == "or" || word == "||" ||
           word.starts_with('!');
}

/// -f, -m, …, and not a negative number.
bool is_flag(std::string_view word) {
    return word.size() > 1 && word.front() == '-' && (word[1] < '0' || word[1] > '9');
}

/// Options of `bind` lines that read files, open other sockets or give rights.
bool reaches_on_bind(std::string_view word) {
    constexpr std::array<std::string_view, 22> words = {"crt",
                                                        "default-crt",
                                                        "crt-list",
                                                        "ca-file",
                                                        "ca-verify-file",
                                                        "ca-sign-file",
                                                        "ca-sign-pass",
                                                        "crl-file",
                                                        "ech",
                                                        "tls-ticket-keys",
                                                        "accept-proxy",
                                                        "interface",
                                                        "namespace",
                                                        "transparent",
                                                        "user",
                                                        "uid",
                                                        "group",
                                                        "gid",
                                                        "mode",
                                                        "level",
                                                        "expose-fd",
                                                        "accept-netscaler-cip"};
    return is_one_of(words, word);
}

/// What was made from several values counts as one of them.
std::vector<Brought> without_overlaps(std::span<const Brought> brought) {
    std::vector<Brought> apart;
    for (const Brought& one : brought) {
        if (!apart.empty() && one.begin < apart.back().end)
            apart.back().end = std::max(apart.back().end, one.end);
        else
            apart.push_back(one);
    }
    return apart;
}

/// So many servers may a value ask a `server-template` for.
constexpr int most_templated = 1'000;

/// "5", "1-5"
bool counts_too_many(std::string_view range) {
    const std::string_view last = range.substr(range.find('-') + 1); // npos + 1 is 0
    return last.size() > 4 || std::atoi(std::string(last).c_str()) > most_templated;
}

/// Looks at the words of a line.
class WordCheck {
  public:
    WordCheck(std::string_view line, std::span<const Brought> brought, const LineRules& rules)
        : line_(line), brought_(brought), rules_(rules) {}

    std::vector<LineFlaw> run() {
        auto words = trace_words(line_, brought_);
        if (!words) // the quoting of values is right, so that the template's isn't
            return {};
        words_ = std::move(*words);
        for (std::size_t i = most_words; i < words_.size(); ++i) {
            if (words_[i].is_touched())
                flaw(words_[i],
                     fmt::format(
                         "its line has {} words, HAProxy takes {}: several shorter lines help",
                         words_.size(), most_words));
        }
        if (!flaws_.empty() || words_.empty() || rules_.trusted)
            return std::move(flaws_);
        if (first_word())
            return std::move(flaws_);
        const std::string_view keyword = words_.front().text;
        if (keyword == "server" || keyword == "peer")
            server(3);
        else if (keyword == "server-template")
            server(4);
        else if (keyword == "default-server")
            server(1);
        else if (!is_whole_line())
            other();
        return std::move(flaws_);
    }

  private:
    /// One flaw of each source is enough.
    void flaw(const TracedWord& word, std::string why) {
        const Brought& where = brought_[static_cast<std::size_t>(word.first())];
        if (blamed_.insert(where.source).second)
            flaws_.push_back({where, std::move(why)});
    }

    /// One source has brought all of the line's words, so that the template trusts it with a line.
    [[nodiscard]] bool is_whole_line() const {
        const int first = words_.front().first();
        return first != of_template && std::ranges::all_of(words_, [&](const TracedWord& word) {
                   return std::ranges::all_of(word.brought, [&](int owner) {
                       return owner != of_template && source(owner) == source(first);
                   });
               });
    }
    [[nodiscard]] std::uint32_t source(int owner) const {
        return brought_[static_cast<std::size_t>(owner)].source;
    }

    /// The word that says what the line is. True when it is bad.
    bool first_word() {
        const TracedWord& first = words_.front();
        if (!first.is_touched())
            return false;
        if (first.written.find_first_of("\"'\\") != std::string_view::npos)
            flaw(first, "its first word is written with quotes or escapes");
        else if (is_section_keyword(first.text))
            flaw(first, fmt::format("'{}' would begin a section of the configuration",
                                    base::printable(first.text, 40)));
        else if (first.text.starts_with('.') || first.text.starts_with('['))
            flaw(first, "it would begin a condition or a scope");
        return !flaws_.empty();
    }

    /// A line whose options begin at the word `first`; the address is before them.
    void server(std::size_t first) {
        for (const TracedWord& word : words_) {
            if (word.is_touched() && word.text.empty())
                flaw(word, "an empty word would end the line there");
            else if (word.is_touched() && has_control(word))
                flaw(word, "an escape stands for a control character");
        }
        const auto words = parse_words(line_);
        if (!words || !flaws_.empty())
            return;
        for (const Reach& reach : reaches_of(*words, first)) {
            const std::size_t end = std::min(reach.first + reach.count, words_.size());
            for (std::size_t i = reach.first; i < end; ++i) {
                if (words_[i].is_touched())
                    flaw(words_[i], reach.why);
            }
        }
        if (first == 4 && words_.size() > 2 && words_[2].is_touched() &&
            counts_too_many(words_[2].text))
            flaw(words_[2], fmt::format("it asks for more than {} servers", most_templated));
        const bool protects = rules_.protects_tls || says_tls(line_, brought_);
        for (std::size_t at = first; at < words_.size();) {
            const std::size_t count = arguments_at(at);
            if (words_[at].is_touched())
                option(at, count, protects);
            at += 1 + count;
        }
    }

    /// How many of the words behind the option at that place are its arguments.
    [[nodiscard]] std::size_t arguments_at(std::size_t at) const {
        const std::string_view keyword = words_[at].text;
        const auto* const known = find_server_keyword(keyword.substr(0, keyword.find('(')));
        if (known == nullptr)
            return 0;
        std::vector<std::string> rest;
        for (std::size_t i = at + 1; i < std::min(words_.size(), at + 9); ++i)
            rest.push_back(words_[i].text);
        const auto count = count_arguments(*known, rest);
        return count ? *count : rest.size();
    }

    void option(std::size_t at, std::size_t count, bool protects) {
        const TracedWord& keyword = words_[at];
        const std::uint32_t own = source(keyword.first());
        const std::size_t end = std::min(at + 1 + count, words_.size());
        for (std::size_t i = at + 1; i < end; ++i) {
            const bool is_own = std::ranges::all_of(words_[i].brought, [&](int owner) {
                return owner != of_template && source(owner) == own;
            });
            if (!is_own)
                flaw(keyword,
                     fmt::format("its option '{}' takes the template's next word, '{}', for its "
                                 "value",
                                 base::printable(keyword.text, 40),
                                 base::printable(words_[i].text, 40)));
        }
        const std::string_view argument =
            end > at + 1 ? std::string_view(words_[at + 1].text) : std::string_view();
        if (protects && weakens_tls(keyword.text, argument))
            flaw(keyword, fmt::format("its option '{}' takes away how TLS protects the server by "
                                      "the template's own words",
                                      keyword.text));
    }

    /// A line that the template began, or several values together.
    void other() {
        const std::string_view keyword = words_.front().text;
        const auto is_own_condition = [](const TracedWord& word) {
            return !word.is_touched() && is_condition(word.text);
        };
        const auto condition = std::ranges::find_if(words_, is_own_condition);
        const bool has_condition = condition != words_.end();
        bool flags_are_over = false;
        for (auto at = words_.begin(); at != words_.end(); ++at) {
            const TracedWord& word = *at;
            if (!word.is_touched()) {
                flags_are_over = flags_are_over || word.text == "--";
                continue;
            }
            if (word.text.empty() && std::next(at) != words_.end()) {
                flaw(word, "an empty word would end the line there");
                continue;
            }
            const bool in_condition = has_condition && at > condition;
            if (word.begins_in_value() && !flags_are_over && is_flag(word.text) &&
                (keyword == "acl" || in_condition))
                flaw(word, fmt::format("the flag '{}' changes what the line means",
                                       base::printable(word.text, 40)));
            else if (has_condition && (in_condition ? is_logic(word.text)
                                                    : word.text == "if" || word.text == "unless"))
                flaw(word, fmt::format("'{}' changes the template's condition",
                                       base::printable(word.text, 40)));
            else if (has_expression(word))
                flaw(word, "an expression can reveal what HAProxy knows of its host and of "
                           "requests");
            else if (has_control(word) && !is_check_request(word))
                flaw(word, "an escape stands for a control character");
            else if (keyword == "bind" && word.begins_in_value() &&
                     (reaches_on_bind(word.text) || is_socket(word.text)))
                flaw(word, fmt::format("'{}' reaches beyond the address to listen on",
                                       base::printable(word.text, 40)));
        }
    }

    /// Among the bytes that values brought.
    static bool has_control(const TracedWord& word) {
        const auto has = [](std::string_view text) {
            return base::has_control(text) || text.find('\t') != std::string_view::npos;
        };
        if (!has(word.text))
            return false;
        std::string brought = word.text;
        for (std::size_t i = 0; i < brought.size(); ++i) {
            if (word.brought[i] == of_template)
                brought[i] = ' ';
        }
        return has(brought);
    }
    static bool is_socket(std::string_view word) {
        return word.starts_with('/') || word.starts_with("unix@") || word.starts_with("uxst@") ||
               word.starts_with("abns") || word.starts_with("fd@") || word.starts_with("sockpair@");
    }
    /// `%[…]`, `%{…}`, `%(…)` of which a value brought the beginning.
    static bool has_expression(const TracedWord& word) {
        for (std::size_t at = word.text.find('%');
             at != std::string::npos && at + 1 < word.text.size();
             at = word.text.find('%', at + 1)) {
            const bool opens =
                std::string_view("[{(").find(word.text[at + 1]) != std::string_view::npos;
            if (opens && (word.brought[at] != of_template || word.brought[at + 1] != of_template))
                return true;
        }
        return false;
    }
    /// `option httpchk` whose whole request is one value: requests are written with \r\n.
    [[nodiscard]] bool is_check_request(const TracedWord& word) const {
        return words_.front().text == "option" && words_.size() > 2 && !words_[1].is_touched() &&
               words_[1].text == "httpchk" && words_[2].begins_in_value() &&
               std::ranges::all_of(word.brought, [&](int owner) {
                   return owner != of_template && source(owner) == source(words_[2].first());
               });
    }

    std::string_view line_;
    std::span<const Brought> brought_;
    const LineRules& rules_;
    std::vector<TracedWord> words_;
    std::vector<LineFlaw> flaws_;
    std::unordered_set<std::uint32_t> blamed_; ///< the sources of these
};

} // namespace

std::vector<LineFlaw> flaws_of_line(std::string_view line, std::span<const Brought> brought,
                                    const LineRules& rules) {
    if (brought.empty())
        return {};
    const std::vector<Brought> apart = without_overlaps(brought);
    if (auto flaw = QuotingCheck(line, apart, rules).run())
        return {std::move(*flaw)};
    return WordCheck(line, apart, rules).run();
}

bool says_tls(std::string_view line, std::span<const Brought> brought) {
    constexpr std::array<std::string_view, 6> protecting = {"ssl",     "verify",    "verifyhost",
                                                            "ca-file", "check-ssl", "crt"};
    const std::vector<Brought> apart = without_overlaps(brought);
    const auto words = trace_words(line, apart);
    return words && std::ranges::any_of(*words, [&](const TracedWord& word) {
               return !word.is_touched() && is_one_of(protecting, word.text);
           });
}

} // namespace hitless::haproxy
