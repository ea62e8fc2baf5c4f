#include "registration/once.hpp"

#include "hitless/base/text.hpp"

#include "base/event.hpp"
#include "registration/address.hpp"
#include "registration/registrar.hpp"
#include "registration/value.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

namespace hitless::registration {
namespace {

namespace asio = boost::asio;
using etcd::Claim;
using Kind = Claim::Standing::Kind;
using Clock = std::chrono::steady_clock;

/// How long to look for a node that answers.
constexpr std::chrono::seconds patience{10};

asio::awaitable<Result<std::string>> find_value(const Options& options) {
    const Content& content = options.content;
    if (!needs_address(content) || (content.port == 0 && options.deregister))
        co_return make_value(content, {});
    auto address = address_of_interface(content.interface);
    if (content.interface.empty())
        address = co_await address_towards(options.etcd);
    if (!address)
        co_return address.error();
    co_return make_value(content, *address);
}

/// Calls `step` until etcd has answered.
template <class Step>
asio::awaitable<Claim::Standing> insist(Step step) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    const auto end = Clock::now() + patience;
    for (;;) {
        Claim::Standing standing = co_await step();
        const auto next = Clock::now() + standing.pause;
        if (standing.kind != Kind::unknown || next > end)
            co_return standing;
        timer.expires_at(next);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

Claim make_claim(const asio::any_io_executor& executor, const Options& options,
                 const std::string& value) {
    return {executor,
            with_timing(options.etcd, options.ttl),
            {options.key, value, std::chrono::ceil<std::chrono::seconds>(options.ttl)}};
}

int tell(const Options& options, const Claim::Standing& standing, const char* done_word) {
    const std::string key = base::printable(options.key);
    const std::string value = base::printable(standing.holding.value, 100);
    switch (standing.kind) {
    case Kind::ours:
        log(spdlog::level::info,
            base::Event(done_word)
                .with("key", key)
                .with("value", value)
                .says(fmt::format("{} key={} value='{}'", done_word, key, value)));
        warn_of_keys_below(key, standing);
        return done;
    case Kind::nobodys:
        spdlog::info("{} isn't there, so there is nothing to remove", key);
        return done;
    case Kind::others:
        spdlog::error("{} is held by somebody else, with '{}'; --takeover would take it", key,
                      value);
        return held;
    case Kind::impossible:
        tell_impossible(standing);
        return failed;
    case Kind::unknown:
        break;
    }
    spdlog::error("etcd doesn't answer, so nothing is known about {}", key);
    return failed;
}

using Step = asio::awaitable<Claim::Standing> (Claim::*)(Claim::Force);

/// Takes the step with the claim that the options describe, and tells what came of it.
asio::awaitable<int> act(const Options& options, Step step, const char* done_word) {
    const auto value = co_await find_value(options);
    if (!value) {
        spdlog::error("{}", value.error().message);
        co_return failed;
    }
    const auto executor = co_await asio::this_coro::executor;
    Claim claim = make_claim(executor, options, *value);
    const auto force = options.takeover ? Claim::Force::any : Claim::Force::same_value;
    const auto standing = co_await insist([&] { return (claim.*step)(force); });
    co_return tell(options, standing, done_word);
}

} // namespace

asio::awaitable<int> register_once(const Options& options) {
    return act(options, &Claim::keep, "registered");
}

asio::awaitable<int> deregister(const Options& options) {
    return act(options, &Claim::release, "deregistered");
}

} // namespace hitless::registration
