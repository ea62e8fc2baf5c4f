#include "haproxy/traced_words.hpp"

#include "hitless/haproxy/words.hpp"

#include <algorithm>
#include <charconv>

namespace hitless::haproxy {
namespace {

/// Who brought a byte of the line, asked for in growing order.
class Owners {
  public:
    explicit Owners(std::span<const Brought> brought) : brought_(brought) {}

    [[nodiscard]] int of(std::size_t place) {
        while (next_ < brought_.size() && brought_[next_].end <= place)
            ++next_;
        const bool is_value = next_ < brought_.size() && brought_[next_].begin <= place;
        return is_value ? static_cast<int>(next_) : of_template;
    }

  private:
    std::span<const Brought> brought_;
    std::size_t next_ = 0;
};

/// Takes the quotes and escapes of one word away, which is known to be well-formed.
class Decoder {
  public:
    Decoder(std::string_view written, std::size_t begin, Owners& owners)
        : written_(written), begin_(begin), owners_(owners) {}

    TracedWord run() {
        word_.written = written_;
        int quoting = of_template;
        for (std::size_t at = 0; at < written_.size();) {
            const char c = written_[at];
            const bool opens = quote_ == 0 && (c == '"' || c == '\'');
            if (opens || (quote_ != 0 && c == quote_)) {
                quote_ = opens ? c : '\0';
                quoting = std::max(quoting, owners_.of(begin_ + at));
                ++at;
            } else if (c == '\\' && quote_ != '\'') {
                at += escape(at);
            } else {
                add(c, owners_.of(begin_ + at));
                ++at;
            }
        }
        if (word_.text.empty() && quoting != of_template)
            word_.brought.push_back(quoting);
        return std::move(word_);
    }

  private:
    /// How many bytes the escape at that place has.
    std::size_t escape(std::size_t at) {
        int owner = owners_.of(begin_ + at);
        const char next = at + 1 < written_.size() ? written_[at + 1] : '\0';
        std::size_t size = 2;
        char stands_for = next;
        constexpr std::string_view names = "nrt";
        constexpr std::string_view values = "\n\r\t";
        if (next == 'x' && at + 3 < written_.size()) {
            unsigned value = 0;
            (void)std::from_chars(written_.data() + at + 2, written_.data() + at + 4, value, 16);
            stands_for = static_cast<char>(value);
            size = 4;
        } else if (const std::size_t named = names.find(next);
                   next != '\0' && named != std::string_view::npos) {
            stands_for = values[named];
        } else if (next == '\0' ||
                   (std::string_view(" \\#'\"").find(next) == std::string_view::npos &&
                    !(next == '$' && quote_ == '"'))) {
            stands_for = '\\';
            size = 1;
        }
        for (std::size_t i = 1; i < size; ++i)
            owner = std::max(owner, owners_.of(begin_ + at + i));
        add(stands_for, owner);
        return size;
    }

    void add(char c, int owner) {
        word_.text += c;
        word_.brought.push_back(owner);
    }

    std::string_view written_;
    std::size_t begin_;
    Owners& owners_;
    char quote_ = 0;
    TracedWord word_;
};

} // namespace

bool TracedWord::is_touched() const {
    return first() != of_template;
}

int TracedWord::first() const {
    const auto found =
        std::ranges::find_if(brought, [](int owner) { return owner != of_template; });
    return found == brought.end() ? of_template : *found;
}

Result<std::vector<TracedWord>> trace_words(std::string_view line,
                                            std::span<const Brought> brought) {
    const auto words = parse_words(line);
    if (!words)
        return words.error();
    Owners owners(brought);
    std::vector<TracedWord> traced;
    traced.reserve(words->size());
    for (const Word& word : *words) {
        const auto begin = static_cast<std::size_t>(word.written.data() - line.data());
        traced.push_back(Decoder(word.written, begin, owners).run());
        TracedWord& last = traced.back();
        // An empty value within the template's quotes.
        for (std::size_t i = 0; last.text.empty() && last.brought.empty() && i < brought.size();
             ++i) {
            if (brought[i].begin >= begin && brought[i].end <= begin + word.written.size())
                last.brought.push_back(static_cast<int>(i));
        }
    }
    return traced;
}

} // namespace hitless::haproxy
