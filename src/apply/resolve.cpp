#include "hitless/apply/resolve.hpp"

#include "hitless/apply/lookups.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace hitless::apply {

namespace asio = boost::asio;

asio::awaitable<void> resolve(std::vector<std::string> names, plan::Names& known) {
    constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer changed(executor, asio::steady_timer::time_point::max());
    Resolver resolver(executor);
    Lookups lookups(executor, resolver, {}, [&](const confd::Question&) { changed.cancel(); });
    std::erase_if(names, [&](const std::string& name) { return known.contains(name); });
    for (;;) {
        std::erase_if(names, [&](const std::string& name) {
            const auto* const answer = lookups.find({confd::Question::Kind::addresses, name});
            if (answer != nullptr)
                known.insert_or_assign(name, answer->addresses);
            return answer != nullptr;
        });
        if (names.empty())
            co_return;
        co_await changed.async_wait(use_tuple);
    }
}

} // namespace hitless::apply
