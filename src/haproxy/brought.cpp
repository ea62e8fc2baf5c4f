#include "hitless/haproxy/brought.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/reach.hpp"
#include "hitless/haproxy/server_options.hpp"
#include "hitless/haproxy/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace hitless::haproxy {
namespace {

using Flaw = std::optional<LineFlaw>;

/// Looks at each byte of a line as HAProxy's parser does, beside where it comes from.
class QuotingCheck {
  public:
    QuotingCheck(std::string_view line, std::span<const Brought> brought, const LineRules& rules)
        : line_(line), brought_(brought), rules_(rules) {}

    Flaw run() {
        for (at_ = 0; at_ < line_.size(); ++at_) {
            if (auto flaw = cross_borders())
                return flaw;
            const char c = line_[at_];
            if (c == '#' && quote_ == 0) {
                if (!of_value())
                    return std::nullopt;
                return flaw("a # begins a comment there, which takes away what the template has "
                            "behind it");
            }
            if (auto found = of_value() ? take_value(c) : std::nullopt)
                return found;
            take(c);
            if (auto found = escape_crosses_border())
                return found;
        }
        return cross_borders();
    }

  private:
    [[nodiscard]] bool of_value() const { return current_ != nullptr; }

    /// A value begins or ends here: the quoting has to be the same at both ends.
    Flaw cross_borders() {
        if (current_ != nullptr && at_ >= current_->end) {
            if (quote_ != quote_before_)
                return flaw("a quote that it opens or closes changes what the template has behind "
                            "it");
            current_ = nullptr;
        }
        while (next_ < brought_.size() && brought_[next_].begin <= at_) {
            if (brought_[next_].end > at_ && current_ == nullptr) {
                current_ = &brought_[next_];
                quote_before_ = quote_;
            }
            ++next_;
        }
        return std::nullopt;
    }

    /// What a byte of a value may not be.
    Flaw take_value(char c) const {
        const bool within = quote_before_ != 0; // the template's quotes
        if (within && c == quote_before_)
            return flaw("a quote ends the one that the template has around it");
        if (within && quote_before_ == '"' && c == '\\')
            return flaw("a backslash within the template's quotes may change them");
        if (c == '$' && quote_ == '"' && !rules_.trusted)
            return flaw("an environment variable stands for something that HAProxy alone knows");
        if (rules_.one_word && quote_ == 0 && (c == ' ' || c == '\t'))
            return flaw("it brings more than one word, and the resource says words = 1");
        return std::nullopt;
    }

    /// Follows the quoting over this byte, and over one that is escaped.
    void take(char c) {
        escape_begin_ = at_;
        if (c == '\\' && quote_ != '\'') {
            const char escaped = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
            if (escaped == 'x')
                at_ = std::min(at_ + 3, line_.size() - 1);
            else if (std::string_view(" \\#'\"nrt").find(escaped) != std::string_view::npos ||
                     (escaped == '$' && quote_ == '"'))
                at_ += escaped == '\0' ? 0 : 1;
        } else if (quote_ != 0 && c == quote_) {
            quote_ = 0;
        } else if (quote_ == 0 && (c == '"' || c == '\'')) {
            quote_ = c;
        }
    }

    /// An escape of which one half is a value's and the other half isn't.
    [[nodiscard]] Flaw escape_crosses_border() const {
        const bool is_pair = at_ > escape_begin_;
        const bool ends = of_value() && at_ >= current_->end && is_pair;
        const bool is_last = of_value() && line_[escape_begin_] == '\\' && !is_pair &&
                             quote_ != '\'' && escape_begin_ + 1 == current_->end &&
                             escape_begin_ + 1 < line_.size();
        const bool begins = !of_value() && is_pair && next_ < brought_.size() &&
                            brought_[next_].begin <= at_ && brought_[next_].end > escape_begin_ + 1;
        if (ends || is_last)
            return flaw("a backslash at its end changes what the template has behind it");
        if (begins)
            return LineFlaw{brought_[next_], "it follows a backslash of the template"};
        return std::nullopt;
    }

    [[nodiscard]] LineFlaw flaw(std::string why) const { return {*current_, std::move(why)}; }

