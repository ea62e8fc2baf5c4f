#include "hitless/apply/departures.hpp"

#include "hitless/haproxy/capabilities.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/haproxy/stat.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace hitless::apply {
namespace {

namespace asio = boost::asio;
namespace command = haproxy::command;
using haproxy::RunningServer;

constexpr std::chrono::milliseconds longest_pause{1000};

/// How long a server is at its parking address, which nobody needs to see.
constexpr std::chrono::milliseconds while_parked{20};

/// After this many tries of `del server`, its idle connections are closed.
constexpr int patient_tries = 2;

bool still_has_connections(std::string_view answer) {
    return answer.find("still has connections") != std::string_view::npos;
}

/// HAProxy 2.4's answer; later ones delete servers of their file too.
bool is_of_file(std::string_view answer) {
    return answer.find("Only servers added at runtime") != std::string_view::npos;
}

/// Tracked servers, those that rules name, and those of `resolvers`, as the file had them.
bool is_pinned(std::string_view answer) {
    return answer.find("other configuration elements pointing to it") != std::string_view::npos;
}

/// It is not in maintenance any more.
bool is_ready(std::string_view answer) {
    return answer.find("Only servers in maintenance mode") != std::string_view::npos;
}

bool is_gone(std::string_view answer) {
    return answer.find("No such server") != std::string_view::npos ||
           answer.find("No such backend") != std::string_view::npos;
}

} // namespace

asio::awaitable<Result<std::vector<haproxy::StatRow>>>
read_statistics(haproxy::RuntimeClient& client, std::string backend) {
    constexpr int backend_and_servers = 2 | 4;
    const auto answer =
        co_await client.run(fmt::format("show stat {} {} -1", backend, backend_and_servers));
    if (!answer)
        co_return answer.error();
    co_return haproxy::parse_stat(*answer);
}

void Departures::note_done(const plan::Step& step) {
    const auto* const effect = std::get_if<plan::ServerEffect>(&step.effect);
    if (effect == nullptr)
        return;
    const Name name(step.object.scope, step.running_name());
    if (!effect->after.leaving)
        leaving_.erase(name);
    else if (const auto now = Clock::now(); !leaving_.contains(name))
        leaving_.emplace(name, Leaving{.since = now, .next_try = now});
}

void Departures::forget_others() {
    std::erase_if(leaving_, [&](const auto& item) {
        const auto* const server =
            haproxy::find_server(running_, item.first.first, item.first.second);
        return server == nullptr || !server->leaving;
    });
}

Departures::Clock::time_point Departures::next_collection() const {
    auto next = Clock::time_point::max();
    for (const auto& [name, leaving] : leaving_)
        next = std::min(next, leaving.next_try);
    return next;
}

bool Departures::deleting() const {
    return std::ranges::any_of(leaving_, [](const auto& item) { return !item.second.stays; });
}

asio::awaitable<Result<std::vector<Removal>>>
Departures::collect(std::chrono::milliseconds drain_timeout) {
    if (const auto counted = co_await count_sessions(drain_timeout); !counted)
        co_return counted.error();
    const auto now = Clock::now();
    Attempt attempt;
    for (auto& [name, leaving] : leaving_) {
        if (leaving.next_try <= now)
            prepare(name, leaving, now - leaving.since >= drain_timeout, attempt);
        if (leaving.stays)
            leaving.next_try = leaving.since + drain_timeout;
    }
    std::vector<Removal> removals;
    if (!attempt.commands.empty()) {
        auto answers = co_await client_.run(std::move(attempt.commands));
        if (!answers)
            co_return answers.error();
        for (std::size_t i = 0; i < attempt.deleted.size(); ++i) {
            const auto found = leaving_.find(attempt.deleted[i]);
            if (found == leaving_.end())
                continue;
            if (auto removal = note_deletion(attempt.deleted[i], found->second, (*answers)[i]))
                removals.push_back(std::move(*removal));
        }
    }
    forget_those_that_stay();
    co_return removals;
}

