#include "registration/web.hpp"

#include "base/spawn.hpp"
#include "registration/metrics.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <utility>

namespace hitless::registration {

Web::Web(boost::asio::any_io_executor executor, const Options& options,
         std::function<void(Report&)> source)
    : executor_(std::move(executor)),
      options_(options),
      source_(std::move(source)),
      started_(std::chrono::system_clock::now()),
      metrics_(metric_definitions()),
      server_(executor_, http::Hosts(options.http_hosts), {}, *this),
      listening_(executor_, server_, "hitless-register") {
    metrics_.replace(metric::build_info, {{{options.version}, 1}});
    server_.route("/metrics", [this](const http::Request&) { return metrics_page(); });
    server_.route("/status", [this](const http::Request&) {
        return http::json(http::Body(status_json(report())));
    });
    server_.route("/healthz", [](const http::Request&) {
        // It is answered, so the event loop turns.
        return http::json(http::Body("{\"status\":\"ok\"}\n"));
    });
    server_.route("/readyz", [this](const http::Request&) {
        const Report now = report();
        return http::json(http::Body(readiness_json(now) + "\n"),
                          now.is_ready && !now.is_ending ? 200 : 503);
    });
}

void Web::start() {
    if (!options_.http.empty())
        base::spawn(executor_, listening_.run(options_.http));
}

void Web::stop() {
    listening_.stop();
    server_.stop();
}

Report Web::report() const {
    Report report;
    report.version = options_.version;
    report.pid = ::getpid();
    report.started = started_;
    report.now = std::chrono::system_clock::now();
    report.is_v3 = options_.etcd.api == etcd::Settings::Api::v3;
    report.nodes = options_.etcd.nodes;
    report.ttl = options_.ttl;
    source_(report);
    return report;
}

http::Response Web::metrics_page() {
    set_gauges(metrics_, report());
    metrics_.set(metric::http_connections, static_cast<double>(server_.connections()));
    metrics_.sample_process();
    http::Response response;
    response.type = telemetry::Metrics::content_type;
    response.body = http::Body(metrics_.text());
    return response;
}

void Web::answered(std::string_view route, unsigned status) {
    metrics_.count(metric::http_requests,
                   {route.substr(route.starts_with('/') ? 1 : 0), fmt::format_int(status).c_str()});
}

void Web::rejected(http::Rejection why) {
    metrics_.count(metric::http_rejected, {to_string(why)});
}

} // namespace hitless::registration
