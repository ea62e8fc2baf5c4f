#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hitless::base {

struct HostAnswer {
    boost::system::error_code error;
    std::vector<boost::asio::ip::tcp::endpoint> endpoints;
};

/// Looks a host's addresses up; nullopt: there was no answer within `limit`. Unlike Asio's own
/// resolver, which has one thread and waits for it at its end, a look-up that hangs holds up
/// neither others nor the end of the process.
boost::asio::awaitable<std::optional<HostAnswer>> look_up_host(std::string host, std::uint16_t port,
                                                               std::chrono::milliseconds limit);

} // namespace hitless::base
