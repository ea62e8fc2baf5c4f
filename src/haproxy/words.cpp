#include "hitless/haproxy/words.hpp"

#include "hitless/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace hitless::haproxy {
namespace {

constexpr std::string_view blanks = " \t\v\f";

bool is_blank(char c) {
    return blanks.find(c) != std::string_view::npos;
}

/// A walk through one line.
class Splitter {
  public:
    explicit Splitter(std::string_view line) : line_(line.substr(0, line.find_first_of("\r\n"))) {}

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
    Word word_;
    std::vector<Word> words_;
};

} // namespace

Result<std::vector<Word>> parse_words(std::string_view line) {
    return Splitter(line).run();
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

std::string_view first_word(std::string_view line) {
    line = base::trim(line);
    return line.substr(0, line.find_first_of(" \t\v\f#"));
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
