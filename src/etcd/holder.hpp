#pragma once

#include "hitless/etcd/claim.hpp"

#include "etcd/answer.hpp"
#include "etcd/store.hpp"

#include <optional>
#include <string>

namespace hitless::etcd {

/// Decides, for a Claim, whose a key is and what may be done about it. Knows no nodes and no
/// protocol.
class Holder {
  public:
    using Standing = Claim::Standing;
    using Force = Claim::Force;
    using Reply = boost::asio::awaitable<Answer<Standing>>;

    Holder(Store& store, std::string value) : store_(store), value_(std::move(value)) {}

    Reply keep(Force force);
    Reply release(Force force);
    /// The key was ours, so far as is known.
    void adopt(const Holding& holding) { ours_ = holding; }
    /// The key isn't ours, for certain.
    void forget();
    /// Whether the key may be ours, as far as is known.
    [[nodiscard]] bool may_hold() const { return ours_ || doubted_; }

  private:
    using Found = std::optional<Holding>;

    [[nodiscard]] bool is_ours(const Holding& found) const;
    [[nodiscard]] bool may_take(const Holding& found, Force force) const;
    boost::asio::awaitable<Answer<Found>> write(const Found& found, Force force);

    Store& store_;
    const std::string value_;
    Found ours_;           ///< as we last knew it
    bool doubted_ = false; ///< we may have set the key: the answer was lost
};

} // namespace hitless::etcd