    std::string_view line_;
    std::span<const Brought> brought_;
    const LineRules& rules_;
    std::size_t at_ = 0;
    std::size_t next_ = 0;             ///< of brought_: the first one that hasn't begun
    const Brought* current_ = nullptr; ///< that at_ is in
    std::size_t escape_begin_ = 0;
    char quote_ = 0;        ///< the quote that at_ is in, or 0
    char quote_before_ = 0; ///< that current_ began in
};

/// A word, and which bytes of it a value brought.
struct Part {
    const Word* word = nullptr;
    Brought where;         ///< of the first value with a byte in it
    bool touched = false;  ///< a value brought some of its bytes
    bool is_value = false; ///< a value brought its first byte
};

/// Looks at the words of a line.
class WordCheck {
  public:
    WordCheck(std::string_view line, std::span<const Brought> brought, const LineRules& rules)
        : line_(line), brought_(brought), rules_(rules) {}

    Flaw run() {
        auto words = parse_words(line_);
        if (!words)
            return fail_to_parse(words.error().message);
        words_ = std::move(*words);
        for (const Word& word : words_)
            parts_.push_back(part_of(word));
        if (parts_.empty() || rules_.trusted)
            return std::nullopt;
        if (auto flaw = first_word())
            return flaw;
        const std::string_view keyword = words_.front().text;
        if (keyword == "server")
            return server(3);
        if (keyword == "default-server")
            return server(1);
        return parts_.front().touched ? std::nullopt : other();
    }

  private:
    [[nodiscard]] Part part_of(const Word& word) const {
        const auto begin = static_cast<std::size_t>(word.written.data() - line_.data());
        const std::size_t end = begin + word.written.size();
        Part part{&word, {}, false, false};
        for (const Brought& one : brought_) {
            if (one.begin >= end || one.end <= begin || one.begin == one.end)
                continue;
            if (!part.touched)
                part.where = one;
            part.touched = true;
            part.is_value = part.is_value || one.begin <= begin;
        }
        return part;
    }

    [[nodiscard]] Flaw fail_to_parse(const std::string& why) const {
        if (brought_.empty())
            return std::nullopt;
        return LineFlaw{brought_.front(), why};
    }

    static LineFlaw flaw(const Part& part, std::string why) { return {part.where, std::move(why)}; }

    /// The word that says what the line is.
    [[nodiscard]] Flaw first_word() const {
        const Part& first = parts_.front();
        if (!first.touched)
            return std::nullopt;
        const std::string_view written = first.word->written;
        if (written.find_first_of("\"'\\") != std::string_view::npos)
            return flaw(first, "its first word is written with quotes or escapes");
        if (is_section_keyword(written))
            return flaw(first, fmt::format("'{}' would begin a section of the configuration",
                                           base::printable(written, 40)));
        if (written.starts_with('.') || written.starts_with('['))
            return flaw(first, "it would begin a condition or a scope");
        return std::nullopt;
    }

