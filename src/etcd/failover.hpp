#pragma once

#include "hitless/base/shared_troubles.hpp"
#include "hitless/etcd/settings.hpp"

#include "etcd/answer.hpp"
#include "etcd/node.hpp"

#include <chrono>
#include <memory>
#include <random>
#include <vector>

namespace hitless::etcd {

/// Which node to talk to, how long to pause after a failure, and what is worth a line of the log.
/// Does no I/O and takes no clock.
class Failover {
  public:
    /// `troubles`: those of others that talk to the same nodes, of which each is told once.
    Failover(std::vector<Node> nodes, Timing timing, std::uint32_t seed = std::random_device{}(),
             std::shared_ptr<base::SharedTroubles> troubles = nullptr);
    Failover(const Failover&) = delete;
    Failover& operator=(const Failover&) = delete;
    ~Failover();

    [[nodiscard]] const Node& node() const { return nodes_[current_]; }
    [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }

    /// Nodes that were learned; those that are known already are left out.
    void add(const std::vector<Node>& nodes);

    /// What to do about a failure of the current node.
    struct Step {
        std::chrono::milliseconds pause{}; ///< before the next try, which may be at another node
        bool is_news = false;              ///< the trouble wasn't told yet
        bool is_error = false; ///< it keeps the keys from being followed: no other node does better
    };
    Step failed(const Refusal& refusal);

    /// Before the next try when the trouble isn't the node's: these pauses grow as well.
    std::chrono::milliseconds next_pause();

    /// The current node has given the keys.
    void has_read() { troubles_->reached(this); }

    /// The current node has done well for a while: the next failure is a first one again, and worth
    /// a line. True when it had a trouble that was told, and nobody has any with it now.
    bool steady();

  private:
    std::vector<Node> nodes_;
    Timing timing_;
    std::minstd_rand random_;
    std::size_t current_ = 0;
    unsigned failures_ = 0;
    /// By node: the troubles that were told of it since it was steady. A node may have several by
    /// turns.
    std::shared_ptr<base::SharedTroubles> troubles_;
};

} // namespace hitless::etcd
