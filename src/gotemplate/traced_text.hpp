#pragma once

#include "hitless/gotemplate/value.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::gotemplate {

/// A text in the making that remembers what each piece of it was made from.
class TracedText {
  public:
    /// Text of the function's own.
    void add_own(std::string_view text) { text_ += text; }

    /// The bytes from `begin` up to `end` of a string.
    void add(const Value& string, std::size_t begin, std::size_t end) {
        add_made(std::string_view(*string.as<std::string>()).substr(begin, end - begin), string,
                 begin, end, true);
    }
    /// The whole string.
    void add(const Value& string) { add(string, 0, string.as<std::string>()->size()); }

    /// Text that was made from the bytes from `begin` up to `end` of a string. `same`: it is these
    /// bytes.
    void add_made(std::string_view made, const Value& string, std::size_t begin, std::size_t end,
                  bool same = false) {
        const auto offset = static_cast<std::uint32_t>(text_.size());
        text_ += made;
        if (string.trace().empty() || (made.empty() && begin != end))
            return;
        const Trace part = string.trace().part(begin, end);
        (same ? part : part.whole()).for_each(made.size(), [&](const Piece& piece) {
            add_piece({offset + piece.begin, offset + piece.end, piece.source});
        });
    }

    [[nodiscard]] const std::string& text() const { return text_; }

    [[nodiscard]] Value value() && {
        const bool is_whole = pieces_.size() == 1 && pieces_.front().begin == 0 &&
                              pieces_.front().end == text_.size();
        if (is_whole)
            pieces_.front().end = Piece::whole;
        return Value(std::move(text_)).from(Trace(std::move(pieces_)));
    }

  private:
    void add_piece(const Piece& piece) {
        if (!pieces_.empty() && pieces_.back().source == piece.source &&
            pieces_.back().end == piece.begin)
            pieces_.back().end = piece.end;
        else
            pieces_.push_back(piece);
    }

    std::string text_;
    std::vector<Piece> pieces_;
};

} // namespace hitless::gotemplate
