#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/config.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::haproxy {

/// The value of an environment variable, or nullopt where there is none of that name.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// The environment of this process.
[[nodiscard]] Environment own_environment();

/// The environment variables that lines of a configuration see: those of an environment, and what
/// `setenv` and its kin have made of them so far.
class Variables {
  public:
    explicit Variables(Environment environment) : environment_(std::move(environment)) {}

    /// The variable's value; else `otherwise`; else nothing, which is what HAProxy makes of it, and
    /// the name is noted as missing.
    std::string value(std::string_view name, std::optional<std::string_view> otherwise);

    /// The names that were asked for in vain since the last call.
    std::set<std::string> take_missing() { return std::exchange(missing_, {}); }

    /// Takes a line of the global section into account that is `setenv`, `presetenv`, `unsetenv` or
    /// `resetenv`.
    void heed(std::string_view line);

  private:
    [[nodiscard]] std::optional<std::string> find(const std::string& name) const;

    Environment environment_;
    std::map<std::string, std::optional<std::string>> set_; ///< nullopt: unset
    bool is_reset_ = false;                                 ///< only set_ counts
    std::set<std::string> missing_;
};

/// The words of a line with environment variables replaced by their values, as HAProxy does it
/// within double quotes.
Result<std::vector<std::string>> expand_words(std::string_view line, Variables& variables);

/// Where HAProxy's admin sockets are, as admin_sockets() has it, and which environment variables
/// would have to be known to tell the others.
struct AdminSockets {
    std::vector<std::string> addresses;
    std::set<std::string> missing;
};
[[nodiscard]] AdminSockets find_admin_sockets(const Config& config, const Environment& environment);

/// The environment variables that any line of the configuration names and that neither the
/// environment nor the configuration itself has: to a HAProxy without them they are empty.
[[nodiscard]] std::set<std::string> missing_variables(const Config& config,
                                                      const Environment& environment);

} // namespace hitless::haproxy
