#include "apply/spoilt_output.hpp"

#include <algorithm>

namespace hitless::apply {
namespace {

using gotemplate::Element;
using gotemplate::Output;
using gotemplate::PrintedPiece;

/// Sorted, and without overlaps.
std::vector<Range> merge(std::vector<Range> ranges) {
    std::ranges::sort(ranges);
    std::vector<Range> merged;
    for (const Range& range : ranges) {
        if (!merged.empty() && range.begin <= merged.back().end)
            merged.back().end = std::max(merged.back().end, range.end);
        else
            merged.push_back(range);
    }
    return merged;
}

/// Where places of a text are after ranges were taken out. Asked for in growing order it is fast.
class Places {
  public:
    explicit Places(const std::vector<Range>& ranges) : ranges_(ranges) {}

    [[nodiscard]] std::uint32_t operator()(std::uint32_t place) {
        if (place < last_)
            next_ = gone_ = 0;
        last_ = place;
        while (next_ < ranges_.size() && ranges_[next_].end <= place)
            gone_ += ranges_[next_].end - ranges_[next_].begin, ++next_;
        const bool is_within = next_ < ranges_.size() && ranges_[next_].begin < place;
        const std::size_t kept = is_within ? ranges_[next_].begin : place;
        return static_cast<std::uint32_t>(kept - gone_);
    }

  private:
    const std::vector<Range>& ranges_;
    std::size_t next_ = 0;
    std::size_t gone_ = 0;
    std::uint32_t last_ = 0;
};

/// Moves what is left of them, and drops those of which nothing is.
template <class Item>
void move_all(std::vector<Item>& items, const std::vector<Range>& ranges) {
    Places begins(ranges);
    Places ends(ranges);
    std::erase_if(items, [&](Item& item) {
        const bool was_empty = item.begin == item.end;
        const auto after = std::ranges::upper_bound(ranges, item.begin, {}, &Range::begin);
        const bool is_gone = after != ranges.begin() && item.end <= std::prev(after)->end;
        item.begin = begins(item.begin);
        item.end = ends(item.end);
        return is_gone || (item.begin == item.end && !was_empty);
    });
}

} // namespace

std::string cut(std::string_view text, Output& output, std::vector<Range> ranges) {
    const std::vector<Range> gone = merge(std::move(ranges));
    std::string kept;
    kept.reserve(text.size());
    std::size_t at = 0;
    for (const Range& range : gone) {
        kept += text.substr(at, range.begin - at);
        at = range.end;
    }
    kept += text.substr(at);
    move_all(output.pieces, gone);
    move_all(output.elements, gone);
    Places places(gone);
    for (gotemplate::LeftOut& left_out : output.left_out)
        left_out.at = places(left_out.at);
    return kept;
}

std::span<const PrintedPiece> pieces_in(const Output& output, Range range) {
    const std::vector<PrintedPiece>& all = output.pieces;
    auto first = std::ranges::lower_bound(all, range.begin, {}, &PrintedPiece::begin);
    // One that begins before the range may reach into it: a value of several lines.
    while (first != all.begin() && std::prev(first)->end > range.begin)
        --first;
    const auto last =
        std::ranges::upper_bound(first, all.end(), range.end, {}, &PrintedPiece::begin);
    return {first, last};
}

Brought brought_to(const Output& output, Range line) {
    Brought found;
    for (const PrintedPiece& piece : pieces_in(output, line)) {
        const std::size_t begin = std::max<std::size_t>(piece.begin, line.begin);
        const std::size_t end = std::min<std::size_t>(piece.end, line.end);
        const bool is_empty = piece.begin == piece.end;
        if (!gotemplate::is_untrusted(piece.source) || (begin >= end && !is_empty))
            continue;
        found.bytes.push_back({begin - line.begin, end - line.begin, piece.source});
        found.pieces.push_back(&piece);
    }
    return found;
}

Brought brought_to_line(const Output& output, std::string_view text, Range words) {
    return brought_to(output, {words.begin, std::min(text.find('\n', words.end), text.size())});
}

Range whole_lines(std::string_view text, Range range) {
    const std::size_t begin = range.begin == 0 ? 0 : text.rfind('\n', range.begin - 1) + 1;
    const std::size_t last = std::max(range.begin, range.end == 0 ? 0 : range.end - 1);
    return {begin, std::min(text.find('\n', last), text.size())};
}

const PrintedPiece* to_blame(const Brought& brought, const Range& bad) {
    const PrintedPiece* empty = nullptr;
    for (std::size_t i = 0; i < brought.pieces.size(); ++i) {
        const haproxy::Brought& bytes = brought.bytes[i];
        if (bytes.begin < bad.end && bytes.end > bad.begin)
            return brought.pieces[i];
        if (bytes.begin == bytes.end)
            empty = brought.pieces[i];
    }
    if (empty != nullptr)
        return empty;
    return brought.pieces.empty() ? nullptr : brought.pieces.back();
}

const Element* owner_of(const Output& output, const PrintedPiece& piece) {
    // A value that was found by another one comes from both.
    std::vector<gotemplate::SourceId> sources;
    for (const PrintedPiece& one : pieces_in(output, {piece.begin, piece.end})) {
        if (one.begin == piece.begin && one.end == piece.end)
            sources.push_back(one.source);
    }
    const auto after = std::ranges::upper_bound(output.elements, piece.begin, {}, &Element::begin);
    for (auto at = after; at != output.elements.begin();) {
        --at;
        if (at->end >= piece.end && std::ranges::find(sources, at->source) != sources.end())
            return &*at;
    }
    return nullptr;
}

const Element* innermost(const Output& output, Range range) {
    const auto after = std::ranges::upper_bound(output.elements, range.begin, {}, &Element::begin);
    // An outer one stands before those within it, so that the last one that fits is the innermost.
    for (auto at = after; at != output.elements.begin();) {
        --at;
        if (at->end >= range.end)
            return &*at;
    }
    return nullptr;
}

} // namespace hitless::apply
