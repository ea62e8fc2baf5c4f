#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/plan/plan.hpp"

#include "converge/owed_reload.hpp"
#include "converge/queue.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace hitless::converge {

/// What HAProxy's answers have shown so far. The machine plans from it; whoever carries the steps
/// out keeps it up to date.
struct Seen {
    haproxy::Running& running;
    const haproxy::Info& info;
    bool connected = false;
    /// When a server that leaves can be deleted, perhaps; max(): none leaves.
    std::chrono::steady_clock::time_point next_collection;
};

/// Is told what there is to tell of a HAProxy, as it happens.
class Reporter {
  public:
    Reporter() = default;
    Reporter(const Reporter&) = delete;
    Reporter& operator=(const Reporter&) = delete;
    virtual ~Reporter() = default;

    /// Another process answers. `is_ours`: our reload has started it.
    virtual void met(bool is_ours) = 0;
    /// All servers have been read, after a time without an answer perhaps. `is_new`: of a process
    /// that was met just now.
    virtual void looked(bool is_new) = 0;
    virtual void lost(const Error& error) = 0;
    /// A plan was made for these servers. `hopeless`: those that a reload did not bring any
    /// further, and why it was thought to.
    virtual void planned(std::span<const plan::ServerChange> servers, const plan::Plan& plan,
                         const std::map<plan::ServerChange, plan::Cause>& hopeless) = 0;
    /// The server is planned later; of `name`: when it is known where that leads to.
    virtual void put_off(const plan::ServerChange& server, PutOff why, std::string_view name) = 0;
    /// The action repairs what nobody has asked for.
    virtual void repairs(const plan::Action& action) = 0;
    virtual void done(const plan::Action& action,
                      std::optional<std::chrono::steady_clock::time_point> since) = 0;
    /// HAProxy has refused it, in other words than the last time.
    virtual void refused(const plan::Refusal& refusal) = 0;
    /// Neither commands nor a reload help.
    virtual void hopeless(const plan::ServerChange& server, const plan::Cause& cause) = 0;
};

/// Decides what to do with one running HAProxy so that its servers are as they are wanted: whom to
/// ask, what to plan, when to read back and to try again. Whoever owns this asks next(), does that
/// one step, and tells how it ended. Knows no socket and no clock: the time is told.
class OneHaproxy {
  public:
    using Clock = std::chrono::steady_clock;
    using Time = Clock::time_point;

    struct Options {
        bool start_down = false;                          ///< see plan::Situation
        bool slots = false;                               ///< see plan::Situation
        bool exact = false;                               ///< see plan::Situation
        bool noop = false;                                ///< plan, and do nothing
        bool onetime = false;                             ///< don't wait for ever
        Clock::duration resync{std::chrono::seconds(10)}; ///< all is compared so often
        std::string dest;                                 ///< the file of HAProxy's configuration
    };

    /// The addresses of a name, in the resolver's order: empty where it doesn't resolve, nullptr
    /// while that isn't known. Then names_changed() comes when it is.
    using AddressesNow = std::function<const std::vector<std::string>*(const std::string& name)>;

    /// `loaded`: what HAProxy was started from, as far as is known. The reporter outlives this.
    OneHaproxy(Options options, haproxy::Config loaded, AddressesNow addresses, Reporter& reporter);

    // Steps

    /// Ask who answers: identified(). `anew`: on another connection, since the process behind this
    /// one was replaced.
    struct Identify {
        bool anew = false;
    };
    /// Find out what the process was started from: started_from().
    struct LearnStart {};
    /// Read all servers: read_all(). `is_new`: the process is new to us, and its servers have the
    /// options of `loaded()`.
    struct ReadAll {
        bool is_new = false;
    };
    /// Read the servers of these backends: read_back().
    struct ReadBack {
        std::set<std::string> backends;
    };
    /// Carry the plan out: carried_out().
    struct CarryOut {
        plan::Plan plan;
    };
    /// -noop: show what would be done.
    struct Show {
        plan::Plan plan;
    };
    /// Delete what can be deleted: collected().
    struct Collect {};
    /// Nothing to do before then, unless something happens.
    struct Wait {
        Time until;
    };
    struct End {};
    using Step =
        std::variant<Identify, LearnStart, ReadAll, ReadBack, CarryOut, Show, Collect, Wait, End>;
    [[nodiscard]] Step next(const Seen& seen, Time now);

    // What comes in at any time

    /// The wanted configuration, how it differs from the one before (nullptr: not known), and when
    /// the oldest change in it was received.
    void want(const haproxy::Config& config, const plan::Difference* difference,
              std::optional<Time> since, Time now);
    /// Compare everything.
    void compare_all();
    /// These servers are held by hand, and no others. `over`: were, before this run.
    void hold(const plan::ManualStates& held, std::span<const plan::ServerChange> over);
    /// These names have other addresses than before, or it is known now which.
    void names_changed(const std::set<std::string>& names);
    /// A reload is about to begin; it has ended, and has started a process with that configuration
    /// or failed.
    void reload_begins() { reload_ = OwnReload::runs; }
    void reloaded(const haproxy::Config& config);
    void reload_failed() { reload_ = OwnReload::none; }
    void stop() { stopping_ = true; }

