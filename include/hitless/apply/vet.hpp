#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/keys/key_tree.hpp"
#include "hitless/plan/difference.hpp"

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hitless::apply {

/// A `server` line that a bad value has spoilt.
struct SpoiltServer {
    std::string backend;
    std::string server;
    std::string line;    ///< as rendered
    std::string key;     ///< where the bad text came from
    std::string message; ///< what is wrong, where, and what to do

    friend bool operator==(const SpoiltServer&, const SpoiltServer&) = default;
};

/// Takes the `server` lines that a bad registry value has spoilt out of rendered configurations, so
/// that one bad key costs one server and not the whole rendering. Looks only at lines that are new
/// since the last rendering.
class Vetter {
  public:
    struct Vetted {
        haproxy::Config config; ///< without the spoilt lines
        /// From the config before; nullopt where lines were or are left out: compare them.
        std::optional<plan::Difference> difference;
        std::vector<SpoiltServer> spoilt; ///< newly found in this rendering
        std::vector<SpoiltServer> mended; ///< spoilt before, gone or right now
    };

    /// `tree` holds the keys the text was rendered from. An Error, which changes nothing: the text
    /// is no configuration, or a line is bad and no key is to blame for it, so that the template
    /// must be.
    Result<Vetted> vet(std::string rendered, const keys::KeyTree& tree);

    /// All lines that are left out now.
    [[nodiscard]] std::vector<SpoiltServer> spoilt() const;

  private:
    /// A backend and the line's text.
    using Place = std::pair<std::string, std::string>;

    haproxy::Config raw_; ///< the last rendering, with its spoilt lines
    std::map<Place, SpoiltServer> spoilt_;
};

} // namespace hitless::apply
