#pragma once

#include "hitless/base/result.hpp"
#include "hitless/etcd/settings.hpp"

#include "etcd/answer.hpp"
#include "etcd/node.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace hitless::etcd {

/// One HTTP/1.1 connection, plain or TLS, that is kept open from request to request. One coroutine
/// at a time may use it; close() may be called beside it and makes what is under way fail.
class Connection {
  public:
    using Limit = std::chrono::milliseconds;

    Connection(boost::asio::any_io_executor executor, const Settings& settings);
    ~Connection();

    /// From now on, talks to this node.
    void use(const Node& node);
    void close();
    [[nodiscard]] bool is_open() const;

    /// Sends GET `target`, connecting first if need be, and returns the head of the answer. A kept
    /// connection that turns out to be closed is opened once more. `limit` is the longest silence.
    boost::asio::awaitable<Result<Head>> get(std::string target, Limit limit);

    enum class Body {
        more,   ///< something was added to body()
        ended,  ///< the answer is complete
        silent, ///< nothing came within the limit; the connection is closed
    };
    /// Waits for more of the answer's body. After an error the connection is closed.
    boost::asio::awaitable<Result<Body>> read_some(Limit limit);

    /// The answer's body as far as it is here. What has been used may be erased.
    [[nodiscard]] std::string& body();

    /// get() and the whole body.
    boost::asio::awaitable<Result<Head>> fetch(std::string target, Limit limit);

  private:
    struct Implementation;
    std::unique_ptr<Implementation> self_;
};

} // namespace hitless::etcd
