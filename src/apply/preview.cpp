#include "hitless/apply/preview.hpp"

#include "hitless/apply/proxy.hpp"
#include "hitless/apply/resolve.hpp"
#include "hitless/plan/slots.hpp"

#include <boost/asio/this_coro.hpp>

namespace hitless::apply {

boost::asio::awaitable<Result<plan::Plan>> preview(std::string socket, haproxy::Config loaded,
                                                   haproxy::Config wanted) {
    Proxy proxy(co_await boost::asio::this_coro::executor, std::move(socket));
    if (const auto identity = co_await proxy.identify(); !identity)
        co_return identity.error();
    if (const auto read = co_await proxy.read_servers(); !read)
        co_return read.error();
    proxy.adopt_options(loaded);
    auto servers = plan::every_server(wanted, proxy.running());
    // A backend that the process doesn't have comes with a reload, and its servers with it.
    std::erase_if(servers, [&](const plan::ServerChange& server) {
        return loaded.find_backend(server.backend) == nullptr;
    });
    plan::Names names;
    co_await resolve(plan::names_to_resolve(wanted, servers), names);
    proxy.recognize_slots(wanted, names);
    const bool slots = plan::without_slots(loaded).text() != loaded.text();
    co_return plan::make_plan({wanted, proxy.running(), proxy.info(), names, false, slots},
                              servers);
}

} // namespace hitless::apply
