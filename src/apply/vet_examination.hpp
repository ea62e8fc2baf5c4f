#pragma once

#include "hitless/apply/vet.hpp"
#include "hitless/haproxy/vet.hpp"

#include "apply/spoilt_output.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::apply {

/// "backend app"
[[nodiscard]] std::string title_of(const haproxy::Section& section);

/// The section's first line, trimmed; empty for one that begins without a line.
[[nodiscard]] std::string_view header_of(const haproxy::Config& config,
                                         const haproxy::Section& section);

/// What messages say of what a bad value costs.
inline constexpr std::string_view until_mended = "is left out until the key is mended or deleted";

/// A key that has to be hidden, since what it spoilt can't be left out alone.
struct ToHide {
    std::string key;
    gotemplate::Trouble trouble;
    /// Where the template prints a line that HAProxy's check has refused without saying which word
    /// is wrong: that is the trouble, and the key a guess.
    std::optional<std::uint32_t> refused_at = {};
};

/// The names of a backend's servers to look at. The texts are somebody else's.
using Names = boost::unordered_flat_set<std::string_view>;
struct Suspects {
    Names all;
    Names changed; ///< of these, what was found the last time counts no longer
};

/// Looks at lines of one rendering for what values have spoilt in them.
class Vetter::Examination {
  public:
    /// All must outlive this.
    Examination(const Vetter& vetter, const confd::Renderer& renderer,
                const confd::Rendering& rendering, const haproxy::Config& config)
        : vetter_(vetter), renderer_(renderer), rendering_(rendering), config_(config) {}

    /// Looks at all lines with pieces of values, but for backends' `server` lines. An element that
    /// has spoilt one is cut out whole.
    Result<void> other_lines();

    /// Looks at the section's servers that are suspects. A spoilt line is cut out.
    Result<void> servers(const haproxy::Section& section, const Suspects& suspects);

    /// What stands before the first section and isn't a comment or a condition: HAProxy wouldn't
    /// read such a file.
    Result<void> before_sections(std::string_view text);

    std::vector<Range> cuts;
    SpoiltServers spoilt_servers;
    std::vector<SpoiltPtr> spoilt; ///< all, in the order of the text
    std::vector<ToHide> to_hide;   ///< then nothing else counts
    std::set<Place> refused_lines; ///< those of the vetter's that are still there

  private:
    /// A word or more of a line that are bad.
    struct Bad {
        Range where; ///< counted from the line's begin; empty: nothing of the line
        std::string why;
        bool is_twin = false; ///< another line of the backend has its name
    };

    [[nodiscard]] Range range_of(std::string_view text) const;
    Result<void> other_line(Range line);
    Result<void> cut_element(Range line, const gotemplate::PrintedPiece& piece,
                             const std::string& why);
    /// Cuts out the element that the piece belongs to or, when it is none's own, has its key
    /// hidden. False when neither can be done.
    bool cut_or_hide(const gotemplate::PrintedPiece& piece, const std::string& what);
    /// False when the piece is from something else than a key.
    bool hide(const gotemplate::PrintedPiece& piece, const std::string& what);
    [[nodiscard]] std::optional<Bad> look_at(const haproxy::Section& section,
                                             const haproxy::ServerLine& line,
                                             const Brought& brought, bool twice) const;
    [[nodiscard]] bool protects_tls(const haproxy::Section& section) const;
    Result<void> spoil(const haproxy::Section& section, const haproxy::ServerLine& line,
                       const Brought& brought, const Bad& bad);
    bool spoil_by_left_out(const haproxy::Section& section, const haproxy::ServerLine& line,
                           const Bad& bad);
    [[nodiscard]] Brought brought_to_server(const haproxy::ServerLine& line) const;
    void cut_server(const haproxy::Section& section, const haproxy::ServerLine& line,
                    const gotemplate::PrintedPiece& piece, const std::string& place,
                    const Bad& bad);
    [[nodiscard]] bool still_counts(const SpoiltServer& server) const;
    void add(const haproxy::ServerLine& line, SpoiltServer server);
    [[nodiscard]] const std::string* refusal(const haproxy::Section& section, std::string_view line,
                                             const Brought& brought);
    [[nodiscard]] std::string describe_piece(const gotemplate::PrintedPiece& piece) const;
    [[nodiscard]] std::string source_of(const gotemplate::PrintedPiece& piece) const;
    [[nodiscard]] std::string place_in_template(const gotemplate::PrintedPiece& piece) const;
    [[nodiscard]] const haproxy::Section* section_at(std::size_t offset);

    const Vetter& vetter_;
    const confd::Renderer& renderer_;
    const confd::Rendering& rendering_;
    const haproxy::Config& config_;
    std::vector<std::size_t> section_begins_; ///< in their order; empty until it is asked for
};

} // namespace hitless::apply
