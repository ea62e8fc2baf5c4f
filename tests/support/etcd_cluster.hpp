#pragma once

#include "support/etcd_server.hpp"

#include <memory>
#include <string>
#include <vector>

namespace hitless::test {

/// Real etcd nodes that form one cluster.
class EtcdCluster {
  public:
    /// Starts `size` nodes and waits until each is healthy. Throws with a log when one isn't.
    /// Their put() and so on change the store of that API.
    explicit EtcdCluster(std::size_t size = 3, etcd::Settings::Api api = etcd::Settings::Api::v2);

    [[nodiscard]] std::size_t size() const { return nodes_.size(); }
    [[nodiscard]] EtcdServer& node(std::size_t number) { return *nodes_.at(number); }
    [[nodiscard]] std::vector<std::string> urls() const;

    /// The number of the leader, as the nodes that run tell it; size() when there is none.
    [[nodiscard]] std::size_t leader() const;

  private:
    std::vector<std::unique_ptr<EtcdServer>> nodes_;
};

} // namespace hitless::test
