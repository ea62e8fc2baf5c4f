#pragma once

#include "hitless/base/result.hpp"
#include "hitless/etcd/settings.hpp"

#include "etcd/connection.hpp"
#include "etcd/protocol.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace hitless::etcd {

/// A Connection that logs in where the API has tokens: before the first request, and again when its
/// token is no longer taken (they expire after five minutes without use).
class Session {
  public:
    Session(boost::asio::any_io_executor executor, const Settings& settings);

    /// As in Connection.
    boost::asio::awaitable<Result<Head>> send(Request request, Connection::Limit limit);
    boost::asio::awaitable<Result<Head>> fetch(Request request, Connection::Bounds bounds);
    boost::asio::awaitable<Result<Head>> fetch(Request request, Connection::Limit limit);

    /// The next request logs in anew.
    void forget_token() { logged_in_ = false; }

    [[nodiscard]] Connection& connection() { return connection_; }

  private:
    boost::asio::awaitable<Result<Head>> exchange(std::optional<Connection::Bounds> whole,
                                                  Request request, Connection::Limit limit);
    boost::asio::awaitable<Result<Head>> log_in(Connection::Limit limit);

    const Settings settings_;
    const Protocol& protocol_;
    Connection connection_;
    bool logged_in_ = false;
};

} // namespace hitless::etcd
