#include "converge/flapping.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace hitless::converge {
namespace {

/// More comings and goings than these within the time are flapping…
constexpr int few_turns = 6;
constexpr std::chrono::seconds time_for_them{10};
/// …and then the server is planned so often at most.
constexpr std::chrono::seconds pace{1};

/// The names of a backend's servers. Where few are asked for, they are looked for as they are.
class Names {
  public:
    Names(const haproxy::Config& config, const std::string& backend, bool few)
        : section_(config.find_backend(backend)) {
        if (few || section_ == nullptr)
            return;
        for (const haproxy::ServerLine& line : section_->servers)
            names_.insert(line.name);
    }

    [[nodiscard]] bool contain(std::string_view server) const {
        if (section_ == nullptr)
            return false;
        return names_.empty() ? section_->find_server(server) != nullptr : names_.contains(server);
    }

  private:
    const haproxy::Section* section_;
    std::unordered_set<std::string_view> names_;
};

} // namespace

void Flapping::note_turn(const plan::ServerChange& server, Clock::time_point now) {
    const auto is_over = [&](const History& history) {
        return now - history.begin > time_for_them && history.not_before <= now;
    };
    if (now >= next_cleaning_) {
        std::erase_if(histories_, [&](const auto& item) { return is_over(item.second); });
        next_cleaning_ = now + time_for_them;
    }
    auto& history = histories_.try_emplace(server, History{now, 0, now}).first->second;
    if (is_over(history))
        history = {now, 0, now};
    ++history.turns;
}

Flapping::Clock::time_point Flapping::may_be_planned(const plan::ServerChange& server,
                                                     Clock::time_point now) const {
    const auto found = histories_.find(server);
    return found == histories_.end() ? now : std::max(now, found->second.not_before);
}

void Flapping::note_plan(const plan::ServerChange& server, Clock::time_point now) {
    const auto found = histories_.find(server);
    if (found != histories_.end() && found->second.turns > few_turns)
        found->second.not_before = now + pace;
}

std::vector<plan::ServerChange> come_or_gone(const haproxy::Config& before,
                                             const haproxy::Config& after,
                                             std::span<const plan::ServerChange> servers) {
    constexpr std::size_t few = 8;
    std::vector<plan::ServerChange> turned;
    while (!servers.empty()) {
        const std::string& backend = servers.front().backend;
        const auto next = std::ranges::find_if(
            servers, [&](const plan::ServerChange& server) { return server.backend != backend; });
        const auto group = servers.first(static_cast<std::size_t>(next - servers.begin()));
        const Names old_names(before, backend, group.size() <= few);
        const Names new_names(after, backend, group.size() <= few);
        std::ranges::copy_if(
            group, std::back_inserter(turned), [&](const plan::ServerChange& server) {
                return old_names.contain(server.server) != new_names.contain(server.server);
            });
        servers = servers.subspan(group.size());
    }
    return turned;
}

} // namespace hitless::converge
