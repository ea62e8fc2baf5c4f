#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hitless::http {

/// Which `Host` a request may have. A web page of another site can have a browser ask us under that
/// site's name, once the name leads to our address (DNS rebinding), and then read the answer. Under
/// an address, or a name that is ours, it can't.
class Hosts {
  public:
    /// `names`: allowed beside addresses and localhost, without ports.
    explicit Hosts(const std::vector<std::string>& names = {});

    /// `host`: the field's value, with or without a port. Each port is allowed.
    [[nodiscard]] bool allows(std::string_view host) const;

  private:
    std::vector<std::string> names_; ///< in lower case
};

} // namespace hitless::http
