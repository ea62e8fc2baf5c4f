#pragma once

#include "hitless/etcd/claim.hpp"

#include "etcd/answer.hpp"
#include "etcd/node.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>

namespace hitless::etcd {

/// The key of a Registration in etcd, for writing. An error means that it isn't known whether the
/// write happened.
class Store {
  public:
    template <class T>
    using Reply = boost::asio::awaitable<Answer<T>>;

    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    /// From now on, talks to this node, on a new connection.
    virtual void use(const Node& node) = 0;

    /// nullopt: the key isn't there.
    virtual Reply<std::optional<Holding>> read() = 0;
    /// Sets the key unless it is there; nullopt: it is. Never sent twice.
    virtual Reply<std::optional<Holding>> create() = 0;
    /// Sets the key, whoever holds it, so that its owner is another than before.
    virtual Reply<std::optional<Holding>> seize() = 0;
    /// Gives the key its whole TTL and makes it ours, unless it was written since it was `seen`;
    /// nullopt: it was, or it is gone.
    virtual Reply<std::optional<Holding>> renew(Holding seen) = 0;
    /// Removes the key unless it was written since it was `seen`; false: it was, or it is gone.
    virtual Reply<bool> remove(Holding seen) = 0;
    /// Whether there are keys whose names begin with this one's and a slash.
    virtual Reply<bool> has_keys_below() = 0;
    /// Whether we wrote that; nullopt when the store can't tell by the owner alone.
    [[nodiscard]] virtual std::optional<bool> wrote(const Holding& holding) const = 0;
};

} // namespace hitless::etcd
