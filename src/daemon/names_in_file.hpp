#pragma once

#include "hitless/apply/lookups.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/plan/unresolved.hpp"

#include "daemon/complaints.hpp"
#include "daemon/kept_resource.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace hitless::daemon {

/// The servers whose lines HAProxy's check refuses since their names have no address: HAProxy
/// couldn't be started with them. Looks the names up until they have addresses, and says which
/// servers the file has without their names meanwhile.
class NamesInFile {
  public:
    /// Where HAProxy has a server, or would have it by the file on disk: an IP address; empty:
    /// nowhere, or not known yet.
    using AddressOf = std::function<std::string(const plan::ServerId&)>;

    /// `on_change` is called in the loop when servers() has others than before by an answer of the
    /// resolver. The rest must outlive this.
    NamesInFile(const boost::asio::any_io_executor& executor, KeptResource& kept,
                AddressOf address_of, std::function<void()> on_change);

    /// What the lines of servers come from, by their servers: "key /app/servers/web1".
    using SourcesOf = std::function<std::map<plan::ServerId, std::string>()>;
    /// For the messages. Asked when a name is refused.
    void tell_sources_by(SourcesOf sources_of) { sources_of_ = std::move(sources_of); }

    /// check_cmd has refused these lines of `config`, by their numbers. Takes out of `lines` those
    /// of servers whose names have no address. Returns true when there was one.
    bool note_refused(const haproxy::Config& config, std::map<int, std::string>& lines);

    /// Forgets servers that are not wanted with those names any more.
    void keep_wanted(const haproxy::Config& wanted);

    /// Asks HAProxies again that had nothing to say when a name was refused.
    void find_addresses();

    /// Looks all names up again. Those that have addresses are to be tried again, also where only
    /// check_cmd finds none.
    void look_up_again();

    [[nodiscard]] const plan::UnresolvedServers& servers() const { return servers_; }
    [[nodiscard]] bool in_trouble() const { return complaints_.any(); }

  private:
    using Clock = std::chrono::steady_clock;
    /// How often check_cmd has refused a server for its name, one time soon after the other.
    struct Refusals {
        int count = 0;
        Clock::time_point last;
    };

    void forget_resolved(bool is_due);
    void tell();

    KeptResource& kept_;
    Complaints complaints_;
    AddressOf address_of_;
    std::function<void()> on_change_;
    SourcesOf sources_of_;
    std::map<plan::ServerId, std::string> sources_; ///< of those that were refused
    plan::UnresolvedServers servers_;
    std::map<plan::ServerId, Refusals> refusals_;
    std::set<plan::ServerId> without_place_; ///< for an address: takes_address() is false
    apply::Lookups lookups_;
};

} // namespace hitless::daemon