/// Counts the sessions of the servers whose time is up, which are about to be cut off.
asio::awaitable<Result<void>> Departures::count_sessions(std::chrono::milliseconds drain_timeout) {
    const auto now = Clock::now();
    std::set<std::string> backends;
    for (const auto& [name, leaving] : leaving_) {
        if (!leaving.shut_down && leaving.next_try <= now && now - leaving.since >= drain_timeout)
            backends.insert(name.first);
    }
    for (const std::string& backend : backends) {
        const auto rows = co_await read_statistics(client_, backend);
        if (!rows)
            co_return rows.error();
        for (const haproxy::StatRow& row : *rows) {
            const auto leaving = leaving_.find({backend, row.name()});
            if (leaving != leaving_.end() && !leaving->second.shut_down)
                leaving->second.sessions = row.number("scur").value_or(0);
        }
    }
    co_return Result<void>{};
}

/// The commands for one leaving server.
void Departures::prepare(const Name& name, Leaving& leaving, bool time_is_up, Attempt& attempt) {
    const auto add = [&](std::string line, Name deleted) {
        attempt.commands.push_back(std::move(line));
        attempt.deleted.push_back(std::move(deleted));
    };
    const auto* const server = haproxy::find_server(running_, name.first, name.second);
    leaving.stays = (server != nullptr && server->stays) || !haproxy::can_delete(info_, false);
    if (time_is_up && !std::exchange(leaving.shut_down, true)) {
        add(command::shutdown_sessions(name.first, name.second), {});
        if (leaving.sessions > 0)
            cut_off_.push_back({{name.first, name.second}, leaving.sessions});
    }
    if (leaving.stays)
        return;
    if (server != nullptr && leaving.tries++ >= patient_tries) {
        auto& known = running_[name.first][name.second];
        if (auto purge = close_idle_connections(name, leaving, known))
            add(std::move(*purge), {});
    }
    add(command::del_server(name.first, name.second), name);
}

/// Those that aren't deleted are done with when their sessions have been shut down.
void Departures::forget_those_that_stay() {
    std::erase_if(leaving_, [&](const auto& item) {
        const auto& [name, leaving] = item;
        const bool over = leaving.stays && leaving.shut_down;
        if (over)
            running_[name.first][name.second].leaving = false;
        return over;
    });
}

/// HAProxy closes idle connections when the address changes. So the server gets a parking address,
/// and its own one at the next try. Both in one batch would close nothing: since 3.0, HAProxy
/// applies the first only after it has compared the second.
std::optional<std::string> Departures::close_idle_connections(const Name& name, Leaving& leaving,
                                                              RunningServer& server) {
    auto address = haproxy::parking_address(server);
    if (!address)
        return std::nullopt;
    if (leaving.own_port)
        address->port = *std::exchange(leaving.own_port, std::nullopt);
    else
        leaving.own_port = server.port;
    server.port = address->port;
    return command::set_address(name.first, name.second, *address);
}

std::optional<Removal> Departures::note_deletion(const Name& name, Leaving& leaving,
                                                 std::string_view answer) {
    const auto refused = command::refusal(command::del_server(name.first, name.second), answer);
    Removal removal{{name.first, name.second}, Removal::End::deleted, {}};
    if (!refused || is_gone(answer)) {
        running_[name.first].erase(name.second);
        leaving_.erase(name);
        return removal;
    }
    if (is_of_file(answer)) {
        auto& server = running_[name.first][name.second];
        server.of_file = server.stays = true;
        leaving.stays = true;
        return std::nullopt;
    }
    if (is_pinned(answer)) {
        auto& server = running_[name.first][name.second];
        server.pinned = server.stays = true;
        leaving.stays = true;
        removal.end = Removal::End::refused;
        removal.message = *refused;
        return removal;
    }
    if (is_ready(answer)) {
        auto& server = running_[name.first][name.second];
        server.admin_state &= ~RunningServer::forced_maintenance;
        server.leaving = false;
        server.port = leaving.own_port.value_or(server.port);
        leaving_.erase(name);
        removal.end = Removal::End::made_ready;
        return removal;
    }
    if (!leaving.own_port)
        leaving.pause = std::min(leaving.pause * 2, longest_pause);
    // It is parked for a moment only, so that nobody reads the wrong address.
    leaving.next_try = Clock::now() + (leaving.own_port ? while_parked : leaving.pause);
    if (still_has_connections(answer) || leaving.reported)
        return std::nullopt;
    leaving.reported = true;
    removal.end = Removal::End::refused;
    removal.message = *refused;
    return removal;
}

} // namespace hitless::apply
