#include "daemon/holds.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <sys/stat.h>
#include <utility>

namespace hitless::daemon {

namespace {

/// What has become of servers: a line each, or one line for a burst.
class HoldNews {
  public:
    /// `what_of()` makes the words, which of most servers of a burst nobody reads.
    template <class WhatOf>
    void add(const plan::ServerId& server, WhatOf what_of) {
        if (texts_.size() < most_lines)
            texts_.push_back(fmt::format("{}/{} {}", server.backend, server.server, what_of()));
        ++count_;
    }

    void log() {
        if (count_ > most_lines) {
            texts_.resize(1);
            texts_.front() += fmt::format("; likewise {} more servers: hitlessctl holds lists what "
                                          "is held",
                                          count_ - 1);
        }
        for (const std::string& text : texts_)
            spdlog::info("{}", text);
    }

  private:
    static constexpr std::size_t most_lines = 5;

    std::vector<std::string> texts_;
    std::size_t count_ = 0;
};

} // namespace

Holds::Holds(std::string dest, Status& status)
    : dest_(std::move(dest)), complaints_(status, apply::haproxy_trouble) {}

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
    // What can't be read is large, perhaps, and is not read again at each step.
    constexpr std::chrono::seconds between_tries{1};
    const Stamp stamp = look();
    if (stamp == stamp_ && faulty_ != Stamp()) { // the faulty file has gone
        faulty_ = {};
        complaints_.settle("holds", "what is held by hand can be read again");
    }
    const bool is_tried = stamp == faulty_ && now - tried_ < between_tries && now >= tried_;
    if (stamp != stamp_ && !is_tried) {
        has_changed = read(now);
        (has_changed ? stamp_ : faulty_) = stamp;
        tried_ = now;
    }
    if (!has_changed && now < first_end_)
        return;
    HoldNews news;
    const std::size_t ended = std::erase_if(holds_, [&](const auto& entry) {
        const bool is_over = entry.second.until <= now;
        if (is_over)
            news.add(entry.first, [] { return "is no longer held by hand: the time is over"; });
        return is_over;
    });
    news.log();
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
    take(std::move(*read), now);
    return true;
}

/// What is over by now is no longer held; refresh() says so of those that were.
void Holds::take(std::vector<apply::ManualHold> read, Clock::time_point now) {
    auto before = std::exchange(holds_, {});
    HoldNews held;
    HoldNews lifted;
    for (apply::ManualHold& hold : read) {
        if (hold.until <= now)
            continue;
        const auto known = before.find(hold.server);
        if (known == before.end() || known->second != hold)
            held.add(hold.server, [&] { return "is held by hand: " + apply::describe(hold); });
        if (known != before.end())
            before.erase(known);
        const plan::ServerId server = hold.server;
        holds_.emplace_hint(holds_.end(), server, std::move(hold));
    }
    for (const auto& [server, hold] : before) {
        if (hold.until > now)
            lifted.add(server, [] { return "is no longer held by hand: that was lifted"; });
        else
            holds_.emplace(server, hold);
    }
    held.log();
    lifted.log();
}

Wake::Clock::time_point Holds::next() const {
    if (first_end_ == Clock::time_point::max())
        return Wake::Clock::time_point::max();
    // The clocks may go apart: a look a minute is enough.
    const auto left = std::min<Clock::duration>(first_end_ - Clock::now(), std::chrono::minutes(1));
    return Wake::Clock::now() + std::max<Clock::duration>(left, std::chrono::milliseconds(1));
}

} // namespace hitless::daemon
