#include "equal/client.hpp"

#include <boost/beast/http.hpp>
#include <fmt/format.h>

namespace hitless::test {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

Client::Client(std::uint16_t port, const std::string& source) : port_(port), source_(source) {
    connect();
}

void Client::connect() {
    socket_ = tcp::socket(context_, tcp::v4());
    socket_.bind({asio::ip::make_address(source_), 0});
    socket_.connect({asio::ip::address_v4::loopback(), port_});
    socket_.set_option(tcp::no_delay(true));
    buffer_.clear();
}

void Client::send(const std::string& target, const Headers& headers) {
    http::request<http::empty_body> request{http::verb::get, target, 11};
    request.set(http::field::host, "site.example");
    for (const auto& [name, value] : headers)
        request.set(name, value);
    boost::system::error_code error;
    if (!socket_.is_open())
        connect();
    http::write(socket_, request, error);
    if (error)
        socket_.close();
}

Client::Answer Client::receive() {
    if (!socket_.is_open())
        return {};
    http::response<http::string_body> response;
    boost::system::error_code error;
    http::read(socket_, buffer_, response, error);
    if (error || !response.keep_alive())
        socket_.close();
    if (error)
        return {};
    return {response.result_int(), response.body(), std::string(response[http::field::set_cookie])};
}

} // namespace hitless::test
