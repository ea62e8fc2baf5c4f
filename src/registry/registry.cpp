#include "hitless/registry/registry.hpp"

#include "hitless/etcd/reader.hpp"
#include "hitless/etcd/watcher.hpp"

#include "registry/environment.hpp"
#include "registry/file_watcher.hpp"
#include "registry/files.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/ranges.h>

#include <utility>

namespace hitless::registry {
namespace {

namespace asio = boost::asio;

class EtcdWatcher final : public Watcher {
  public:
    EtcdWatcher(const etcd::Settings& settings, std::string root, keys::Sink sink,
                std::shared_ptr<base::SharedTroubles> troubles)
        : watcher_(settings, std::move(root), std::move(sink), std::move(troubles)) {}

    asio::awaitable<void> run() override { return watcher_.run(); }
    void read_again() override { watcher_.read_again(); }

  private:
    etcd::Watcher watcher_;
};

/// An environment never changes from outside.
class EnvironmentWatcher final : public Watcher {
  public:
    EnvironmentWatcher(std::string root, keys::Sink sink)
        : root_(std::move(root)), sink_(std::move(sink)) {}

    asio::awaitable<void> run() override {
        sink_(keys::snapshot(root_, read_environment(root_), std::chrono::steady_clock::now()));
        asio::steady_timer never(co_await asio::this_coro::executor,
                                 asio::steady_timer::time_point::max());
        co_await never.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    void read_again() override {}

  private:
    const std::string root_;
    const keys::Sink sink_;
};

} // namespace

std::unique_ptr<Watcher> watch(const Settings& settings, std::string root, keys::Sink sink,
                               std::shared_ptr<base::SharedTroubles> troubles) {
    switch (settings.kind) {
    case Settings::Kind::etcd:
        break;
    case Settings::Kind::file:
        return std::make_unique<FileWatcher>(settings, std::move(root), std::move(sink),
                                             std::move(troubles));
    case Settings::Kind::environment:
        return std::make_unique<EnvironmentWatcher>(std::move(root), std::move(sink));
    }
    return std::make_unique<EtcdWatcher>(settings.etcd, std::move(root), std::move(sink),
                                         std::move(troubles));
}

std::string describe(const Settings& settings) {
    if (settings.kind == Settings::Kind::file)
        return fmt::format("the file(s) {}", fmt::join(settings.files, ", "));
    if (settings.kind == Settings::Kind::environment)
        return "the environment variables of this process";
    const bool is_v2 = settings.etcd.api == etcd::Settings::Api::v2;
    return fmt::format("etcd (its {} store) at {}", is_v2 ? "v2" : "v3",
                       settings.etcd.nodes.empty()
                           ? "http://127.0.0.1:2379"
                           : fmt::to_string(fmt::join(settings.etcd.nodes, ", ")));
}

asio::awaitable<Result<std::vector<keys::Entry>>> read(Settings settings, std::string root) {
    if (settings.kind == Settings::Kind::file)
        co_return read_files(settings, root);
    if (settings.kind == Settings::Kind::environment)
        co_return read_environment(root);
    auto snapshot = co_await etcd::read(settings.etcd, root);
    if (!snapshot)
        co_return snapshot.error();
    co_return std::move(snapshot->entries);
}

} // namespace hitless::registry
