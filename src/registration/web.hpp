#pragma once

#include "hitless/registration/registration.hpp"

#include "http/listening.hpp"
#include "http/server.hpp"
#include "registration/report.hpp"
#include "telemetry/metrics.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <string_view>

namespace hitless::registration {

/// What hitless-register tells over HTTP (-http): /status, /metrics, /healthz and /readyz. Without
/// -http it only counts.
class Web final : private http::Observer {
  public:
    /// `source` fills in what there is to tell, now. It is called from start() to stop().
    Web(boost::asio::any_io_executor executor, const Options& options,
        std::function<void(Report&)> source);

    void start();
    void stop();

    [[nodiscard]] telemetry::Metrics& metrics() { return metrics_; }

  private:
    void answered(std::string_view route, unsigned status) override;
    void rejected(http::Rejection why) override;

    [[nodiscard]] Report report() const;
    [[nodiscard]] http::Response metrics_page();

    boost::asio::any_io_executor executor_;
    const Options& options_;
    const std::function<void(Report&)> source_;
    const Time started_;
    telemetry::Metrics metrics_;
    http::Server server_;
    http::Listening listening_;
};

} // namespace hitless::registration
