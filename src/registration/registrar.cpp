#include "registration/registrar.hpp"

#include "hitless/base/text.hpp"

#include "base/event.hpp"
#include "registration/metrics.hpp"
#include "registration/value.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace hitless::registration {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

/// How often another's key is looked at until it is clear whether it is renewed.
constexpr milliseconds look_interval{500};

std::chrono::seconds whole_seconds(milliseconds time) {
    return std::chrono::ceil<std::chrono::seconds>(time);
}

} // namespace

etcd::Settings with_timing(etcd::Settings settings, milliseconds ttl) {
    // A node that hangs must be left early enough to renew the key at another one.
    const milliseconds third = std::max(ttl / 3, milliseconds(1'000));
    settings.timing.answer = std::min(settings.timing.answer, third);
    settings.timing.connect = std::min(settings.timing.connect, third);
    settings.timing.longest_pause = std::min(settings.timing.longest_pause, third);
    return settings;
}

void tell_impossible(const etcd::Claim::Standing& standing) {
    spdlog::error("{}; choose another --key: a service's own, as /app/servers/web1 is",
                  standing.why);
}

void warn_of_keys_below(const std::string& key, const etcd::Claim::Standing& standing) {
    if (standing.has_keys_below)
        spdlog::warn("there are keys below {0}, as in a directory: a template that lists {0}/* "
                     "doesn't see {0} itself. If it should, choose a --key such as {0}/web1",
                     key);
}

Registrar::Registrar(const asio::any_io_executor& executor, const Options& options,
                     const std::string& value, telemetry::Metrics& metrics)
    : key_(base::printable(options.key)),
      value_(value),
      ttl_(whole_seconds(options.ttl)),
      takeover_(options.takeover),
      claim_(executor, with_timing(options.etcd, options.ttl),
             {options.key, value, whole_seconds(options.ttl)}),
      timer_(executor),
      of_container_(options.docker.on),
      metrics_(metrics) {
    report_.key = key_;
    report_.address = address_in(value);
}

void Registrar::adopt(const etcd::Holding& holding) {
    claim_.adopt(holding);
    noted_ = holding;
}

void Registrar::note_ours(const etcd::Holding& holding) {
    if (!held_ || (noted_ && noted_->owner == holding.owner))
        return;
    noted_ = holding;
    held_(noted_);
}

void Registrar::stop() {
    stopping_ = true;
    timer_.cancel();
}

asio::awaitable<void> Registrar::wait_until(Clock::time_point end) {
    timer_.expires_at(end);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<Registrar::Outcome> Registrar::run() {
    using Force = etcd::Claim::Force;
    const Force first = takeover_ ? Force::any : Force::none;
    Force force = first;
    while (!stopping_) {
        const auto begun = Clock::now();
        const Standing standing = co_await claim_.keep(force);
        note_report(standing);
        force = was_ours_ ? Force::none : first;
        auto next = begun + look_interval;
        switch (standing.kind) {
        case Standing::Kind::ours:
            note_ours(standing.holding);
            tell_ours(standing);
            renewed_ = begun;
            force = Force::none;
            next = begun + ttl_ / 3;
            break;
        case Standing::Kind::others:
            switch (judge(standing.holding)) {
            case Rival::Verdict::alive:
                co_return was_ours_ ? Outcome::taken : Outcome::held;
            case Rival::Verdict::abandoned:
                force = Force::same_value;
                continue;
            case Rival::Verdict::unsure:
                break;
            }
            break;
        case Standing::Kind::nobodys:
            continue;
        case Standing::Kind::impossible:
            if (!was_ours_) {
                if (of_container_)
                    spdlog::error("{}; choose another label hitless.key", standing.why);
                else
                    tell_impossible(standing);
                co_return Outcome::impossible;
            }
            tell_displaced(standing);
            next = Clock::now() + standing.pause;
            break;
        case Standing::Kind::unknown:
            tell_unreachable();
            next = Clock::now() + standing.pause;
            break;
        }
        if (!stopping_)
            co_await wait_until(next);
    }
    co_return co_await let_go();
}

void Registrar::note_report_ours(bool is_new) {
    const auto now = std::chrono::system_clock::now();
    if (is_new) {
        metrics_.count(metric::registrations, {was_ours_ ? "lost" : "first"});
    } else {
        metrics_.count(metric::renewals, {"done"});
        ++report_.renewals;
    }
    if (is_new || report_.state != KeyReport::State::registered)
        report_.since = now;
    report_.renewed = now;
    report_.state = KeyReport::State::registered;
}

void Registrar::note_report(const Standing& standing) {
    using State = KeyReport::State;
    const bool is_asked_again = standing.kind == Standing::Kind::nobodys;
    if (is_asked_again)
        return;
    report_.is_etcd_connected = standing.kind != Standing::Kind::unknown;
    report_.trouble = standing.why;
    switch (standing.kind) {
    case Standing::Kind::ours:
        note_report_ours(standing.is_new);
        return;
    case Standing::Kind::others:
        if (report_.state != State::held_by_another)
            metrics_.count(metric::conflicts);
        report_.state = State::held_by_another;
        break;
    case Standing::Kind::impossible:
        report_.state = was_ours_ ? State::lost : State::impossible;
        break;
    case Standing::Kind::unknown:
        if (was_ours_)
            metrics_.count(metric::renewals, {"failed"});
        if (report_.state != State::registered || Clock::now() - renewed_ <= ttl_)
            return;
        report_.state = State::lost;
        break;
    case Standing::Kind::nobodys:
        break;
    }
    report_.since.reset();
}

Rival::Verdict Registrar::judge(const etcd::Holding& holding) {
    const std::string value = base::printable(holding.value, 100);
    const bool is_first_look = !rival_;
    if (is_first_look)
        rival_.emplace(value_, whole_seconds(ttl_));
    const auto verdict = rival_->look(holding, Clock::now());
    const std::string_view forever = holding.ttl ? "" : " and no TTL";
    if (verdict == Rival::Verdict::alive && was_ours_)
        spdlog::error(
            "{} was taken over: it holds '{}'{} now, which another has set; this instance "
            "isn't registered any more",
            key_, value, forever);
    else if (verdict == Rival::Verdict::alive)
        spdlog::error("{} is held by another instance, with '{}'{}; {}", key_, value, forever,
                      of_container_ ? "trying again from time to time"
                                    : "--takeover would take it");
    else if (verdict == Rival::Verdict::unsure && is_first_look)
        spdlog::warn("{} holds '{}' of another instance: waiting to see whether that one renews it "
                     "or it goes away (in {} s at most)",
                     key_, value, holding.ttl->count());
    return verdict;
}

void Registrar::tell_ours(const Standing& standing) {
    loss_told_ = false;
    displaced_told_.clear();
    rival_.reset();
    if (standing.is_new || !was_ours_)
        log(spdlog::level::info,
            base::Event("registered")
                .with("key", key_)
                .with("value", value_)
                .with("ttl_s", ttl_.count() / 1000)
                .says(fmt::format("registered{} key={} value='{}' ttl={}s",
                                  was_ours_         ? " again, as it was lost"
                                  : standing.is_new ? ""
                                                    : ", as before,",
                                  key_, base::printable(value_), ttl_.count() / 1000)));
    warn_of_keys_below(key_, standing);
    was_ours_ = true;
}

void Registrar::tell_unreachable() {
    if (was_ours_ && Clock::now() - renewed_ > ttl_ && !std::exchange(loss_told_, true))
        spdlog::warn("{} couldn't be renewed for {} s, so it is gone by now: registering again "
                     "when etcd is back; the service runs on",
                     key_, ttl_.count() / 1000);
}

void Registrar::tell_displaced(const Standing& standing) {
    loss_told_ = true;
    rival_.reset();
    if (std::exchange(displaced_told_, standing.why) != standing.why)
        spdlog::error("{} can't hold its value now: {}. The service runs on without being "
                      "registered; trying again until the key can hold its value",
                      key_, standing.why);
}

asio::awaitable<Registrar::Outcome> Registrar::let_go() {
    while (claim_.may_hold()) {
        const Standing standing = co_await claim_.release();
        if (standing.kind != Standing::Kind::unknown)
            report_.state = KeyReport::State::waiting;
        switch (standing.kind) {
        case Standing::Kind::ours:
            log(spdlog::level::info, base::Event("deregistered").with("key", key_));
            co_return Outcome::released;
        case Standing::Kind::nobodys:
            spdlog::info("{} was gone already, so there is nothing to remove", key_);
            co_return Outcome::released;
        case Standing::Kind::others:
            spdlog::warn("{} is left alone: it holds '{}' now, which somebody else has set", key_,
                         base::printable(standing.holding.value, 100));
            co_return Outcome::taken;
        case Standing::Kind::impossible:
            spdlog::info("{} was gone already: {}", key_, standing.why);
            co_return Outcome::released;
        case Standing::Kind::unknown:
            co_await wait_until(Clock::now() + standing.pause);
        }
    }
    co_return Outcome::released;
}

} // namespace hitless::registration
