#pragma once

#include "registration/docker/wish.hpp"
#include "registration/registrar.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace hitless::registration::docker {

/// Keeps the key of one container: from when it is ready until stop().
class Keeper {
  public:
    using Held = std::function<void(const std::optional<etcd::Holding>&)>;

    /// `former`: what an earlier run has held at this key. `held` is told what is ours from now on.
    /// The metrics live longer.
    Keeper(const boost::asio::any_io_executor& executor, const Options& options, Service service,
           std::string container, std::optional<etcd::Holding> former, Held held,
           telemetry::Metrics& metrics);

    /// Until stop() was called and the key is gone, or never was ours.
    boost::asio::awaitable<void> run();
    void stop();
    [[nodiscard]] bool is_stopping() const { return stopping_; }
    [[nodiscard]] const Service& service() const { return service_; }
    /// What is told over HTTP.
    [[nodiscard]] const KeyReport& report() const;
    [[nodiscard]] bool is_container_ready() const { return is_ready_; }

  private:
    boost::asio::awaitable<void> pause(std::chrono::milliseconds time);
    boost::asio::awaitable<void> wait_ready();
    boost::asio::awaitable<void> keep();

    boost::asio::any_io_executor executor_;
    Options options_; ///< with the key
    const Service service_;
    const std::string container_; ///< its name, for the log
    std::optional<etcd::Holding> former_;
    Held held_;
    boost::asio::steady_timer timer_;
    telemetry::Metrics& metrics_;
    std::optional<Registrar> registrar_;
    KeyReport last_report_; ///< while there is no registrar
    bool is_ready_;
    bool stopping_ = false;
};

/// Removes the key if it is still what `holding` says; tries until etcd has answered, for a TTL.
boost::asio::awaitable<void> remove_former(boost::asio::any_io_executor executor, Options options,
                                           std::string key, etcd::Holding holding);

} // namespace hitless::registration::docker
