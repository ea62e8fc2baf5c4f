#pragma once

#include "equal/backend_servers.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

namespace hitless::test {

/// What the connections of all servers share.
struct Scene {
    using Clock = std::chrono::steady_clock;

    boost::asio::ssl::context tls{boost::asio::ssl::context::tls_server};
    std::mutex mutex;         ///< of all below
    std::string agent = "up"; ///< what agents answer
    int epoch = 0;            ///< so many times all was forgotten
    int held = 0;
    int releases = 0;
};

struct Server {
    std::string name;
    BackendServers::Seen seen;                          ///< under the scene's mutex
    std::optional<Scene::Clock::time_point> last_check; ///< likewise
};

/// The name (SNI) that the client of this connection has asked for; empty at first.
[[nodiscard]] std::string& asked_name(SSL* tls);

/// Serves one connection to a server, from an address, until its end.
boost::asio::awaitable<void> serve(Scene& scene, Server& server,
                                   boost::asio::ip::tcp::socket socket, std::string source);

/// The same for a connection to its agent.
boost::asio::awaitable<void> serve_agent(Scene& scene, Server& server,
                                         boost::asio::ip::tcp::socket socket, std::string source);

} // namespace hitless::test
