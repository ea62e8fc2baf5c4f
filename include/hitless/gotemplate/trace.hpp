#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

/// Where values come from: the template's own text, or a source outside of it.
namespace hitless::gotemplate {

/// A source of values, such as a key, as whoever gives templates their data numbers it
/// (confd::Sources). 0 is none: the template itself.
using SourceId = std::uint32_t;
inline constexpr SourceId no_source = 0;

/// The sources with this bit are trusted as the template is: a file or the environment of the
/// machine, which its operator writes. All others may hold whatever somebody else put there.
inline constexpr SourceId trusted_source = SourceId{1} << 31;

[[nodiscard]] constexpr bool is_untrusted(SourceId source) {
    return source != no_source && (source & trusted_source) == 0;
}

/// A piece of a text, from byte `begin` up to byte `end`, that was made from a source. Where a text
/// was made from several sources at once, their pieces overlap. A piece may be empty: an empty
/// value was printed there.
struct Piece {
    static constexpr std::uint32_t whole = std::numeric_limits<std::uint32_t>::max();

    std::uint32_t begin = 0;
    std::uint32_t end = whole; ///< `whole`: up to the end of the text
    SourceId source = no_source;

    friend bool operator==(const Piece&, const Piece&) = default;
};

/// What a value was made from: nothing but the template, one source, or several. For a text it says
/// which piece comes from which. Copies are cheap: pieces are shared.
class Trace {
  public:
    Trace() = default;
    /// The whole value comes from `source`.
    explicit Trace(SourceId source) : source_(source) {}
    /// `pieces` are in the order of their begins.
    explicit Trace(std::vector<Piece> pieces);

    /// True when the template alone made the value.
    [[nodiscard]] bool empty() const { return source_ == no_source && !shared_; }

    /// True when the value has pieces of its own, of which some may be the template's.
    [[nodiscard]] bool is_mixed() const { return shared_ != nullptr; }

    /// Calls `take` with each piece of a text of `size` bytes.
    template <class Take>
    void for_each(std::size_t size, Take take) const {
        const auto limit = static_cast<std::uint32_t>(size);
        if (source_ != no_source)
            take(Piece{0, limit, source_});
        if (!shared_)
            return;
        for (const Piece& piece : shared_->pieces)
            take(Piece{piece.begin, piece.end == Piece::whole ? limit : piece.end, piece.source});
    }

    /// The trace of the bytes from `begin` up to `end` of a text with this trace.
    [[nodiscard]] Trace part(std::size_t begin, std::size_t end) const {
        return shared_ ? part_of_pieces(begin, end) : *this;
    }

    /// The same sources, each for the whole: for what was made from the value in such a way that
    /// pieces can't be told apart.
    [[nodiscard]] Trace whole() const { return shared_ ? join({}) : *this; }

    /// The sources of both, each for the whole.
    [[nodiscard]] Trace with(const Trace& other) const {
        if (!shared_ && (other.empty() || (other.source_ == source_ && !other.shared_)))
            return *this;
        return empty() && !other.shared_ ? other : join(other);
    }

    /// The first source, untrusted ones before others; no_source when there is none.
    [[nodiscard]] SourceId first() const { return shared_ ? first_of_pieces() : source_; }

    /// True when both have a source that isn't trusted.
    [[nodiscard]] bool shares_untrusted(const Trace& other) const;

    friend bool operator==(const Trace& a, const Trace& b);

    /// True when somebody else than the template's owner had a hand in it.
    [[nodiscard]] bool is_untrusted() const { return gotemplate::is_untrusted(first()); }

  private:
    [[nodiscard]] Trace part_of_pieces(std::size_t begin, std::size_t end) const;
    [[nodiscard]] Trace join(const Trace& other) const;
    [[nodiscard]] SourceId first_of_pieces() const;

    struct Shared : boost::intrusive_ref_counter<Shared> {
        explicit Shared(std::vector<Piece> list) : pieces(std::move(list)) {}
        std::vector<Piece> pieces;
    };

    SourceId source_ = no_source; ///< of the whole; none when there are pieces
    boost::intrusive_ptr<const Shared> shared_;
};

} // namespace hitless::gotemplate
