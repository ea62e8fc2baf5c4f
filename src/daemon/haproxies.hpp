#pragma once

#include "hitless/apply/reload.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/plan/obstacle.hpp"

#include "converge/one_configuration.hpp"
#include "daemon/haproxy_keeper.hpp"
#include "daemon/kept_resource.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <list>
#include <string>
#include <vector>

namespace hitless::daemon {

/// The HAProxies that run one configuration, each with its keeper.
class Haproxies {
  public:
    using TellHaproxies = converge::OneConfiguration::TellHaproxies;

    Haproxies(boost::asio::any_io_executor executor, KeptResource& kept,
              HaproxyKeeper::StartedFrom started_from);

    /// Keeps those at these sockets from now on, and no others. Each that is new was started with
    /// `loaded`, as far as is known, and is to have `wanted`. `is_reloading`: a reload is under
    /// way.
    void follow(const std::vector<std::string>& sockets, const haproxy::Config& loaded,
                const haproxy::Config& wanted, bool is_reloading);
    void stop();
    /// Drops those that were told to stop and have ended.
    void forget_ended();

    void want(const TellHaproxies& wanted);
    void want_files(const live::Files& files,
                    std::optional<converge::OneConfiguration::Time> since);
    void compare_all();
    /// What one of them runs could not be noted for the next run.
    [[nodiscard]] bool any_lacks_note() const;
    /// The file says what they run.
    void need_no_note();
    void note_reload_begins();
    void note_reloaded(const haproxy::Config& config);
    void note_reload_failed();

    /// Of those that were not told to stop.
    [[nodiscard]] const std::vector<std::string>& sockets() const { return sockets_; }
    /// How far they are.
    void describe(converge::Progress& progress) const;
    /// The one with the oldest version; major 0: none has answered yet.
    [[nodiscard]] haproxy::Info oldest() const;
    [[nodiscard]] std::vector<apply::Process> processes() const;
    [[nodiscard]] plan::Obstacles obstacles() const;
    /// Some HAProxy gets changes by commands as they come.
    [[nodiscard]] bool any_answers() const;
    [[nodiscard]] bool any_in_trouble() const;
    /// Where some HAProxy has the server: an IP address; empty: nowhere, as far as is known.
    [[nodiscard]] std::string address_of(const plan::ServerId& server) const;

    // For /status (reconciler_status.cpp)
    void describe(monitor::ResourceStatus& status) const;
    [[nodiscard]] std::vector<monitor::Fleet> fleets() const;
    /// Each answers, and has been read back since all that can be done now is done.
    [[nodiscard]] bool are_verified() const;

  private:
    boost::asio::any_io_executor executor_;
    KeptResource& kept_;
    HaproxyKeeper::StartedFrom started_from_;
    std::list<HaproxyKeeper> keepers_; ///< one that was told to stop stays until it has ended
    std::vector<std::string> sockets_;
    live::Files files_; ///< that each is to have
};

} // namespace hitless::daemon
