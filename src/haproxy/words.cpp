#include "hitless/haproxy/words.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/environment.hpp"

#include <algorithm>
#include <charconv>

namespace hitless::haproxy {
namespace {

constexpr std::string_view blanks = " \t\v\f";

bool is_blank(char c) {
    return blanks.find(c) != std::string_view::npos;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_letter_or_digit(char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
}

/// A walk through one line.
class Splitter {
  public:
    /// With `variables`, environment variables are replaced by their values.
    explicit Splitter(std::string_view line, Variables* variables = nullptr)
        : line_(line.substr(0, line.find_first_of("\r\n"))), variables_(variables) {}

    Result<std::vector<Word>> run() {
        while (at_ < line_.size()) {
            const char c = line_[at_];
            if (c == '#' && quote_ == 0)
                break;
            if (is_blank(c) && quote_ == 0) {
                finish_word();
                ++at_;
                continue;
            }
            begin_word();
            if (auto step = take(c); !step)
                return step.error();
        }
        if (quote_ != 0)
            return fail("a quote ({}) is not closed", quote_);
        finish_word();
        return std::move(words_);
    }

  private:
    Result<void> take(char c) {
        if (c == '\\' && quote_ != '\'')
            return take_escape();
        if (c == '$' && quote_ == '"' && variables_ != nullptr)
            return take_variable();
        ++at_;
        if (quote_ != 0 && c == quote_) {
            quote_ = 0;
        } else if (quote_ == 0 && (c == '"' || c == '\'')) {
            quote_ = c;
        } else {
            word_.environment = word_.environment || (c == '$' && quote_ == '"');
            word_.text += c;
        }
        return {};
    }

    /// What may follow a backslash; before anything else the backslash stands for itself.
    Result<void> take_escape() {
        const char next = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
        if (next == 'x')
            return take_hex();
        constexpr std::string_view names = "nrt";
        constexpr std::string_view values = "\n\r\t";
        if (const std::size_t named = names.find(next);
            next != 0 && named != std::string_view::npos)
            word_.text += values[named];
        else if (next != 0 && (std::string_view(" \\#'\"").find(next) != std::string_view::npos ||
                               (next == '$' && quote_ == '"')))
            word_.text += next;
        else {
            word_.text += '\\';
            ++at_;
            return {};
        }
        at_ += 2;
        return {};
    }

    Result<void> take_hex() {
        const std::string_view digits = line_.substr(at_ + 2, 2);
        unsigned value = 0;
        const char* const end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
        if (error != std::errc{} || stop != end || digits.size() != 2)
            return Error{"\\x needs two hexadecimal digits"};
        word_.text += static_cast<char>(value);
        at_ += 4;
        return {};
    }

    /// "$NAME", "${NAME}", "${NAME-otherwise}" (from 2.5 on) or "${NAME[*]}", which makes a word of
    /// each of the value's (configuration.txt, 2.3).
    Result<void> take_variable() {
        ++at_;
        const bool in_braces = line_.substr(at_).starts_with('{');
        at_ += in_braces ? 1 : 0;
        std::string_view rest = line_.substr(at_);
        // A name that begins with a dot is one of HAProxy's own (.LINE…).
        const std::size_t dot = rest.starts_with('.') ? 1 : 0;
        const auto end = std::ranges::find_if_not(rest.substr(dot), is_letter_or_digit);
        const std::string_view name =
            rest.substr(0, dot + static_cast<std::size_t>(end - rest.substr(dot).begin()));
        if (name.size() == dot || !is_letter(name[dot]))
            return Error{"'$' is not followed by the name of an environment variable"};
        rest.remove_prefix(name.size());
        const bool split = in_braces && rest.starts_with("[*]");
        rest.remove_prefix(split ? 3 : 0);
        std::optional<std::string_view> otherwise;
        if (in_braces) {
            const std::size_t close = rest.find('}');
            if (close == std::string_view::npos || (close > 0 && rest.front() != '-'))
                return fail("'{{' before {} is not closed", name);
            if (close > 0)
                otherwise = rest.substr(1, close - 1);
            rest.remove_prefix(close + 1);
        }
        at_ = line_.size() - rest.size();
        put(variables_->value(name, otherwise), split);
        return {};
    }

    void put(std::string_view value, bool split) {
        for (const char c : value) {
            if (split && is_blank(c)) {
                finish_word();
            } else {
                begin_word();
                word_.text += c;
            }
        }
    }

    void begin_word() {
        if (!in_word_)
            begin_ = at_;
        in_word_ = true;
    }

    void finish_word() {
        if (!in_word_)
            return;
        word_.written = line_.substr(begin_, at_ - begin_);
        words_.push_back(std::move(word_));
        word_ = {};
        in_word_ = false;
    }

    std::string_view line_;
    std::size_t at_ = 0;
    std::size_t begin_ = 0; ///< where the word begins
    bool in_word_ = false;
    char quote_ = 0; ///< the quote we are in, or 0
    Variables* variables_;
    Word word_;
    std::vector<Word> words_;
};

} // namespace

Result<std::vector<Word>> parse_words(std::string_view line) {
    return Splitter(line).run();
}

Result<std::vector<std::string>> expand_words(std::string_view line, Variables& variables) {
    auto words = Splitter(line, &variables).run();
    if (!words)
        return words.error();
    std::vector<std::string> texts;
    for (Word& word : *words)
        texts.push_back(std::move(word.text));
    return texts;
}

Result<std::vector<std::string>> split_words(std::string_view line) {
    auto words = parse_words(line);
    if (!words)
        return words.error();
    std::vector<std::string> texts;
    texts.reserve(words->size());
    for (Word& word : *words)
        texts.push_back(std::move(word.text));
    return texts;
}

std::string first_word(std::string_view line) {
    line = base::trim(line);
    const std::string_view written = line.substr(0, line.find_first_of(" \t\v\f#"));
    if (written.find_first_of("\"'\\") == std::string_view::npos)
        return std::string(written);
    auto words = parse_words(line);
    if (!words || words->empty())
        return std::string(written);
    return std::move(words->front().text);
}

bool has_variable(std::string_view line, std::size_t place) {
    if (line.find('$') == std::string_view::npos)
        return false;
    const auto words = parse_words(line);
    return words && place < words->size() && (*words)[place].environment;
}

std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    std::string_view word = text.substr(0, text.find_first_of(" \t\v\f\r\n#"));
    text.remove_prefix(word.size());
    const char first = word.empty() ? '\0' : word.front();
    if (word.size() >= 2 && (first == '"' || first == '\'') && word.back() == first)
        word = word.substr(1, word.size() - 2);
    return word;
}

} // namespace hitless::haproxy
