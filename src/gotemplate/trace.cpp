#include "hitless/gotemplate/trace.hpp"

#include <algorithm>

namespace hitless::gotemplate {

Trace::Trace(std::vector<Piece> pieces) {
    if (!std::ranges::is_sorted(pieces, {}, &Piece::begin))
        std::ranges::stable_sort(pieces, {}, &Piece::begin);
    if (pieces.size() == 1 && pieces.front().begin == 0 && pieces.front().end == Piece::whole)
        source_ = pieces.front().source;
    else if (!pieces.empty())
        shared_ = new Shared(std::move(pieces));
}

Trace Trace::part_of_pieces(std::size_t begin, std::size_t end) const {
    std::vector<Piece> pieces;
    const auto first = static_cast<std::uint32_t>(begin);
    const auto last = static_cast<std::uint32_t>(end);
    for (const Piece& piece : shared_->pieces) {
        // An empty part has them too: it was made from what is around it.
        const bool is_all = piece.begin <= first && piece.end >= last;
        const bool touches = piece.begin < last && piece.end > first;
        if (!touches && !is_all)
            continue;
        pieces.push_back({std::max(piece.begin, first) - first,
                          is_all ? Piece::whole : std::min(piece.end, last) - first, piece.source});
    }
    return Trace(std::move(pieces));
}

Trace Trace::join(const Trace& other) const {
    // What is made of a thousand keys needs no list of all of them to be distrusted.
    constexpr std::size_t most = 8;
    std::vector<Piece> pieces;
    for (const Trace* const trace : {this, &other}) {
        trace->for_each(0, [&](const Piece& piece) {
            if (pieces.size() < most &&
                std::ranges::find(pieces, piece.source, &Piece::source) == pieces.end())
                pieces.push_back({0, Piece::whole, piece.source});
        });
    }
    // One that isn't trusted must not be lost among those that are.
    for (const Trace* const trace : {this, &other}) {
        const SourceId source = trace->first();
        if (gotemplate::is_untrusted(source) &&
            std::ranges::none_of(
                pieces, [](const Piece& piece) { return gotemplate::is_untrusted(piece.source); }))
            pieces.back().source = source;
    }
    return Trace(std::move(pieces));
}

bool Trace::shares_untrusted(const Trace& other) const {
    bool shares = false;
    for_each(0, [&](const Piece& piece) {
        if (shares || !gotemplate::is_untrusted(piece.source))
            return;
        other.for_each(0, [&](const Piece& one) { shares = shares || one.source == piece.source; });
    });
    return shares;
}

bool operator==(const Trace& a, const Trace& b) {
    if (a.source_ != b.source_ || !a.shared_ != !b.shared_)
        return false;
    return a.shared_ == b.shared_ || a.shared_->pieces == b.shared_->pieces;
}

SourceId Trace::first_of_pieces() const {
    const auto& pieces = shared_->pieces;
    const auto found = std::ranges::find_if(
        pieces, [](const Piece& piece) { return gotemplate::is_untrusted(piece.source); });
    return found != pieces.end() ? found->source : pieces.front().source;
}

} // namespace hitless::gotemplate
