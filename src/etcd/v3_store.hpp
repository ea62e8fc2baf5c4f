#pragma once

#include "etcd/session.hpp"
#include "etcd/store.hpp"
#include "etcd/v3_write.hpp"

#include <random>
#include <set>

namespace hitless::etcd {

/// A key of etcd's v3 store, bound to a lease of ours.
class V3Store : public Store {
  public:
    V3Store(boost::asio::any_io_executor executor, const Settings& settings, Registration wanted);

    void use(const Node& node) override;
    Reply<std::optional<Holding>> read() override;
    Reply<std::optional<Holding>> create() override;
    Reply<std::optional<Holding>> seize() override;
    Reply<std::optional<Holding>> renew(Holding seen) override;
    Reply<bool> remove(Holding seen) override;
    Reply<bool> has_keys_below() override;
    [[nodiscard]] std::optional<bool> wrote(const Holding& holding) const override;

  private:
    Reply<Head> ask(Request request);
    Reply<std::optional<Holding>> read_key();
    Reply<bool> have_lease();
    Reply<std::optional<Holding>> put(v3::Condition condition);
    [[nodiscard]] bool is_own(const Holding& holding) const;
    [[nodiscard]] bool has_our_lease(const Holding& holding) const;

    const Registration wanted_;
    const std::chrono::milliseconds limit_;
    Session session_;
    std::mt19937_64 random_{std::random_device{}()};
    std::uint64_t lease_ = 0; ///< ours; 0 when there is none
    bool granted_ = false;    ///< etcd has told that it has it
    /// The ids of leases of ours that are over. Their keys go away with them, but not at once.
    std::set<std::uint64_t> former_leases_;

    void forget_lease();
};

} // namespace hitless::etcd
