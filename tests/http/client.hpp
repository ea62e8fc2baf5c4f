#pragma once

#include "http/address.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace hitless::test {

/// An HTTP client that can misbehave: it sends bytes and sees what comes back.
class Client {
  public:
    /// Connects; throws when nobody listens there. `receive_buffer`: of the socket, where it is to
    /// be small.
    explicit Client(const std::string& address, int receive_buffer = 0);

    /// False when the server has closed the connection.
    bool send(std::string_view bytes);
    /// Sends no more, and still reads.
    void shut_down_sending();

    /// Reads until all that was read has this text; what was read. It ends without it when the
    /// server closes the connection, or after the limit.
    std::string read_until(std::string_view text,
                           std::chrono::milliseconds limit = std::chrono::seconds(10));
    /// Reads one answer with a Content-Length.
    std::string read_answer();
    /// Reads until the server closes the connection; what was read. Adds "TIMEOUT" after the limit.
    std::string read_all(std::chrono::milliseconds limit = std::chrono::seconds(10));

  private:
    bool read_some(std::chrono::steady_clock::time_point until);

    boost::asio::io_context context_;
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol> socket_;
    std::string read_;
    bool closed_ = false;
};

/// GET PATH with "Host: localhost" and these fields ("X: y\r\n").
std::string get(const std::string& path, const std::string& fields = "");

} // namespace hitless::test
