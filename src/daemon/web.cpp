#include "daemon/web.hpp"

#include "base/spawn.hpp"
#include "daemon/generation.hpp"
#include "page/assets.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <unistd.h>
#include <utility>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;
namespace metric = monitor::metric;

constexpr std::chrono::seconds between_looks{1};

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : std::string();
}

/// The label `handler` of a route.
std::string_view handler_of(std::string_view route) {
    if (route == "/")
        return "page";
    if (route.starts_with("/assets/"))
        return "assets";
    return route.substr(route.starts_with('/') ? 1 : 0);
}

} // namespace

Web::Web(asio::any_io_executor executor, const Options& options)
    : executor_(std::move(executor)),
      options_(options),
      host_(host_name()),
      monitor_(options.version, std::chrono::system_clock::now()),
      publisher_(executor_, monitor_,
                 {[this] { return site(); },
                  [this] {
                      return generation_ == nullptr ? std::vector<monitor::Fleet>()
                                                    : generation_->fleets();
                  }}),
      server_(executor_, http::Hosts(options.http_hosts), {}, *this),
      listening_(executor_, server_, "hitlessd"),
      next_look_(executor_) {
    server_.route("/metrics", [this](const http::Request&) { return metrics(); });
    server_.route("/readyz", [this](const http::Request&) { return readiness(); });
    server_.route("/healthz", [](const http::Request&) {
        // It is answered, so the event loop turns.
        return http::json(http::Body("{\"status\":\"ok\"}\n"));
    });
    server_.route_slow("/status", [this](const http::Request&) { return publisher_.status(); });
    server_.stream("/events", publisher_.hub());
    server_.serve(page::assets());
}

void Web::start() {
    base::spawn(executor_, listening_.run(options_.http));
    base::spawn(executor_, publisher_.run());
    base::spawn(executor_, watch_state());
}

void Web::stop() {
    generation_ = nullptr;
    is_stopped_ = true;
    next_look_.cancel();
    listening_.stop();
    publisher_.stop();
    server_.stop();
}

/// So that since when the state is what it is can be told by the second, whoever asks when.
asio::awaitable<void> Web::watch_state() {
    while (!is_stopped_) {
        site();
        next_look_.expires_after(between_looks);
        co_await next_look_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

monitor::SiteStatus Web::site() {
    monitor::SiteStatus site;
    site.host = host_;
    site.version = options_.version;
    site.pid = ::getpid();
    site.started = monitor_.started;
    site.now = std::chrono::system_clock::now();
    site.ending = is_ending_;
    site.ready = monitor_.was_ready;
    if (generation_ != nullptr)
        generation_->describe(site);
    site.state_since = monitor_.note_state(monitor::state_of(site), site.now);
    return site;
}

http::Response Web::metrics() {
    set_gauges(monitor_.metrics, site());
    monitor_.metrics.set(metric::http_connections, static_cast<double>(server_.connections()));
    monitor_.metrics.set(metric::http_streams, static_cast<double>(publisher_.hub().clients()));
    monitor_.metrics.sample_process();
    if (options_.metrics_backends)
        count_backends();
    http::Response response;
    response.type = monitor::Metrics::content_type;
    response.body = http::Body(monitor_.metrics.text());
    return response;
}

/// How many servers each backend should have, and has.
void Web::count_backends() {
    std::map<std::pair<std::string, std::string>, double> counts;
    const auto fleets =
        generation_ == nullptr ? std::vector<monitor::Fleet>() : generation_->fleets();
    for (const monitor::Fleet& fleet : fleets) {
        for (const haproxy::Section& section : fleet.wanted.sections()) {
            if (!section.has_servers())
                continue;
            const std::string name(section.name);
            counts[{name, "wanted"}] = static_cast<double>(section.servers.size());
            double ready = 0;
            if (const auto running = fleet.running.find(name); running != fleet.running.end())
                ready = static_cast<double>(
                    std::ranges::count_if(running->second, [](const auto& server) {
                        return server.second.takes_traffic();
                    }));
            counts[{name, "running"}] += ready;
        }
    }
    std::vector<monitor::Metrics::Sample> samples;
    samples.reserve(counts.size());
    for (const auto& [labels, count] : counts)
        samples.push_back({{labels.first, labels.second}, count});
    monitor_.metrics.replace(metric::backend_servers, samples);
}

http::Response Web::readiness() {
    const monitor::SiteStatus now = site();
    return http::json(http::Body(readiness_json(now) + "\n"), now.ready && !now.ending ? 200 : 503);
}

void Web::answered(std::string_view route, unsigned status) {
    monitor_.metrics.count(metric::http_requests,
                           {handler_of(route), fmt::format_int(status).c_str()});
}

void Web::rejected(http::Rejection why) {
    monitor_.metrics.count(metric::http_rejected, {to_string(why)});
}

} // namespace hitless::daemon
