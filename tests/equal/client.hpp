#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace hitless::test {

/// One connection of a client, from a loopback address of its choice.
class Client {
  public:
    using Headers = std::map<std::string, std::string>;

    struct Answer {
        unsigned status = 0; ///< 0: the connection ended without one
        std::string body;
        std::string cookie; ///< of Set-Cookie
    };

    Client(std::uint16_t port, const std::string& source);

    void send(const std::string& target, const Headers& headers = {});
    Answer receive();
    Answer ask(const std::string& target, const Headers& headers = {}) {
        send(target, headers);
        return receive();
    }

  private:
    void connect();

    boost::asio::io_context context_;
    boost::asio::ip::tcp::socket socket_{context_};
    boost::beast::flat_buffer buffer_;
    std::uint16_t port_;
    std::string source_;
};

} // namespace hitless::test
