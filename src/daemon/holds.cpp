#include "daemon/holds.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <sys/stat.h>
#include <utility>

namespace hitless::daemon {

Holds::Holds(std::string dest) : dest_(std::move(dest)) {}

Holds::Stamp Holds::look() const {
    constexpr std::int64_t nanoseconds = 1'000'000'000;
    struct stat file {};
    if (::stat(apply::holds_path(dest_).c_str(), &file) != 0)
        return {};
    return {file.st_ino, file.st_size, file.st_mtim.tv_sec * nanoseconds + file.st_mtim.tv_nsec};
}

void Holds::refresh() {
    const auto now = Clock::now();
    bool has_changed = false;
    if (const Stamp stamp = look(); stamp != stamp_ && read(now)) {
        stamp_ = stamp;
        has_changed = true;
    }
    if (!has_changed && now < first_end_)
        return;
    const std::size_t ended = std::erase_if(holds_, [&](const auto& entry) {
        const bool is_over = entry.second.until <= now;
        if (is_over)
            spdlog::info("{}/{} is no longer held by hand: the time is over", entry.first.backend,
                         entry.first.server);
        return is_over;
    });
    if (!has_changed && ended == 0)
        return;
    states_.clear();
    first_end_ = Clock::time_point::max();
    for (const auto& [server, hold] : holds_) {
        states_.emplace_hint(states_.end(), server, hold.state);
        first_end_ = std::min(first_end_, hold.until);
    }
    ++version_;
}

bool Holds::read(Clock::time_point now) {
    auto read = apply::read_holds(dest_, Clock::time_point::min());
    if (!read) {
        complaints_.raise(
            "holds", fmt::format("what is held by hand stays as it was: {}", read.error().message));
        return false;
    }
    complaints_.settle("holds", "what is held by hand can be read again");
    if (!std::exchange(is_read_, true)) {
        for (const apply::ManualHold& hold : *read) {
            if (hold.until <= now)
                over_.push_back(hold.server);
        }
    }
    std::erase_if(*read, [&](const apply::ManualHold& hold) { return hold.until <= now; });
    auto before = std::exchange(holds_, {});
    for (apply::ManualHold& hold : *read) {
        const auto known = before.find(hold.server);
        if (known == before.end() || known->second != hold)
            spdlog::info("{}/{} is held by hand: {}", hold.server.backend, hold.server.server,
                         apply::describe(hold));
        before.erase(hold.server);
        const plan::ServerId server = hold.server;
        holds_.emplace(server, std::move(hold));
    }
    for (const auto& [server, hold] : before) {
        if (hold.until > now)
            spdlog::info("{}/{} is no longer held by hand: that was lifted", server.backend,
                         server.server);
        else
            holds_.emplace(server, hold); // refresh() says so
    }
    return true;
}

Wake::Clock::time_point Holds::next() const {
    if (first_end_ == Clock::time_point::max())
        return Wake::Clock::time_point::max();
    // The clocks may go apart: a look a minute is enough.
    const auto left = std::min<Clock::duration>(first_end_ - Clock::now(), std::chrono::minutes(1));
    return Wake::Clock::now() + std::max<Clock::duration>(left, std::chrono::milliseconds(1));
}

} // namespace hitless::daemon
