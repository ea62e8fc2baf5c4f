#pragma once

#include "hitless/apply/lookups.hpp"
#include "hitless/apply/reload.hpp"
#include "hitless/apply/session.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/plan/plan.hpp"

#include "converge/one_configuration.hpp"
#include "converge/one_haproxy.hpp"
#include "daemon/complaints.hpp"
#include "daemon/kept_resource.hpp"
#include "daemon/newcomers.hpp"
#include "daemon/waits.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hitless::daemon {

/// Keeps one running HAProxy as it is wanted: does at the stats socket what converge::OneHaproxy
/// decides, and tells of it. What no command can do becomes an obstacle, for a reload. Wakes the
/// Reconciler when something has changed.
class HaproxyKeeper final : private converge::Reporter {
  public:
    /// The configuration that a process was started from, as far as is known.
    struct Start {
        haproxy::Config config;
        bool is_certain = false; ///< it was this one, unless another one was there in that second
    };
    /// An Error: it can't be read now, and is to be asked for again.
    using StartedFrom = std::function<Result<Start>(const haproxy::Info&)>;

    HaproxyKeeper(const boost::asio::any_io_executor& executor, KeptResource& kept,
                  std::string socket, haproxy::Config loaded, StartedFrom started_from);

    [[nodiscard]] const std::string& socket() const { return session_.socket(); }
    /// What answered there last; major 0 before anything has.
    [[nodiscard]] const haproxy::Info& info() const { return session_.info(); }

    /// Runs until stop().
    boost::asio::awaitable<void> run();
    void stop();
    [[nodiscard]] bool ended() const { return ended_; }

    /// The wanted configuration; how it differs from the one before (nullptr: that isn't known);
    /// when the oldest change in it was received.
    void want(const haproxy::Config& config, const plan::Difference* difference,
              std::optional<Wake::Clock::time_point> since);

    /// The files that HAProxy reads by that configuration.
    void want_files(const live::Files& files, std::optional<Wake::Clock::time_point> since);

    /// Looks names up again and compares everything.
    void reconcile();
    /// What HAProxy runs could not be noted for the next run; and that needn't be any more, since
    /// the file says all of it.
    [[nodiscard]] bool lacks_note() const { return complaints_.raised("live note"); }
    void need_no_note();

    /// A reload is about to begin; has started a process with this configuration; has failed.
    void note_reload_begins() { machine_.reload_begins(session_.connected()); }
    void note_reloaded(const haproxy::Config& config);
    void note_reload_failed() { machine_.reload_failed(); }

    /// Why HAProxy has to be reloaded.
    [[nodiscard]] plan::Obstacles obstacles() const { return machine_.obstacles(); }

    /// The process that would be replaced by a reload; pid 0 while none answers.
    [[nodiscard]] apply::Process process() const;

    /// HAProxy has answered when it was asked last, so that it gets changes as they come.
    [[nodiscard]] bool answers() const {
        return session_.info().major != 0 && !complaints_.raised("socket");
    }

    /// A plan is due, so that HAProxy is about to get commands.
    [[nodiscard]] bool busy() const { return machine_.busy(session_.connected(), Clock::now()); }

    /// Where HAProxy has the server, in its own place or in that of a spare one: an IP address;
    /// empty: nowhere.
    [[nodiscard]] std::string address_of(const plan::ServerId& server) const;

    /// All that can be done now is done: for -onetime.
    [[nodiscard]] bool settled() const { return settled(session_.connected()); }
    /// HAProxy has been read back and has all that is wanted.
    [[nodiscard]] bool in_step() const { return in_step(session_.connected()); }
    /// Says how far this one is, in a `progress` that says it of the others already.
    void add_to(converge::Progress& progress) const;
    [[nodiscard]] bool in_trouble() const { return complaints_.any() || waits_in_vain(); }

