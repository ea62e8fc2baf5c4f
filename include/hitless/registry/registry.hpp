#pragma once

#include "hitless/base/result.hpp"
#include "hitless/base/shared_troubles.hpp"
#include "hitless/keys/update.hpp"
#include "hitless/registry/settings.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

/// Where the keys come from: etcd or, on a single machine, files or the environment.
namespace hitless::registry {

/// Follows one subtree of the registry and tells a sink of it, in the coroutine of run().
class Watcher {
  public:
    virtual ~Watcher() = default;

    /// Runs until cancelled. What fails is logged, once, and tried again.
    virtual boost::asio::awaitable<void> run() = 0;

    /// Makes run() read the whole subtree again as soon as it can; the result comes as a snapshot.
    /// Called from the thread of run().
    virtual void read_again() = 0;
};

/// `root` is an absolute clean key; it need not exist. `troubles`: those of all watchers of one
/// registry, of which each is logged once.
[[nodiscard]] std::unique_ptr<Watcher>
watch(const Settings& settings, std::string root, keys::Sink sink,
      std::shared_ptr<base::SharedTroubles> troubles = nullptr);

/// "etcd (its v2 store) at http://127.0.0.1:2379": where the keys come from, for a message.
[[nodiscard]] std::string describe(const Settings& settings);

/// What is at and below `root` now. The Error tells what was tried, and what to look at.
boost::asio::awaitable<Result<std::vector<keys::Entry>>> read(Settings settings, std::string root);

} // namespace hitless::registry
