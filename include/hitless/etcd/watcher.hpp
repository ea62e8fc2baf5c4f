#pragma once

#include "hitless/base/shared_troubles.hpp"
#include "hitless/etcd/settings.hpp"
#include "hitless/keys/update.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace hitless::etcd {

/// Follows one subtree of etcd's store for ever: a read, then a watch from the next index (v2) or
/// revision (v3), so that no event is lost or seen twice. Errors are logged, once each, and retried
/// on the next node with growing, jittered pauses; whenever events may have been missed (history
/// cleared or compacted, another cluster, an index that went back) it reads again and reports a
/// snapshot.
class Watcher {
  public:
    /// `root` is an absolute key; it need not exist. `sink` is called in the coroutine of run().
    /// `troubles`: those of all watchers that are to log a trouble once.
    Watcher(Settings settings, std::string root, keys::Sink sink,
            std::shared_ptr<base::SharedTroubles> troubles = nullptr);
    ~Watcher();

    /// Runs until cancelled.
    boost::asio::awaitable<void> run();

    /// Makes run() read the whole subtree again as soon as it can; the result comes as a snapshot.
    /// The poll goes on from its index meanwhile. Called from the thread of run().
    void read_again();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> self_;
};

} // namespace hitless::etcd
