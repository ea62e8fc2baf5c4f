#include "render/slots.hpp"

#include "hitless/apply/session.hpp"
#include "hitless/base/file.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/plan/slots.hpp"

#include "base/run_to_end.hpp"

#include <boost/asio/this_coro.hpp>
#include <spdlog/spdlog.h>

namespace hitless::render {
namespace {

namespace asio = boost::asio;

asio::awaitable<Result<haproxy::Info>> ask(std::string socket) {
    apply::Session proxy(co_await asio::this_coro::executor, std::move(socket));
    const auto identity = co_await proxy.identify();
    if (!identity)
        co_return identity.error();
    co_return proxy.info();
}

std::vector<std::string> sockets_of(const std::string& file) {
    const auto text = base::read_file(file);
    const auto config =
        text ? haproxy::Config::parse(*text) : Result<haproxy::Config>(text.error());
    return config ? haproxy::admin_sockets(*config) : std::vector<std::string>();
}

haproxy::Info running_haproxy(const std::string& dest, const haproxy::Config& wanted) {
    std::vector<std::string> sockets = sockets_of(dest);
    if (sockets.empty())
        sockets = haproxy::admin_sockets(wanted);
    if (sockets.empty())
        return {};
    auto info = base::run_to_end(ask(sockets.front()));
    if (info)
        return std::move(*info);
    spdlog::warn("{}: spare servers as for a new HAProxy, since the one that runs can't be asked "
                 "what it can do: {}",
                 dest, info.error().message);
    return {};
}

} // namespace

std::string with_slots(const confd::Resource& resource, std::string text, int number) {
    if (number == 0 || !haproxy::looks_like_haproxy(text))
        return text;
    const auto config = haproxy::Config::parse(text);
    if (!config)
        return text;
    return plan::with_slots(*config, running_haproxy(resource.dest, *config), number).text();
}

} // namespace hitless::render
