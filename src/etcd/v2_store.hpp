#pragma once

#include "etcd/connection.hpp"
#include "etcd/store.hpp"

namespace hitless::etcd {

/// A key of etcd's v2 store.
class V2Store : public Store {
  public:
    V2Store(boost::asio::any_io_executor executor, const Settings& settings, Registration wanted);

    void use(const Node& node) override;
    Reply<std::optional<Holding>> read() override;
    Reply<std::optional<Holding>> create() override;
    Reply<std::optional<Holding>> seize() override;
    Reply<std::optional<Holding>> renew(Holding seen) override;
    Reply<bool> remove(Holding seen) override;
    Reply<bool> has_keys_below() override;
    [[nodiscard]] std::optional<bool> wrote(const Holding&) const override { return std::nullopt; }

  private:
    Reply<std::optional<Holding>> ask(Request request);

    const Registration wanted_;
    const std::chrono::milliseconds limit_;
    Connection connection_;
};

} // namespace hitless::etcd
