#include "etcd/holder.hpp"

#include <utility>

namespace hitless::etcd {
namespace {

using Kind = Claim::Standing::Kind;

/// Others may write between our look and our write, but not for ever.
constexpr int most_races = 5;

Claim::Standing standing(Kind kind, const Holding& holding = {}, bool is_new = false) {
    return {kind, holding, is_new, {}};
}

Refusal lost_races() {
    return {Refusal::Kind::unavailable,
            "the key has changed between each look at it and the write after it"};
}

} // namespace

bool Holder::is_ours(const Holding& found) const {
    const bool is_unchanged =
        ours_ && ours_->owner == found.owner && ours_->version == found.version;
    if (is_unchanged) // also what a store can't tell by the owner, as an earlier run wrote it
        return true;
    if (const auto wrote = store_.wrote(found))
        return *wrote;
    if (found.value != value_)
        return false;
    return doubted_ || (ours_ && ours_->owner == found.owner);
}

bool Holder::may_take(const Holding& found, Force force) const {
    switch (force) {
    case Force::none: // whoever is alive has a TTL to renew
        return found.value == value_ && !found.ttl;
    case Force::same_value:
        return found.value == value_;
    case Force::any:
        return true;
    }
    return false;
}

void Holder::forget() {
    ours_.reset();
    doubted_ = false;
}

boost::asio::awaitable<Answer<Holder::Found>> Holder::write(const Found& found, Force force) {
    if (found && (found->value == value_ && force != Force::any)) {
        auto renewed = co_await store_.renew(*found);
        co_return renewed;
    }
    const bool doubted_before = std::exchange(doubted_, true);
    auto writing = found ? store_.seize() : store_.create();
    auto written = co_await std::move(writing);
    if (written)
        doubted_ = doubted_before;
    co_return written;
}

Holder::Reply Holder::keep(Force force) {
    if (ours_) {
        auto renewed = co_await store_.renew(*ours_);
        if (!renewed)
            co_return renewed.error();
        if (*renewed) {
            ours_ = **renewed;
            co_return standing(Kind::ours, *ours_);
        }
    }
    for (int race = 0; race < most_races; ++race) {
        auto found = co_await store_.read();
        if (!found)
            co_return found.error();
        const bool known = *found && is_ours(**found);
        if (*found && !known && !may_take(**found, force)) {
            forget();
            co_return standing(Kind::others, **found);
        }
        auto written = co_await write(*found, known ? Force::none : force);
        if (!written)
            co_return written.error();
        if (*written) {
            const bool is_new = !known || !ours_;
            ours_ = **written;
            doubted_ = false;
            co_return standing(Kind::ours, *ours_, is_new);
        }
    }
    co_return lost_races();
}

Holder::Reply Holder::release(Force force) {
    for (int race = 0; race < most_races; ++race) {
        Found target = race == 0 && ours_ ? ours_ : Found();
        if (!target) {
            auto found = co_await store_.read();
            if (!found)
                co_return found.error();
            target = *found;
        }
        if (!target)
            co_return standing(Kind::nobodys);
        const bool allowed = is_ours(*target) || (force != Force::none && may_take(*target, force));
        if (!allowed)
            co_return standing(Kind::others, *target);
        const auto removed = co_await store_.remove(*target);
        if (!removed)
            co_return removed.error();
        if (*removed) {
            forget();
            co_return standing(Kind::ours, *target);
        }
    }
    co_return lost_races();
}

} // namespace hitless::etcd