    // How steps ended. After lost() the connection is to be closed.

    void lost(const Error& error, Time now);
    /// `is_other`: another process than the one before.
    void identified(bool is_other, Time now);
    void started_from(haproxy::Config config);
    void read_all(const Seen& seen, Time now);
    void read_back(Time began, Time now);
    /// What HAProxy has done of the plan, and what it has refused.
    void carried_out(const plan::Plan& plan, std::span<const plan::Action* const> done,
                     std::span<const plan::Refusal> refused, Time now);
    /// These have been deleted, or are not going to be.
    void collected(std::span<const plan::ServerChange> gone);

    // What is known

    /// Why HAProxy has to be reloaded.
    [[nodiscard]] plan::Obstacles obstacles() const;
    [[nodiscard]] const haproxy::Config& loaded() const { return loaded_; }
    [[nodiscard]] const std::optional<haproxy::Config>& wanted() const { return wanted_; }
    /// The host names that servers are at which are wanted.
    [[nodiscard]] std::set<std::string> names_in_use() const;
    /// HAProxy is about to be told of a change.
    [[nodiscard]] bool busy(bool connected, Time now) const;
    /// The running servers have the options that are wanted, as far as commands can do that.
    [[nodiscard]] bool has_options(bool connected) const;
    /// HAProxy has been read back and has all that is wanted.
    [[nodiscard]] bool in_step(bool connected) const;
    /// All that can be done now is done.
    [[nodiscard]] bool settled(bool connected) const;
    [[nodiscard]] int times_refused(const plan::ServerChange& server) const {
        return queue_.times_refused(server);
    }

  private:
    /// What what is known of the servers is worth.
    enum class Contact {
        current,  ///< it is kept up to date
        stale,    ///< all is to be read
        replaced, ///< the process behind the connection is not the one that serves
    };
    /// What is known of the process.
    enum class Process {
        unmet,  ///< it answers, and it isn't known what it was started from
        unread, ///< its servers have not been read
        known,
    };
    enum class OwnReload {
        none,
        runs,
        runs_and_met, ///< another process was met while it ran: its successor, or somebody else's
        awaited,      ///< it has ended, and its process is yet to be met
    };
    enum class Doing {
        nothing,
        identifying, ///< before all is read
        looking,     ///< it is known who answers
        probing,
        probing_before_reading_back,
        reading_back,
    };

    std::optional<Step> look(const Seen& seen, Time now);
    std::optional<Step> make_plan(const Seen& seen, Time now);
    void look_again(Why why);
    void set_aside_unresolved(std::vector<Queue::Item>& items);
    bool note_addresses(const std::string& name);
    Step wait(const Seen& seen, Time now) const;
    plan::Difference compare_with_loaded();
    void meet(bool is_ours);
    void follow_up(const plan::Plan& plan, std::span<const Queue::Item> items, Time now);
    bool note_repairs(const plan::Plan& plan, std::span<const Queue::Item> items);
    void need_reload(const plan::ServerChange& server, plan::Cause cause);
    void note_refusals(std::span<const plan::Refusal> refused, Time now);
    void forget_released(std::span<const plan::ServerChange> planned);

    Options options_;
    Reporter& reporter_;
    std::optional<haproxy::Config> wanted_;
    haproxy::Config loaded_;      ///< what the running process was started or reloaded with
    plan::Obstacles other_lines_; ///< how they differ beyond servers
    OwedReload owed_;             ///< the servers that no runtime command can do
    Queue queue_;
    AddressesNow addresses_;
    plan::Names names_; ///< as servers were last planned with them
    /// Servers that are planned when this name is known, or when it counts as not resolving.
    std::map<plan::ServerChange, std::string> unresolved_;
    plan::ManualStates by_hand_; ///< of servers that are held, or were and are to be planned
    bool knows_holds_ = false;
    std::map<plan::ServerChange, int> repairs_; ///< in a row
    std::vector<Queue::Item> in_hand_;          ///< what the plan that is carried out was made for
    bool repairs_in_vain_ = false;              ///< that plan does

    Contact contact_ = Contact::stale;
    Why look_why_ = Why::compared; ///< why all is to be read
    Process process_ = Process::unread;
    OwnReload reload_ = OwnReload::none;
    Doing doing_ = Doing::nothing;
    bool stopping_ = false;

    std::optional<Time> since_;         ///< when the change in hand was received
    std::optional<Time> in_hand_since_; ///< of the plan that is carried out
    Time read_back_at_ = Time::max();
    Clock::duration reading_time_{}; ///< of the last reading back
    Time resync_at_ = Time::min();
    Time probe_at_ = Time::min();
    Time retry_at_ = Time::min();
    Clock::duration retry_pause_;
    Clock::duration step_pause_;
};

} // namespace hitless::converge
