#include "daemon/publisher.hpp"

#include "base/off_the_loop.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

/// From one /status to the next: ten times what it took to make, within these bounds. So that who
/// asks for it all the time doesn't take the cores from HAProxy and from changes.
constexpr int share_of_status = 10;
constexpr milliseconds least_between_statuses{200};
constexpr milliseconds most_between_statuses{1'000};
constexpr milliseconds between_summaries{250};
constexpr milliseconds between_servers{1'000};
/// /status waits this long for HAProxy's statistics, and is told without them after that.
constexpr milliseconds patience{700};
constexpr milliseconds pause_of_waiting{10};

std::vector<std::string> sockets_of(const monitor::SiteStatus& site) {
    std::vector<std::string> sockets;
    for (const monitor::ResourceStatus& resource : site.resources) {
        for (const monitor::HaproxyStatus& haproxy : resource.haproxies) {
            if (haproxy.connected)
                sockets.push_back(haproxy.socket);
        }
    }
    return sockets;
}

/// The events of one HAProxy, and its servers as they are told by them.
struct Servers {
    std::pair<std::string, std::string> id;
    std::string topic;
    bool needs_whole = false;
    monitor::Fleet fleet;
    monitor::FleetText before;
    bool is_known = false; ///< `before` was sent
    monitor::FleetText now;
    http::Frame whole;
    http::Frame change;
};

/// In another thread.
int make_texts(std::vector<Servers>& all) {
    for (Servers& each : all) {
        each.now = monitor::text_of(each.fleet);
        const auto& [dest, socket] = each.id;
        if (each.needs_whole || !each.is_known)
            each.whole = http::event_frame("servers",
                                           monitor::servers_event(dest, socket, nullptr, each.now));
        if (!each.is_known)
            continue;
        const std::string change = monitor::servers_event(dest, socket, &each.before, each.now);
        if (!change.empty())
            each.change = http::event_frame("servers", change);
    }
    return 0;
}

} // namespace

Publisher::Publisher(const asio::any_io_executor& executor, monitor::Monitor& monitor,
                     Source source)
    : executor_(executor),
      monitor_(monitor),
      source_(std::move(source)),
      statistics_(executor),
      wake_(executor) {
    hub_.greet_with([this](std::string_view after) { return greeting(after); });
    hub_.when_joined([this] {
        // With the next events, which come in a quarter of a second at the latest, however many
        // clients come.
        next_servers_ = Clock::time_point::min();
        if (is_idle_)
            wake_.notify();
    });
    monitor_.changes.when_added([this](const monitor::Change& change) {
        if (hub_.clients() > 0)
            hub_.send(http::event_frame("change", monitor::to_json(change), change.id));
    });
    monitor_.changes.when_amended([this](std::span<const monitor::Change* const> changes) {
        if (hub_.clients() > 0)
            hub_.send(http::event_frame("phases", monitor::phases_event(changes)));
    });
}

/// What a client has missed that comes back.
std::vector<http::Frame> Publisher::greeting(std::string_view after) const {
    const auto missed = monitor_.changes.after(after);
    std::vector<http::Frame> frames;
    if (missed.is_gap) {
        std::string data;
        telemetry::Json(data).begin_object().member("process", monitor_.started).end_object();
        frames.push_back(http::event_frame("missed", data));
    }
    for (const monitor::Change* const change : missed.changes)
        frames.push_back(http::event_frame("change", monitor::to_json(*change), change->id));
    return frames;
}

monitor::SiteStatus Publisher::site() const {
    monitor::SiteStatus site = source_.site();
    for (monitor::ResourceStatus& resource : site.resources) {
        for (monitor::HaproxyStatus& haproxy : resource.haproxies) {
            if (const auto statistics = statistics_.of(haproxy.socket);
                statistics && haproxy.connected)
                haproxy.statistics = statistics->read;
        }
    }
    return site;
}

std::vector<monitor::Fleet> Publisher::fleets(const monitor::SiteStatus& site) const {
    std::vector<monitor::Fleet> all = source_.fleets();
    std::size_t next = 0;
    for (const monitor::ResourceStatus& resource : site.resources) {
        for (const monitor::HaproxyStatus& haproxy : resource.haproxies) {
            if (next < all.size())
                all[next++].statistics = statistics_.of(haproxy.socket);
        }
    }
    return all;
}

/// Nobody is told what was so before he asked: he waits until it may be made again, for all who
/// have asked by then.
asio::awaitable<http::Response> Publisher::status() {
    const Clock::time_point asked = Clock::now();
    asio::steady_timer timer(executor_);
    while (status_of_ < asked) {
        if (is_making_ || Clock::now() < next_status_) {
            timer.expires_after(pause_of_waiting);
            co_await timer.async_wait(asio::use_awaitable);
            continue;
        }
        is_making_ = true;
        const Clock::time_point began = Clock::now();
        try {
            http::Body made = co_await make_status();
            status_ = std::move(made);
        } catch (...) {
            is_making_ = false;
            throw;
        }
        status_of_ = began;
        const Clock::time_point ended = Clock::now();
        next_status_ =
            ended + std::clamp<Clock::duration>((ended - began) * share_of_status,
                                                least_between_statuses, most_between_statuses);
        is_making_ = false;
    }
    co_return http::json(status_);
}

asio::awaitable<http::Body> Publisher::make_status() {
    std::vector<std::string> sockets = sockets_of(source_.site());
    co_await statistics_.refresh(std::move(sockets), patience);
    const monitor::SiteStatus now = site();
    const std::vector<monitor::Fleet> all = fleets(now);
    const monitor::Propagation propagation = monitor_.propagation;
    const std::deque<monitor::Change> changes = monitor_.changes.all();
    const auto make = [&] {
        std::vector<monitor::FleetText> texts;
        texts.reserve(all.size());
        for (const monitor::Fleet& fleet : all)
            texts.push_back(monitor::text_of(fleet));
        return http::Body(monitor::status_json(now, propagation, texts, changes));
    };
    http::Body body = co_await base::off_the_loop(make);
    co_return body;
}

asio::awaitable<void> Publisher::run() {
    while (!stopped_) {
        if (hub_.clients() == 0) {
            last_servers_.clear();
            last_summary_.clear();
            is_idle_ = true;
            co_await wake_.wait_until(Clock::time_point::max());
            is_idle_ = false;
            continue;
        }
        try {
            co_await send();
        } catch (const std::exception& error) { // which must not end hitlessd
            spdlog::error("the events for those who listen can't be made: {}", error.what());
        }
        if (!stopped_)
            co_await wake_.wait_until(Clock::now() + between_summaries);
    }
}

asio::awaitable<void> Publisher::send() {
    send_summary();
    if (Clock::now() < next_servers_)
        co_return;
    next_servers_ = Clock::now() + between_servers;
    co_await send_servers();
}

void Publisher::stop() {
    stopped_ = true;
    wake_.notify();
}

void Publisher::send_summary() {
    constexpr std::string_view topic = "summary";
    std::string text = monitor::summary_json(site(), monitor_.propagation);
    std::string comparable = monitor::without_now(text);
    const bool is_same = comparable == last_summary_;
    if (is_same && !hub_.awaits(topic))
        return;
    last_summary_ = std::move(comparable);
    const http::Frame frame = http::event_frame(topic, text);
    hub_.send(topic, frame, is_same ? nullptr : frame);
}

asio::awaitable<void> Publisher::send_servers() {
    const monitor::SiteStatus before = site();
    statistics_.refresh(sockets_of(before));
    std::vector<monitor::Fleet> all_fleets = fleets(before);
    std::vector<Servers> all;
    for (const monitor::ResourceStatus& resource : before.resources) {
        for (const monitor::HaproxyStatus& haproxy : resource.haproxies) {
            if (all.size() == all_fleets.size())
                break;
            Servers& each = all.emplace_back();
            each.id = {resource.dest, haproxy.socket};
            each.topic = "servers " + resource.dest + ' ' + haproxy.socket;
            each.needs_whole = hub_.awaits(each.topic);
            each.fleet = std::move(all_fleets[all.size() - 1]);
            const auto known = last_servers_.find(each.id);
            each.is_known = known != last_servers_.end();
            if (each.is_known)
                each.before = std::move(known->second);
        }
    }
    const auto make = [&all] { return make_texts(all); };
    co_await base::off_the_loop(make);
    last_servers_.clear();
    for (Servers& each : all) {
        hub_.send(each.topic, each.whole, each.is_known ? each.change : each.whole);
        last_servers_[each.id] = std::move(each.now);
    }
}

} // namespace hitless::daemon
