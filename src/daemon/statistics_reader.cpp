#include "daemon/statistics_reader.hpp"

#include "hitless/haproxy/runtime_client.hpp"
#include "hitless/haproxy/stat.hpp"

#include "base/off_the_loop.hpp"
#include "base/spawn.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Read = std::shared_ptr<const monitor::Statistics>;

constexpr std::chrono::seconds between_readings{2};
constexpr milliseconds longest_reading{1'500};
constexpr milliseconds between_polls{10};

} // namespace

asio::awaitable<void> StatisticsReader::read(std::shared_ptr<State> state, std::string socket) {
    // The servers of all backends.
    std::vector<haproxy::Command> commands(1, haproxy::Command("show stat -1 4 -1"));
    const auto answer = co_await haproxy::ask_once(socket, std::move(commands), longest_reading);
    Read made;
    if (answer) {
        const auto found = state->all.find(socket);
        const Read before = found == state->all.end() ? nullptr : found->second.last;
        const auto now = std::chrono::system_clock::now();
        // Of thousands of servers there are megabytes.
        const auto parse = [&answer, &before, now]() -> Read {
            const auto rows = haproxy::parse_stat(*answer);
            if (!rows)
                return nullptr;
            return std::make_shared<const monitor::Statistics>(
                monitor::statistics_of(*rows, now, before.get()));
        };
        made = co_await base::off_the_loop(parse);
    }
    if (const auto found = state->all.find(socket); found != state->all.end()) {
        found->second.last = std::move(made);
        found->second.is_under_way = false;
    }
}

void StatisticsReader::refresh(const std::vector<std::string>& sockets) {
    std::erase_if(state_->all, [&](const auto& item) {
        return !item.second.is_under_way && std::ranges::find(sockets, item.first) == sockets.end();
    });
    const auto now = Clock::now();
    for (const std::string& socket : sockets) {
        One& one = state_->all[socket];
        if (one.is_under_way || now < one.began + between_readings)
            continue;
        one.began = now;
        one.is_under_way = true;
        base::spawn(state_->executor, read(state_, socket));
    }
}

bool StatisticsReader::is_reading() const {
    return std::ranges::any_of(state_->all,
                               [](const auto& item) { return item.second.is_under_way; });
}

asio::awaitable<void> StatisticsReader::refresh(std::vector<std::string> sockets,
                                                milliseconds limit) {
    refresh(sockets);
    const auto state = state_;
    const auto until = Clock::now() + limit;
    asio::steady_timer timer(state->executor);
    while (is_reading() && Clock::now() < until) {
        timer.expires_after(between_polls);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

Read StatisticsReader::of(const std::string& socket) const {
    const auto found = state_->all.find(socket);
    return found == state_->all.end() ? nullptr : found->second.last;
}

} // namespace hitless::daemon
