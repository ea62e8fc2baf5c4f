#pragma once

#include "hitless/haproxy/config.hpp"

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace hitless::plan {

/// The servers that other lines point to: HAProxy deletes none of them (`track`, `use-server`, and
/// sample fetches such as `srv_is_up(app/web1)`).
class References {
  public:
    explicit References(const haproxy::Config& config);

    [[nodiscard]] bool contains(std::string_view backend, std::string_view server) const;

  private:
    void note_line(const haproxy::Section& section, std::string_view text);
    void note_fetches(const haproxy::Section& section, std::string_view word);
    void note(std::string_view backend, std::string_view server);

    std::set<std::string, std::less<>> servers_; ///< "backend/server"
    bool any_ = false;                           ///< an environment variable says which
};

} // namespace hitless::plan
