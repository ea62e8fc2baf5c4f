#include "hitless/etcd/watcher.hpp"

#include "etcd/follower.hpp"

#include <boost/asio/this_coro.hpp>

#include <memory>
#include <stdexcept>

namespace hitless::etcd {

struct Watcher::Implementation {
    Settings settings;
    std::string root;
    keys::Sink sink;
    std::shared_ptr<base::SharedTroubles> troubles;
    Follower* follower = nullptr; ///< while it runs
};

Watcher::Watcher(Settings settings, std::string root, keys::Sink sink,
                 std::shared_ptr<base::SharedTroubles> troubles)
    : self_(new Implementation{std::move(settings), std::move(root), std::move(sink),
                               std::move(troubles)}) {}
Watcher::~Watcher() = default;

boost::asio::awaitable<void> Watcher::run() {
    auto nodes = nodes_of(self_->settings);
    if (!nodes)
        throw std::invalid_argument(nodes.error().message);
    Follower follower(co_await boost::asio::this_coro::executor, self_->settings, *nodes,
                      self_->root, self_->sink, self_->troubles);
    self_->follower = &follower;
    const std::unique_ptr<Implementation, void (*)(Implementation*)> forget_it(
        self_.get(), [](Implementation* self) { self->follower = nullptr; });
    co_await follower.run();
}

void Watcher::read_again() {
    if (self_->follower != nullptr)
        self_->follower->read_again();
}

} // namespace hitless::etcd
