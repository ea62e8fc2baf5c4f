#include "plan/findings.hpp"

namespace hitless::plan {

void Findings::reload(std::string_view backend, std::string_view server, std::string reason) {
    auto& servers = reloads_[{std::string(backend), std::move(reason)}];
    if (servers.first.empty())
        servers.first = server;
    else
        ++servers.more;
}

void Findings::problem(std::string_view backend, std::string_view server, std::string_view what) {
    problems_.push_back(fmt::format("{}/{}: {}", backend, server, what));
}

void Findings::no_address(std::string_view backend, const haproxy::Server& server) {
    problem(backend, server.name, fmt::format("the name '{}' has no address", server.address.host));
}

void Findings::waiting(std::string_view backend, std::string_view server, std::string_view what) {
    waiting_.push_back(fmt::format("{}/{}: {}", backend, server, what));
}

void Findings::difference(std::string_view backend, const std::string& what) {
    differences_.insert(fmt::format("{}: {}", backend, what));
}

void Findings::move_into(Plan& plan) && {
    for (const auto& [key, servers] : reloads_) {
        const auto& [backend, reason] = key;
        const std::string more =
            servers.more == 0 ? std::string() : fmt::format(" (and {} more)", servers.more);
        plan.reload_reasons.push_back(
            fmt::format("{}/{}: {}{}", backend, servers.first, reason, more));
    }
    plan.problems = std::move(problems_);
    plan.waiting = std::move(waiting_);
    plan.differences.assign(differences_.begin(), differences_.end());
}

} // namespace hitless::plan
