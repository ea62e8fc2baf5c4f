#pragma once

#include "hitless/registration/registration.hpp"

#include "registration/report.hpp"
#include "registration/rival.hpp"
#include "telemetry/metrics.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace hitless::registration {

/// Keeps one key in etcd until it is told to stop, then takes it away.
class Registrar {
  public:
    enum class Outcome {
        released,   ///< stop() was called, and the key is gone or was never set
        held,       ///< another instance holds the key
        taken,      ///< we held the key, or were about to, and somebody else has taken it
        impossible, ///< no value can be at the key
    };

    /// The metrics live longer.
    Registrar(const boost::asio::any_io_executor& executor, const Options& options,
              const std::string& value, telemetry::Metrics& metrics);

    /// The key is ours from an earlier run, unless somebody has set it since.
    void adopt(const etcd::Holding& holding);
    /// `call` gets what is ours each time that it has another owner in etcd, nothing when it is
    /// ours no more.
    void when_held(std::function<void(const std::optional<etcd::Holding>&)> call) {
        held_ = std::move(call);
    }

    /// May be cancelled; the key is then left to its TTL.
    boost::asio::awaitable<Outcome> run();
    /// Makes run() remove the key and return as soon as etcd has answered.
    void stop();
    /// True while the key is ours, as far as is known.
    [[nodiscard]] bool is_registered() const { return claim_.may_hold(); }
    [[nodiscard]] const KeyReport& report() const { return report_; }

  private:
    using Clock = std::chrono::steady_clock;
    using Standing = etcd::Claim::Standing;

    boost::asio::awaitable<void> wait_until(Clock::time_point end);
    boost::asio::awaitable<Outcome> let_go();
    void note_ours(const etcd::Holding& holding);
    /// For those who ask over HTTP.
    void note_report(const Standing& standing);
    void note_report_ours(bool is_new);
    void tell_ours(const Standing& standing);
    void tell_unreachable();
    /// Says, once, that no value can be at the key any more, which was ours.
    void tell_displaced(const Standing& standing);
    /// Whether another's key is to be left for good.
    Rival::Verdict judge(const etcd::Holding& holding);

    const std::string key_; ///< for the log
    const std::string value_;
    const std::chrono::milliseconds ttl_;
    const bool takeover_;
    etcd::Claim claim_;
    std::optional<Rival> rival_; ///< while another holds the key
    boost::asio::steady_timer timer_;
    std::function<void(const std::optional<etcd::Holding>&)> held_;
    std::optional<etcd::Holding> noted_; ///< what `held_` was told
    const bool of_container_;            ///< and not our only one
    bool stopping_ = false;
    bool was_ours_ = false;
    bool loss_told_ = false;     ///< that the key is gone, since it was ours
    std::string displaced_told_; ///< why the key can't hold its value any more
    Clock::time_point renewed_{};
    telemetry::Metrics& metrics_;
    KeyReport report_;
};

/// Says that no value can be at the key, and what to do.
void tell_impossible(const etcd::Claim::Standing& standing);
/// Says that there are keys below a new one, if so.
void warn_of_keys_below(const std::string& key, const etcd::Claim::Standing& standing);

/// How long requests to etcd may take for keys of that TTL.
etcd::Settings with_timing(etcd::Settings settings, std::chrono::milliseconds ttl);

} // namespace hitless::registration
