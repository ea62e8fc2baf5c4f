#pragma once

#include "hitless/apply/lookups.hpp"
#include "hitless/daemon/daemon.hpp"
#include "hitless/haproxy/config.hpp"

#include "daemon/haproxy_keeper.hpp"
#include "daemon/kept_resource.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace hitless::test {

/// hitlessd's keeper of one running HAProxy, without the registry before it and the file behind
/// it: it is given configurations, and does with HAProxy what the daemon does.
class Updater {
  public:
    /// `started_from` is what HAProxy at that stats socket runs.
    Updater(std::string socket, const std::string& started_from);
    ~Updater();

    /// How it ended.
    struct Outcome {
        bool settled = false;             ///< all is done that can be done
        std::vector<std::string> reasons; ///< for a reload, if it needs one

        /// Why HAProxy isn't there: the reasons, or that it has taken too long. Empty if it is.
        [[nodiscard]] std::vector<std::string> why_not() const;
    };

    /// Brings HAProxy there.
    Outcome bring_to(const std::string& configuration);

    /// Brings it to one after the other, until one needs a reload or has not settled.
    Outcome bring_through(std::span<const std::string> configurations);

    /// Brings the files that HAProxy reads there.
    Outcome want_files(const live::Files& files);

    /// Compares everything with HAProxy, as hitlessd does every few seconds, and repairs.
    Outcome compare_all();

  private:
    Outcome drive(std::chrono::seconds limit);

    TemporaryDirectory directory_;
    boost::asio::io_context context_;
    apply::Resolver resolver_{context_.get_executor()};
    daemon::Options options_;
    daemon::Site site_{haproxy::own_environment()};
    daemon::KeptResource kept_;
    haproxy::Config loaded_;
    haproxy::Config wanted_;
    daemon::HaproxyKeeper keeper_;
};

} // namespace hitless::test
