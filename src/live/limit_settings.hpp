#pragma once

#include "hitless/haproxy/config.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

// What configurations say of limits: the `maxconn` of the global section, of defaults, and of
// frontends and listens.
namespace hitless::live {

inline constexpr std::string_view limit_keyword = "maxconn";

/// What a configuration says of a limit.
struct LimitSetting {
    enum class State {
        none,    ///< nothing
        number,  ///< this number
        unclear, ///< only HAProxy can tell
    };
    State state = State::none;
    long number = 0;

    friend bool operator==(const LimitSetting&, const LimitSetting&) = default;
};

/// What a line of two words, a keyword and a number from `least` to `most`, says: `unclear` where
/// it is anything else.
[[nodiscard]] LimitSetting setting_of(const haproxy::Line& line, long least, long most);

/// True for sections in which `maxconn` is a limit of connections: global, defaults, frontend,
/// listen.
[[nodiscard]] bool may_have_limit(const haproxy::Section& section);
/// True for sections that accept connections: frontend and listen.
[[nodiscard]] bool takes_connections(const haproxy::Section& section);

/// Adds what the section's own lines say: the last one counts, unless one of them is unclear.
void add_limit(const haproxy::Section& section, LimitSetting& setting);

[[nodiscard]] LimitSetting global_limit(const haproxy::Config& config);

/// The frontends and listens of a configuration, by name. `config` must outlive it.
class FrontendLimits {
  public:
    explicit FrontendLimits(const haproxy::Config& config);

    [[nodiscard]] bool has(std::string_view name) const { return sections_.contains(name); }
    /// Its own, or that of its defaults section.
    [[nodiscard]] LimitSetting of(std::string_view name) const;

  private:
    const haproxy::Config& config_;
    std::unordered_map<std::string_view, const haproxy::Section*> sections_;
};

/// Why another limit needs a reload, in words: HAProxy works out something from it when it starts.
/// nullopt: it doesn't.
[[nodiscard]] std::optional<std::string> worked_out_from_limits(const haproxy::Config& config);

} // namespace hitless::live