    // For /status (haproxy_keeper_status.cpp)
    void describe(monitor::HaproxyStatus& status) const;
    void describe_process(monitor::HaproxyStatus& status) const;
    [[nodiscard]] monitor::Fleet fleet() const;
    /// HAProxy answers, and has been read back since all that can be done now is done.
    [[nodiscard]] bool is_verified() const;

  private:
    using Clock = Wake::Clock;
    using Machine = converge::OneHaproxy;

    // The machine's steps (haproxy_keeper.cpp)
    boost::asio::awaitable<bool> do_step();
    boost::asio::awaitable<void> identify(bool anew);
    boost::asio::awaitable<void> learn_start();
    boost::asio::awaitable<void> read_all(bool is_new);
    boost::asio::awaitable<void> read_back(const converge::Queue::UnverifiedScopes& scopes);
    boost::asio::awaitable<void> carry_out(const plan::Plan& plan);
    boost::asio::awaitable<void> collect();
    boost::asio::awaitable<void> wait(Clock::time_point until);

    boost::asio::awaitable<void> look_at_newcomers();
    boost::asio::awaitable<void> tell_waits();
    [[nodiscard]] converge::Seen seen();
    void lose(const Error& error);
    void hand_over();
    void note_live_changes(const plan::Plan& plan);
    [[nodiscard]] apply::LivePlaces places_after(const plan::Plan& plan) const;
    void watch(const plan::Step& step);
    void note_name(const confd::Question& question);
    [[nodiscard]] bool waits_in_vain() const;
    [[nodiscard]] bool settled(bool connected) const;
    [[nodiscard]] bool in_step(bool connected) const;

    // What it tells (haproxy_keeper_log.cpp)
    void met(bool is_ours) override;
    void looked(bool is_new) override;
    void lost(const Error& error) override;
    void planned(std::span<const plan::ObjectId> objects, const plan::Plan& plan,
                 const std::map<plan::ObjectId, plan::Cause>& hopeless) override;
    void put_off(const plan::ObjectId& object, converge::PutOff why,
                 std::string_view name) override;
    void repairs(const plan::Step& step) override;
    void done(const plan::Step& step, std::optional<Clock::time_point> since) override;
    void refused(const plan::Refusal& refusal) override;
    void hopeless(const plan::ObjectId& object, const plan::Cause& cause) override;
    void settle_complaints(std::span<const plan::ObjectId> objects, const plan::Plan& plan,
                           const std::map<plan::ObjectId, plan::Cause>& hopeless);
    void tell_plan(std::span<const plan::ObjectId> objects, const plan::Plan& plan) const;
    void tell_cut_off();
    void tell_stopped();
    void tell_unknown_lists() const;
    void tell_doubts(std::span<const plan::ObjectId> objects, const plan::Plan& plan);
    void tell_removal(const apply::Removal& removal);
    void show(const plan::Plan& plan);

    KeptResource& kept_;
    StartedFrom started_from_;
    bool is_start_certain_ = false; ///< see Start; of machine_.loaded()
    bool is_just_reloaded_ = false; ///< by ourselves: machine_.loaded() is another one
    Wake wake_;
    Complaints complaints_;
    Complaints aside_; ///< of what doesn't keep HAProxy from being as it is wanted
    apply::Session session_;
    apply::Lookups lookups_;
    Machine machine_;
    std::set<std::string> changed_names_; ///< host names for the next names_changed()
    Clock::time_point step_began_;
    bool has_looked_ = false;         ///< all was read once
    bool is_tried_again_ = false;     ///< HAProxy was lost, and has not been read since
    bool is_to_be_told_ = false;      ///< that it is lost: see lose()
    std::uint64_t holds_version_ = 0; ///< of those that the machine goes by

    Newcomers newcomers_;
    Waits waits_;
    std::vector<plan::Remark> long_waits_; ///< to be logged, with the answers of their checks
    std::set<plan::Remark> told_;          ///< how added servers differ from those of the file
    std::vector<std::string> last_noop_;   ///< what -noop has told last
    bool ended_ = false;
};

} // namespace hitless::daemon
