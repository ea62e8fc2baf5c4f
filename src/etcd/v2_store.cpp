#include "etcd/v2_store.hpp"

#include "etcd/v2_write.hpp"

namespace hitless::etcd {

using boost::asio::awaitable;

V2Store::V2Store(boost::asio::any_io_executor executor, const Settings& settings,
                 Registration wanted)
    : wanted_(std::move(wanted)),
      limit_(settings.timing.answer),
      connection_(std::move(executor), settings) {}

void V2Store::use(const Node& node) {
    connection_.use(node);
}

Store::Reply<std::optional<Holding>> V2Store::ask(Request request) {
    const auto head = co_await connection_.fetch(std::move(request), limit_);
    if (!head)
        co_return Refusal{Refusal::Kind::unavailable, head.error().message};
    co_return v2::parse_key(wanted_.key, *head, connection_.body());
}

Store::Reply<std::optional<Holding>> V2Store::read() {
    return ask(v2::read_key(wanted_.key));
}

Store::Reply<std::optional<Holding>> V2Store::create() {
    connection_.close(); // on a kept connection it might be sent twice, and then find itself
    return ask(v2::create_key(wanted_));
}

Store::Reply<std::optional<Holding>> V2Store::seize() {
    return ask(v2::set_key(wanted_));
}

Store::Reply<std::optional<Holding>> V2Store::renew(Holding seen) {
    return ask(v2::refresh_key(wanted_, seen.version));
}

Store::Reply<bool> V2Store::remove(Holding seen) {
    const auto removed = co_await ask(v2::delete_key(wanted_.key, seen.version));
    if (!removed)
        co_return removed.error();
    co_return removed->has_value();
}

/// A key with a value has none in this store.
Store::Reply<bool> V2Store::has_keys_below() {
    co_return false;
}

} // namespace hitless::etcd