    /// Options begin at the word `first`.
    [[nodiscard]] Flaw server(std::size_t first) const {
        for (const Part& part : parts_) {
            if (!part.touched)
                continue;
            if (part.word->text.empty())
                return flaw(part, "an empty word would end the line there");
            if (base::has_control(part.word->text) ||
                part.word->text.find('\t') != std::string::npos)
                return flaw(part, "an escape stands for a control character");
        }
        for (const Reach& reach : reaches_of(words_, first)) {
            for (std::size_t i = reach.first;
                 i < std::min(reach.first + reach.count, parts_.size()); ++i) {
                if (parts_[i].touched)
                    return flaw(parts_[i], reach.why);
            }
        }
        const bool protects = rules_.protects_tls || says_tls(line_, brought_);
        for (std::size_t at = first; at < parts_.size();) {
            const std::size_t count = arguments_at(at);
            if (parts_[at].touched) {
                if (auto found = option(at, count, protects))
                    return found;
            }
            at += 1 + count;
        }
        return std::nullopt;
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

    [[nodiscard]] Flaw option(std::size_t at, std::size_t count, bool protects) const {
        for (std::size_t i = at + 1; i < std::min(at + 1 + count, parts_.size()); ++i) {
            if (!parts_[i].touched)
                return flaw(parts_[at],
                            fmt::format("its option '{}' takes the template's next word, '{}', for "
                                        "its value",
                                        base::printable(words_[at].text, 40),
                                        base::printable(words_[i].text, 40)));
        }
        constexpr std::array<std::string_view, 6> weakening = {
            "verify", "verifyhost", "no-verifyhost", "ca-file", "no-ssl", "no-check-ssl"};
        const bool is_strict = words_[at].text == "verify" && at + 1 < words_.size() &&
                               words_[at + 1].text == "required";
        if (protects && !is_strict &&
            std::ranges::find(weakening, words_[at].text) != weakening.end())
            return flaw(parts_[at], fmt::format("its option '{}' takes away how TLS protects the "
                                                "server by the template's own words",
                                                words_[at].text));
        return std::nullopt;
    }

    /// A line whose first word is the template's.
    [[nodiscard]] Flaw other() const {
        const bool has_condition = std::ranges::any_of(parts_, [](const Part& part) {
            return !part.touched && is_condition(part.word->text);
        });
        bool flags_are_over = false;
        for (const Part& part : parts_) {
            if (!part.touched) {
                flags_are_over = flags_are_over || part.word->text == "--";
                continue;
            }
            const std::string& text = part.word->text;
            if (part.is_value && !flags_are_over && is_flag(text))
                return flaw(part, fmt::format("the flag '{}' changes what the line means",
                                              base::printable(text, 40)));
            if (has_condition && is_logic(text))
                return flaw(part, fmt::format("'{}' changes the template's condition",
                                              base::printable(text, 40)));
            if (has_expression(part))
                return flaw(part, "an expression can reveal what HAProxy knows of its host and of "
                                  "requests");
            if (has_bad_escape(text))
                return flaw(part, "an escape stands for a control character");
        }
        return std::nullopt;
    }

    static bool is_condition(std::string_view word) {
        return word == "if" || word == "unless" || word == "{";
    }
    static bool is_logic(std::string_view word) {
        return is_condition(word) || word == "}" || word == "or" || word == "||" ||
               word.starts_with('!');
    }
    /// -f, -m, …, and not a negative number.
    static bool is_flag(std::string_view word) {
        return word.size() > 1 && word.front() == '-' && (word[1] < '0' || word[1] > '9');
    }
    /// `%[…]`, `%{…}`, `%(…)`: the bytes of it that a value brought.
    [[nodiscard]] bool has_expression(const Part& part) const {
        const std::string_view written = part.word->written;
        for (std::size_t at = written.find('%'); at != std::string_view::npos;
             at = written.find('%', at + 1)) {
            const bool opens =
                at + 1 < written.size() &&
                std::string_view("[{(").find(written[at + 1]) != std::string_view::npos;
            const auto place = static_cast<std::size_t>(written.data() - line_.data()) + at;
            const bool of_value = std::ranges::any_of(brought_, [&](const Brought& one) {
                return one.begin <= place + 1 && one.end > place;
            });
            if (opens && of_value)
                return true;
        }
        return false;
    }
    /// In checks, requests are written with \r\n.
    [[nodiscard]] bool has_bad_escape(std::string_view text) const {
        const std::string_view keyword = words_.front().text;
        const bool is_check =
            keyword == "option" || keyword == "http-check" || keyword == "tcp-check";
        return std::ranges::any_of(text, [&](char c) {
            const bool is_break = c == '\r' || c == '\n' || c == '\t';
            return base::has_control(std::string_view(&c, 1)) && !(is_check && is_break);
        });
    }

    std::string_view line_;
    std::span<const Brought> brought_;
    const LineRules& rules_;
    std::vector<Word> words_;
    std::vector<Part> parts_;
};

} // namespace

std::optional<LineFlaw> flaw_of_line(std::string_view line, std::span<const Brought> brought,
                                     const LineRules& rules) {
    if (brought.empty())
        return std::nullopt;
    if (auto flaw = QuotingCheck(line, brought, rules).run())
        return flaw;
    return WordCheck(line, brought, rules).run();
}

bool says_tls(std::string_view line, std::span<const Brought> brought) {
    constexpr std::array<std::string_view, 6> words = {"ssl",     "verify",    "verifyhost",
                                                       "ca-file", "check-ssl", "crt"};
    const auto parsed = parse_words(line);
    return parsed && std::ranges::any_of(*parsed, [&](const Word& word) {
               const auto begin = static_cast<std::size_t>(word.written.data() - line.data());
               const std::size_t end = begin + word.written.size();
               const bool touched = std::ranges::any_of(
                   brought, [&](const Brought& one) { return one.begin < end && one.end > begin; });
               return !touched && std::ranges::find(words, word.text) != words.end();
           });
}

} // namespace hitless::haproxy
