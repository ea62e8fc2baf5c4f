#pragma once

#include "hitless/plan/plan.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace hitless::plan {

/// Collects what a plan can't do by commands. Many servers with one reason make one line.
class Findings {
  public:
    void reload(std::string_view backend, std::string_view server, std::string reason);
    void problem(std::string_view backend, std::string_view server, std::string_view what);
    void no_address(std::string_view backend, const haproxy::Server& server);
    void difference(std::string_view backend, const std::string& what);
    void waiting(std::string_view backend, std::string_view server, std::string_view what);

    void move_into(Plan& plan) &&;

  private:
    struct Servers {
        std::string first;
        std::size_t more = 0;
    };

    std::map<std::pair<std::string, std::string>, Servers> reloads_; ///< by backend and reason
    std::vector<std::string> problems_;
    std::vector<std::string> waiting_;
    std::set<std::string> differences_;
};

} // namespace hitless::plan
