#pragma once

#include "hitless/base/result.hpp"
#include "hitless/etcd/settings.hpp"

#include "etcd/node.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <variant>

namespace hitless::etcd {

/// A connected byte stream to a node: TCP, or TLS on it. Its time limits are those of Beast's
/// tcp_stream.
class Transport {
  public:
    static constexpr auto use_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

    /// Connects and, for https, shakes hands: the node's certificate must be trusted and name the
    /// node. Certificates are read from their files each time, so that new ones are taken up. On
    /// success `transport` is open; while this runs, close() on it ends it.
    static boost::asio::awaitable<Result<void>> connect(std::unique_ptr<Transport>& transport,
                                                        boost::asio::any_io_executor executor,
                                                        const Node& node, const Settings& settings);

    /// Calls `operation` with the stream.
    template <class Operation>
    decltype(auto) with(Operation&& operation) {
        return std::visit(std::forward<Operation>(operation), stream_);
    }

    boost::beast::tcp_stream& tcp();
    void close();

  private:
    using Plain = boost::beast::tcp_stream;
    using Secure = boost::beast::ssl_stream<Plain>;

    explicit Transport(Plain stream) : stream_(std::move(stream)) {}
    explicit Transport(Secure stream) : stream_(std::move(stream)) {}

    static Result<std::unique_ptr<Transport>> create(const boost::asio::any_io_executor& executor,
                                                     const Node& node, const Settings& settings);
    boost::asio::awaitable<Result<void>> connect_tcp(const Node& node,
                                                     std::chrono::milliseconds limit);
    boost::asio::awaitable<Result<void>> shake_hands(Secure& stream, const Node& node);

    std::variant<Plain, Secure> stream_;
};

} // namespace hitless::etcd
