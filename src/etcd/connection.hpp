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
#include <utility>

namespace hitless::etcd {

/// What a connection sends.
struct Request {
    enum class Method { get, put, post, remove };
    Method method = Method::get;
    std::string target;    ///< path and query
    std::string body;      ///< sent with `type`; empty: none
    const char* type = ""; ///< its Content-Type

    static Request get(std::string target) { return {Method::get, std::move(target), {}, ""}; }
};

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

    /// What the Authorization header says from now on, instead of the settings' user name and
    /// password; empty: no such header.
    void authorize(std::string credentials);

    /// Sends the request, connecting first if need be, and returns the head of the answer. A kept
    /// connection that turns out to be closed is opened once more, so that the request may reach
    /// etcd twice. `limit` is the longest silence.
    boost::asio::awaitable<Result<Head>> send(Request request, Limit limit);

    enum class Body {
        more,   ///< something was added to body(), or a part of the answer's frame came
        ended,  ///< the answer is complete
        silent, ///< nothing came within the limit; the connection is closed
    };
    /// Waits for more of the answer's body. After an error the connection is closed.
    boost::asio::awaitable<Result<Body>> read_some(Limit limit);

    /// The answer's body as far as it is here. What has been used may be erased.
    [[nodiscard]] std::string& body();

    /// How long and how large a body may be.
    struct Bounds {
        Limit silence; ///< the longest
        Limit whole;   ///< from the head to the end
        std::size_t size;
    };
    /// Waits for the rest of the body.
    boost::asio::awaitable<Result<void>> read_all(Bounds bounds);
    /// send() and read_all(). A body whose status isn't 200 is a short one.
    boost::asio::awaitable<Result<Head>> fetch(Request request, Bounds bounds);
    /// The same of an answer that is short at any rate.
    boost::asio::awaitable<Result<Head>> fetch(Request request, Limit limit);

  private:
    struct Implementation;
    std::unique_ptr<Implementation> self_;
};

} // namespace hitless::etcd
