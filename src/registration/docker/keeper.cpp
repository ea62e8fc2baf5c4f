#include "registration/docker/keeper.hpp"

#include "hitless/base/text.hpp"

#include "base/event.hpp"
#include "registration/metrics.hpp"
#include "registration/probe.hpp"
#include "registration/value.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace hitless::registration::docker {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

constexpr milliseconds longest_ready_interval{5'000};
/// After a key was found to be another's.
constexpr milliseconds first_retry{15'000};
constexpr milliseconds longest_retry{300'000};

} // namespace

Keeper::Keeper(const asio::any_io_executor& executor, const Options& options, Service service,
               std::string container, std::optional<etcd::Holding> former, Held held,
               telemetry::Metrics& metrics)
    : executor_(executor),
      options_(options),
      service_(std::move(service)),
      container_(base::printable(container, 80)),
      former_(std::move(former)),
      held_(std::move(held)),
      timer_(executor),
      metrics_(metrics),
      is_ready_(!service_.ready) {
    options_.key = service_.key;
    last_report_.key = base::printable(service_.key);
    last_report_.address = address_in(service_.value);
}

const KeyReport& Keeper::report() const {
    return registrar_ ? registrar_->report() : last_report_;
}

void Keeper::stop() {
    stopping_ = true;
    timer_.cancel();
    if (registrar_)
        registrar_->stop();
}

asio::awaitable<void> Keeper::pause(milliseconds time) {
    if (stopping_)
        co_return;
    timer_.expires_after(time);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Keeper::wait_ready() {
    if (!service_.ready)
        co_return;
    const auto patience = Clock::now() + options_.ready_timeout;
    milliseconds interval = options_.ready_interval;
    for (bool told = false; !stopping_;) {
        const auto answer = co_await ask(*service_.ready);
        is_ready_ = answer.has_value();
        metrics_.count(metric::probes, {answer ? "passed" : "failed"});
        if (answer)
            co_return;
        if (Clock::now() > patience && !std::exchange(told, true)) {
            spdlog::warn("container {} isn't ready after {} s, so it has no key yet: {}: {}; "
                         "asking it further",
                         container_, options_.ready_timeout.count() / 1000,
                         to_string(*service_.ready), answer.error().message);
            interval = std::max(interval, longest_ready_interval);
        }
        co_await pause(interval);
    }
}

asio::awaitable<void> Keeper::keep() {
    registrar_.emplace(executor_, options_, service_.value, metrics_);
    if (former_)
        registrar_->adopt(*std::exchange(former_, std::nullopt));
    registrar_->when_held(held_);
    co_await registrar_->run();
    last_report_ = registrar_->report();
    registrar_.reset();
    held_(std::nullopt);
}

asio::awaitable<void> Keeper::run() {
    if (former_ && former_->value != service_.value) {
        co_await remove_former(executor_, options_, service_.key, *former_);
        former_.reset();
        held_(std::nullopt);
    }
    milliseconds retry = first_retry;
    while (!stopping_) {
        co_await wait_ready();
        if (stopping_)
            break;
        co_await keep();
        co_await pause(retry);
        retry = std::min(retry * 2, longest_retry);
    }
    if (former_) {
        co_await remove_former(executor_, options_, service_.key, *former_);
        held_(std::nullopt);
    }
}

asio::awaitable<void> remove_former(asio::any_io_executor executor, Options options,
                                    std::string key, etcd::Holding holding) {
    using Kind = etcd::Claim::Standing::Kind;
    const auto ttl = std::chrono::ceil<std::chrono::seconds>(options.ttl);
    etcd::Claim claim(executor, with_timing(options.etcd, options.ttl), {key, holding.value, ttl});
    claim.adopt(holding);
    asio::steady_timer timer(executor);
    for (const auto end = Clock::now() + ttl; Clock::now() < end;) {
        const auto standing = co_await claim.release();
        if (standing.kind == Kind::ours)
            log(spdlog::level::info, base::Event("deregistered").with("key", base::printable(key)));
        if (standing.kind != Kind::unknown)
            co_return;
        timer.expires_after(standing.pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

} // namespace hitless::registration::docker
