#include "hitless/apply/resolve.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <memory>

namespace hitless::apply {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds patience{3};

/// What the look-ups of one call share. A look-up can't be interrupted: one that outlives its
/// caller's patience ends in here, unheard.
struct Lookups {
    explicit Lookups(const asio::any_io_executor& executor) : all_done(executor) {}

    asio::steady_timer all_done;
    std::size_t open = 0;
    plan::Names found;
};

asio::awaitable<void> look_up(std::string name, std::shared_ptr<Lookups> lookups) {
    tcp::resolver resolver(co_await asio::this_coro::executor);
    const auto [error, results] = co_await resolver.async_resolve(name, "", use_tuple);
    std::vector<std::string>& addresses = lookups->found[name];
    // In the resolver's order: HAProxy takes the first one.
    for (const auto& result : results) {
        auto address = result.endpoint().address().to_string();
        if (std::ranges::find(addresses, address) == addresses.end())
            addresses.push_back(std::move(address));
    }
    if (--lookups->open == 0)
        lookups->all_done.cancel();
}

} // namespace

asio::awaitable<void> resolve(std::vector<std::string> names, plan::Names& known) {
    std::erase_if(names, [&](const std::string& name) { return known.contains(name); });
    if (names.empty())
        co_return;
    const auto executor = co_await asio::this_coro::executor;
    const auto lookups = std::make_shared<Lookups>(executor);
    lookups->open = names.size();
    lookups->all_done.expires_after(patience);
    for (const std::string& name : names)
        asio::co_spawn(executor, look_up(name, lookups), asio::detached);
    co_await lookups->all_done.async_wait(use_tuple);
    for (std::string& name : names)
        known.insert_or_assign(name, lookups->found[name]);
}

} // namespace hitless::apply
