#pragma once

#include "hitless/base/result.hpp"
#include "hitless/etcd/settings.hpp"
#include "hitless/keys/key_tree.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hitless::etcd {

/// What a watcher learned. One of the two is meant, as `kind` says.
struct Update {
    enum class Kind {
        snapshot, ///< the subtree at `root` holds exactly `entries`
        event,    ///< `event` happened; it may name an ancestor of the root
    };
    Kind kind = Kind::event;
    std::string root;
    std::vector<keys::Entry> entries;
    keys::Event event;
    std::uint64_t index = 0; ///< etcd's modifiedIndex, or X-Etcd-Index for a snapshot
    std::chrono::steady_clock::time_point received;
    /// For a snapshot: it comes from another store than what was told before (another cluster id,
    /// or an index that went back), as when etcd has lost its data.
    bool other_store = false;
};

/// Follows one subtree of etcd's v2 store for ever: a recursive read, then long polls from the next
/// index, so that no event is lost or seen twice. Errors are logged, once each, and retried on the
/// next node with growing, jittered pauses; whenever events may have been missed (error 401,
/// another cluster, an index that went back) it reads again and reports a snapshot.
class Watcher {
  public:
    using Sink = std::function<void(Update)>;

    /// `root` is an absolute key; it need not exist. `sink` is called in the coroutine of run().
    Watcher(Settings settings, std::string root, Sink sink);
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
