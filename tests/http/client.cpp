#include "http/client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <charconv>
#include <poll.h>
#include <stdexcept>
#include <utility>

namespace hitless::test {

namespace asio = boost::asio;

Client::Client(const std::string& address, int receive_buffer) : socket_(context_) {
    const auto where = http::parse_address(address);
    if (!where)
        throw std::runtime_error(where.error().message);
    socket_.open(where->endpoint.protocol());
    if (receive_buffer > 0)
        socket_.set_option(asio::socket_base::receive_buffer_size(receive_buffer));
    socket_.connect(where->endpoint);
}

bool Client::send(std::string_view bytes) {
    boost::system::error_code error;
    asio::write(socket_, asio::buffer(bytes), error);
    return !error;
}

void Client::shut_down_sending() {
    socket_.shutdown(asio::socket_base::shutdown_send);
}

bool Client::read_some(std::chrono::steady_clock::time_point until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd ready{socket_.native_handle(), POLLIN, 0};
    if (closed_ || left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0)
        return false;
    std::array<char, 65536> piece;
    boost::system::error_code error;
    const std::size_t count = socket_.read_some(asio::buffer(piece), error);
    closed_ = bool(error);
    read_.append(piece.data(), count);
    return !closed_;
}

std::string Client::read_until(std::string_view text, std::chrono::milliseconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (read_.find(text) == std::string::npos && read_some(until)) {
    }
    const std::size_t end = std::min(read_.find(text), read_.size());
    std::string found = read_.substr(0, std::min(end + text.size(), read_.size()));
    read_.erase(0, found.size());
    return found;
}

std::string Client::read_answer() {
    std::string answer = read_until("\r\n\r\n");
    constexpr std::string_view field = "Content-Length: ";
    const std::size_t at = answer.find(field);
    std::size_t length = 0;
    if (at != std::string::npos)
        std::from_chars(answer.data() + at + field.size(), answer.data() + answer.size(), length);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (read_.size() < length && read_some(until)) {
    }
    answer += read_.substr(0, length);
    read_.erase(0, length);
    return answer;
}

std::string Client::read_all(std::chrono::milliseconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (read_some(until)) {
    }
    return std::exchange(read_, {}) + (closed_ ? "" : "TIMEOUT");
}

std::string get(const std::string& path, const std::string& fields) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

} // namespace hitless::test
