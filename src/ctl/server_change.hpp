#pragma once

#include "hitless/plan/difference.hpp"
#include "hitless/plan/manual.hpp"

#include "ctl/change.hpp"
#include "ctl/meant.hpp"
#include "ctl/program.hpp"
#include "ctl/table.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace hitless::ctl {

/// A command of hitlessctl that changes servers: sends each of them its runtime command, reads it
/// back and says what it is now. Holds are noted first, since hitlessd may look at any moment.
class ServerChange {
  public:
    /// The runtime command for one server.
    using Make = std::function<std::string(const Name& name, const haproxy::RunningServer& server)>;
    /// What -for is to hold of a server.
    using HeldState =
        std::function<plan::ManualState(const Name& name, const haproxy::RunningServer& server)>;

    ServerChange(Context& context, std::vector<std::string> patterns, Make make);

    ServerChange& holds(HeldState held);

    /// Sets the weight, a number or as "50%" a part of that in the file, which HAProxy takes for a
    /// part of what it was at the start.
    ServerChange& weighs(const std::string& value);

    /// A spare server (-slots) in maintenance counts as free: nobody could tell any more in whose
    /// place it was. So it only drains.
    ServerChange& takes_out();

    /// Sets how many connections a server may have; 0: any number. HAProxy tells it in its
    /// statistics alone, so that hitlessd doesn't look at it, and undoes nothing.
    ServerChange& limits(int most);

    /// Holds of the servers are lifted.
    ServerChange& lifts();

    ExitCode run();

  private:
    using HeldServers = std::vector<std::pair<Name, plan::ManualState>>;

    /// The servers of an HAProxy at one moment.
    struct Look {
        haproxy::Running running;
        std::map<Name, std::string> limits; ///< only where they are what is changed
    };

    [[nodiscard]] std::string why_nothing() const;
    Result<void> leave_out_spare();
    Result<std::size_t> run(Channel& channel);
    [[nodiscard]] Result<Look> look(Channel& channel) const;
    void warn_of_no_weight(const std::string& value, const Name& name,
                           const haproxy::RunningServer& server) const;
    void warn_of_drain(const Name& name) const;
    Result<void> note_holds(Channel& channel, const std::vector<Name>& names,
                            const haproxy::Running& before);
    [[nodiscard]] HeldServers without_held(HeldServers servers);
    Result<void> lift(Channel& channel, const std::vector<Name>& names);
    Result<std::size_t> forget_refused(Channel& channel, const std::vector<Name>& names,
                                       const std::vector<haproxy::Command>& commands,
                                       const std::vector<std::string>& answers);
    void note(const Channel& channel, const Name& name, const haproxy::Command& command,
              const std::string& answer, const Look& before, const Look& after);
    ExitCode finish(ExitCode code);

    Context& context_;
    std::vector<std::string> patterns_;
    Make make_;
    HeldState held_;
    Meant meant_; ///< at the HAProxy in hand
    bool lifts_ = false;
    bool is_of_limits_ = false;
    std::set<std::pair<std::string, plan::ServerId>> held_by_us_; ///< beside which file
    bool not_noted_ = false;                                      ///< a hold could not be
    Table table_;
    bool refused_ = false;
};

} // namespace hitless::ctl
