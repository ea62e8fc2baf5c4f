#include "etcd/v3_store.hpp"

namespace hitless::etcd {

V3Store::V3Store(boost::asio::any_io_executor executor, const Settings& settings,
                 Registration wanted)
    : wanted_(std::move(wanted)),
      limit_(settings.timing.answer),
      session_(std::move(executor), settings) {}

void V3Store::use(const Node& node) {
    session_.connection().use(node);
}

std::optional<bool> V3Store::wrote(const Holding& holding) const {
    return is_own(holding);
}

void V3Store::forget_lease() {
    former_leases_.insert(lease_);
    lease_ = 0;
    granted_ = false;
}

/// Nobody else knows our leases' ids: what is bound to one is ours, whatever became of the lease,
/// and of the answer to the request that made it.
bool V3Store::is_own(const Holding& holding) const {
    return holding.owner != 0 && holding.value == wanted_.value &&
           (holding.owner == lease_ || former_leases_.contains(holding.owner));
}

bool V3Store::has_our_lease(const Holding& holding) const {
    return is_own(holding) && holding.owner == lease_;
}

Store::Reply<Head> V3Store::ask(Request request) {
    auto head = co_await session_.fetch(std::move(request), limit_);
    if (!head)
        co_return Refusal{Refusal::Kind::unavailable, head.error().message};
    co_return *head;
}

Store::Reply<std::optional<Holding>> V3Store::read_key() {
    const auto head = co_await ask(v3::read_key(wanted_.key));
    if (!head)
        co_return head.error();
    co_return v3::parse_reading(wanted_.key, *head, session_.connection().body());
}

Store::Reply<std::optional<Holding>> V3Store::read() {
    auto found = co_await read_key();
    if (!found || !*found || (*found)->owner == 0 || is_own(**found))
        co_return found;
    const auto head = co_await ask(v3::time_to_live((*found)->owner));
    if (!head)
        co_return head.error();
    const auto left = v3::parse_time_to_live((*found)->owner, *head, session_.connection().body());
    if (!left)
        co_return left.error();
    // A lease that is gone takes its keys along in a moment.
    (*found)->ttl = left->value_or(std::chrono::seconds(0));
    co_return found;
}

Store::Reply<bool> V3Store::have_lease() {
    if (lease_ == 0)
        lease_ = (random_() >> 1) | 1; // an int64 there
    if (!granted_) {
        const auto head = co_await ask(v3::grant(lease_, wanted_.ttl));
        if (!head)
            co_return head.error();
        const auto granted = v3::parse_grant(*head, session_.connection().body());
        if (!granted)
            co_return granted.error();
        granted_ = true;
    }
    co_return true;
}

Store::Reply<std::optional<Holding>> V3Store::put(v3::Condition condition) {
    for (bool again = false;; again = true) {
        const auto leased = co_await have_lease();
        if (!leased)
            co_return leased.error();
        const auto head = co_await ask(v3::put_key(wanted_, lease_, condition));
        if (!head)
            co_return head.error();
        if (!again && v3::is_lost_lease(*head, session_.connection().body())) {
            forget_lease();
            continue;
        }
        const auto written = v3::parse_write(*head, session_.connection().body());
        if (!written)
            co_return written.error();
        if (!*written)
            co_return std::optional<Holding>();
        co_return std::optional(Holding{wanted_.value, lease_, **written, wanted_.ttl});
    }
}

Store::Reply<std::optional<Holding>> V3Store::create() {
    return put({v3::Condition::Kind::absent, 0});
}

Store::Reply<std::optional<Holding>> V3Store::seize() {
    return put({v3::Condition::Kind::none, 0});
}

Store::Reply<std::optional<Holding>> V3Store::renew(Holding seen) {
    if (!has_our_lease(seen)) {
        auto taken = co_await put({v3::Condition::Kind::unchanged, seen.version});
        co_return taken;
    }
    const auto head = co_await ask(v3::keep_alive(lease_));
    if (!head)
        co_return head.error();
    const auto alive = v3::parse_keep_alive(lease_, *head, session_.connection().body());
    if (!alive)
        co_return alive.error();
    if (!*alive) {
        forget_lease();
        co_return std::optional<Holding>();
    }
    auto found = co_await read_key(); // a lease may live on without its key
    if (found && *found && !has_our_lease(**found))
        co_return std::optional<Holding>();
    co_return found;
}

Store::Reply<bool> V3Store::remove(Holding seen) {
    const bool by_lease = has_our_lease(seen);
    Request request = by_lease ? v3::revoke(lease_) : v3::delete_key(wanted_.key, seen.version);
    const auto head = co_await ask(std::move(request));
    if (!head)
        co_return head.error();
    if (!by_lease) {
        const auto written = v3::parse_write(*head, session_.connection().body());
        if (!written)
            co_return written.error();
        co_return written->has_value();
    }
    const auto revoked = v3::parse_revoke(*head, session_.connection().body());
    if (!revoked)
        co_return revoked.error();
    forget_lease();
    const auto left = co_await read_key(); // what another has set meanwhile
    if (!left)
        co_return left.error();
    co_return *revoked && !left->has_value();
}

Store::Reply<bool> V3Store::has_keys_below() {
    const auto head = co_await ask(v3::look_below(wanted_.key));
    if (!head)
        co_return head.error();
    co_return v3::parse_look_below(*head, session_.connection().body());
}

} // namespace hitless::etcd
