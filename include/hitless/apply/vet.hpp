#pragma once

#include "hitless/apply/gate.hpp"
#include "hitless/apply/reports.hpp"
#include "hitless/base/result.hpp"
#include "hitless/confd/renderer.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/plan/difference.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hitless::apply {

struct ToHide; // within the library

/// Renders a resource whose result HAProxy reads, and leaves out what bad values have spoilt, so
/// that one bad key costs itself and not the whole: what the template makes for that key's element,
/// or the `server` line. Each piece of the output knows its source, so that nobody is blamed by
/// guess. Looks only at lines that are new since the last time.
class Vetter {
  public:
    explicit Vetter(Rules rules = {}) : rules_(std::move(rules)) {}

    struct Vetted {
        haproxy::Config config; ///< without what is left out
        /// From the config before; nullopt where lines were or are left out: compare them.
        std::optional<plan::Difference> difference;
        Reports::News news; ///< of what is left out
        /// The config's text, with the sources of its pieces.
        std::shared_ptr<const confd::Rendering> rendering;
    };

    /// Renders with the keys of now. An Error, which changes nothing: the text is no configuration,
    /// or what is bad can't be left out alone, or no value is to blame for it, so that the template
    /// must be; or the renderer lacks answers to look-ups.
    Result<Vetted> vet(confd::Renderer& renderer);

    /// HAProxy's check has refused lines of `config`, which has all lines of the last result and
    /// perhaps others; by their numbers, and what it says of each. They are left out from now on,
    /// as long as they are the same and a value brought some of them. Of a template that nothing
    /// has accepted yet (`is_template_new`), no value is blamed where all of several lines of one
    /// place are refused. Returns false when there is no such line.
    bool refuse(const haproxy::Config& config, const std::map<int, std::string>& lines,
                bool is_template_new = false);

    /// HAProxy's check has accepted a result.
    void note_accepted() { in_vain_.clear(); }

    /// All that is left out now.
    [[nodiscard]] const std::vector<SpoiltPtr>& spoilt() const { return reports_.all(); }

    [[nodiscard]] const Rules& rules() const { return rules_; }

  private:
    class Examination;
    /// A spoilt `server` line.
    struct SpoiltServer {
        SpoiltPtr spoilt;
        /// Other lines of the backend have its text or its name: which one is spoilt is not known
        /// by the text.
        bool is_one_of_several = false;
        // The key to blame, as the template sees it, and its value: the message has both.
        std::string key;
        std::string value;
    };
    /// Spoilt `server` lines, by the backend's name and by their text, which is Spoilt::line.
    using SpoiltServers =
        std::map<std::string, std::unordered_map<std::string_view, SpoiltServer>, std::less<>>;
    /// A line: its section's title, its text, and the first source that brought some of it.
    struct Place {
        std::string section;
        std::string text;
        std::string source;
        friend auto operator<=>(const Place&, const Place&) = default;
    };

    Result<Vetted> look_at(const confd::Renderer& renderer,
                           const std::shared_ptr<confd::Rendering>& rendering,
                           std::vector<ToHide>& to_hide);
    bool is_in_vain(const std::vector<ToHide>& to_hide, std::set<std::uint32_t>& tried);
    /// What is known of one rendering.
    struct Look {
        std::optional<haproxy::Config> raw; ///< without what spoilt other lines than servers'
        plan::Difference difference;        ///< of it from raw_
        bool others = false;                ///< lines that aren't a server's were spoilt
        std::vector<SpoiltPtr> spoilt;
        std::set<Place> refused; ///< those of refused_ that are still there
    };
    Result<void> look_at_lines(const confd::Renderer& renderer, confd::Rendering& rendering,
                               Look& look, std::vector<ToHide>& to_hide) const;
    Result<void> look_at_servers(const haproxy::Config& raw,
                                 const std::vector<plan::ServerId>& changes,
                                 Examination& examination) const;

    Rules rules_;
    haproxy::Config raw_;                  ///< the last rendering, with its spoilt `server` lines
    haproxy::Config clean_;                ///< without them
    SpoiltServers servers_;                ///< those of the last rendering
    bool others_ = false;                  ///< other lines were spoilt, or keys hidden
    std::map<Place, std::string> refused_; ///< lines that HAProxy's check has refused, and why
    std::set<Place> met_;                  ///< those that hidden keys brought, in this vet()
    /// Places of the template that print lines that are refused whichever key is hidden: nobody but
    /// the template is to blame.
    std::set<std::uint32_t> in_vain_;
    Reports reports_;
    std::shared_ptr<const confd::Rendering> last_;
};

} // namespace hitless::apply
