#include "etcd/session.hpp"

#include <utility>

namespace hitless::etcd {

namespace asio = boost::asio;
using Limit = Connection::Limit;

Session::Session(asio::any_io_executor executor, const Settings& settings)
    : settings_(settings),
      protocol_(protocol_of(settings.api)),
      connection_(std::move(executor), settings) {
    if (protocol_.log_in(settings_))
        connection_.authorize({}); // with the token, when there is one
}

asio::awaitable<Result<Head>> Session::send(Request request, Limit limit) {
    return exchange(std::nullopt, std::move(request), limit);
}

asio::awaitable<Result<Head>> Session::fetch(Request request, Connection::Bounds bounds) {
    return exchange(bounds, std::move(request), bounds.silence);
}

asio::awaitable<Result<Head>> Session::fetch(Request request, Limit limit) {
    return fetch(std::move(request), Connection::Bounds{limit, limit, settings_.sizes.other});
}

/// Logs in. What refuses that is, for the caller, the answer to its own request.
asio::awaitable<Result<Head>> Session::log_in(Limit limit) {
    auto request = protocol_.log_in(settings_);
    if (!request)
        co_return Head{200, 0, {}};
    connection_.authorize({}); // etcd refuses even this request for the sake of an old token
    auto head = co_await connection_.fetch(std::move(*request), limit);
    if (!head)
        co_return head;
    const auto token = protocol_.parse_token(*head, connection_.body());
    if (!token)
        co_return head;
    connection_.authorize(*token);
    logged_in_ = true;
    co_return Head{200, 0, {}};
}

/// A request that is refused because of an old token is sent once more, with a new one.
asio::awaitable<Result<Head>> Session::exchange(std::optional<Connection::Bounds> whole,
                                                Request request, Limit limit) {
    const bool with_old_token = logged_in_;
    if (!logged_in_) {
        auto entered = co_await log_in(limit);
        if (!entered || entered->status != 200)
            co_return entered;
    }
    Result<Head> head = fail("not asked");
    if (whole)
        head = co_await connection_.fetch(request, *whole);
    else
        head = co_await connection_.send(request, limit);
    if (!head || head->status != 401 || !with_old_token)
        co_return head;
    connection_.close(); // whatever is left of this answer
    logged_in_ = false;
    co_return co_await exchange(whole, std::move(request), limit);
}

} // namespace hitless::etcd
