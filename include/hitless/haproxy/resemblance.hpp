#pragma once

#include <optional>
#include <string_view>

namespace hitless::haproxy {

/// Tells by the lines of a text, one after the other, whether it is a configuration of HAProxy, as
/// looks_like_haproxy() tells of a whole one.
class Resemblance {
  public:
    /// Whether the text is a configuration; nullopt: later lines decide, and if none does, it is
    /// none.
    std::optional<bool> take(std::string_view line);

  private:
    bool in_section_ = false;
};

} // namespace hitless::haproxy
