#include "http/listening.hpp"

#include "base/event.hpp"
#include "http/address.hpp"
#include "http/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace hitless::http {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds between_tries{5};

} // namespace

Listening::Listening(const asio::any_io_executor& executor, Server& server, std::string program)
    : server_(server), program_(std::move(program)), next_try_(executor) {}

bool Listening::listen(const std::string& text, bool is_first_try) {
    const auto address = parse_address(text);
    const auto where = address ? server_.listen(*address) : Result<std::string>(address.error());
    if (where)
        log(spdlog::level::info,
            base::Event("http")
                .with("address", *where)
                .says(fmt::format("what {} does can be seen at {}{}", program_,
                                  address->is_unix() ? "" : "http://", *where)));
    else if (is_first_try)
        spdlog::error("{}; this is tried again every {} s, and all else goes on",
                      where.error().message, between_tries.count());
    return where.has_value();
}

asio::awaitable<void> Listening::run(std::vector<std::string> addresses) {
    for (bool is_first_try = true; !is_stopped_; is_first_try = false) {
        std::erase_if(addresses,
                      [&](const std::string& text) { return listen(text, is_first_try); });
        if (addresses.empty())
            break;
        next_try_.expires_after(between_tries);
        co_await next_try_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

void Listening::stop() {
    is_stopped_ = true;
    next_try_.cancel();
}

base::Flag address_flag(const std::string& what, std::vector<std::string>& target) {
    return {"http", "ADDRESS",
            fmt::format("tell there over HTTP {}; IP:PORT or the path of a Unix socket; may be "
                        "given many times (default nowhere)",
                        what),
            [&target](const std::string& text) -> Result<void> {
                if (const auto address = parse_address(text); !address)
                    return address.error();
                target.push_back(text);
                return {};
            }};
}

base::Flag host_flag(std::vector<std::string>& target) {
    return base::texts_flag("http-host", "NAME",
                            "answer over HTTP also under this name of the machine or of a proxy, "
                            "beside addresses and localhost; may be given many times",
                            target);
}

} // namespace hitless::http
