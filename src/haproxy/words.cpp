#include "hitless/haproxy/words.hpp"

#include "hitless/base/text.hpp"

#include <charconv>

namespace hitless::haproxy {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/// The state of a walk through one line.
class Splitter {
  public:
    explicit Splitter(std::string_view line) : rest_(line) {}

    Result<std::vector<std::string>> run() {
        while (!rest_.empty()) {
            if (auto step = take(); !step)
                return step.error();
        }
        if (quote_ != 0)
            return fail("a quote ({}) is not closed", quote_);
        finish_word();
        return std::move(words_);
    }

  private:
    Result<void> take() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        if (c == '\\' && quote_ != '\'')
            return take_escape();
        if (quote_ != 0 && c == quote_)
            quote_ = 0;
        else if (quote_ != 0)
            add(c);
        else if (c == '"' || c == '\'')
            open_quote(c);
        else if (c == '#')
            rest_ = {};
        else if (is_blank(c))
            finish_word();
        else
            add(c);
        return {};
    }

    Result<void> take_escape() {
        if (rest_.empty())
            return Error{"the line ends in a backslash"};
        const char c = rest_.front();
        rest_.remove_prefix(1);
        // Within double quotes a backslash only escapes what would be special there.
        if (quote_ == '"' && c != '"' && c != '\\' && c != '$') {
            add('\\');
            add(c);
            return {};
        }
        switch (c) {
        case 'n':
            add('\n');
            return {};
        case 'r':
            add('\r');
            return {};
        case 't':
            add('\t');
            return {};
        case 'x':
            return take_hex();
        default:
            add(c);
            return {};
        }
    }

    Result<void> take_hex() {
        unsigned value = 0;
        const char* const begin = rest_.data();
        const auto [end, error] =
            std::from_chars(begin, begin + std::min<std::size_t>(2, rest_.size()), value, 16);
        if (error != std::errc{} || end != begin + 2)
            return Error{"\\x needs two hexadecimal digits"};
        rest_.remove_prefix(2);
        add(static_cast<char>(value));
        return {};
    }

    void open_quote(char c) {
        quote_ = c;
        in_word_ = true;
    }

    void add(char c) {
        word_ += c;
        in_word_ = true;
    }

    void finish_word() {
        if (in_word_)
            words_.push_back(std::move(word_));
        word_.clear();
        in_word_ = false;
    }

    std::string_view rest_;
    std::vector<std::string> words_;
    std::string word_;
    bool in_word_ = false;
    char quote_ = 0;
};

} // namespace

Result<std::vector<std::string>> split_words(std::string_view line) {
    return Splitter(line).run();
}

std::string_view first_word(std::string_view line) {
    line = base::trim(line);
    return line.substr(0, line.find_first_of(" \t#"));
}

} // namespace hitless::haproxy
