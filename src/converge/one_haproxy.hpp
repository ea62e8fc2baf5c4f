#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/live/kind.hpp"
#include "hitless/plan/plan.hpp"

#include "converge/object_obstacles.hpp"
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

/// What HAProxy's answers have shown so far. The machine plans from it. Whoever does the steps
/// keeps it up to date.
struct Seen {
    live::Observed& observed;
    const haproxy::Info& info;
    bool connected = false;
    /// When the next try to delete a leaving server is due; max(): no server leaves.
    std::chrono::steady_clock::time_point next_collection;
};

/// Gets told what happens to a HAProxy and what is decided, for the log. It must not change the
/// machine that calls it.
class Reporter {
  public:
    Reporter() = default;
    Reporter(const Reporter&) = delete;
    Reporter& operator=(const Reporter&) = delete;
    virtual ~Reporter() = default;

    /// Another process answers. `is_ours`: our reload has started it.
    virtual void met(bool is_ours) = 0;
    /// All has been read, so HAProxy answers (again). `is_new`: met() was called just before, since
    /// it is another process.
    virtual void looked(bool is_new) = 0;
    virtual void lost(const Error& error) = 0;
    /// A plan was made for these objects. `hopeless`: those that a reload with the same cause did
    /// not help before.
    virtual void planned(std::span<const plan::ObjectId> objects, const plan::Plan& plan,
                         const std::map<plan::ObjectId, plan::Cause>& hopeless) = 0;
    /// The object is planned later. `name`: the host name whose addresses aren't known yet; empty
    /// unless `why` is PutOff::name.
    virtual void put_off(const plan::ObjectId& object, PutOff why, std::string_view name) = 0;
    /// The step repairs a difference that no change of what is wanted explains.
    virtual void repairs(const plan::Step& step) = 0;
    virtual void done(const plan::Step& step,
                      std::optional<std::chrono::steady_clock::time_point> since) = 0;
    /// HAProxy has refused the commands for an object, with other words than the last time.
    virtual void refused(const plan::Refusal& refusal) = 0;
    /// Commands can't bring the object to what is wanted, and a reload did not help either.
    virtual void hopeless(const plan::ObjectId& object, const plan::Cause& cause) = 0;
};

/// Decides what to do with one running HAProxy so that it has what is wanted: whom to ask, what to
/// plan, when to read back and to try again. Whoever owns this asks next(), does that one step, and
/// tells how it ended. Knows no socket and no clock: the time is told.
class OneHaproxy {
  public:
    using Clock = std::chrono::steady_clock;
    using Time = Clock::time_point;

    struct Options {
        bool start_down = false;                          ///< see plan::Situation
        bool slots = false;                               ///< see plan::Situation
        bool exact = false;                               ///< see plan::Situation
        bool noop = false;                                ///< plan, and do nothing
        Clock::duration resync{std::chrono::seconds(10)}; ///< everything is read so often
        std::string dest;                                 ///< the file of HAProxy's configuration
    };

    /// An object that waits is read back and planned again after this at the latest.
    static constexpr std::chrono::milliseconds longest_step{1'000};

    /// The addresses of a host name, in the resolver's order; none when it doesn't resolve.
    /// nullptr: nobody knows yet, and names_changed() will be called when somebody does.
    using AddressesNow = std::function<const std::vector<std::string>*(const std::string& name)>;

    /// `loaded`: what HAProxy was started from, as far as is known. The reporter outlives this.
    OneHaproxy(Options options, haproxy::Config loaded, AddressesNow addresses, Reporter& reporter);

    // Steps

    /// Ask who answers (`show info`); then call identified(). `anew`: on a new connection, since
    /// the old one still leads to a process that was replaced.
    struct Identify {
        bool anew = false;
    };
    /// Find out which configuration the process was started from; then call started_from().
    struct LearnStart {};
    /// Read all that it has; then call read_all(). `is_new`: the process was met just now, so that
    /// it has what `loaded()` says.
    struct ReadAll {
        bool is_new = false;
    };
    /// Read these; then call read_back().
    struct ReadBack {
        Queue::UnverifiedScopes scopes;
    };
    /// Send the plan's commands; then call carried_out().
    struct CarryOut {
        plan::Plan plan;
    };
    /// -noop: show what would be done.
    struct Show {
        plan::Plan plan;
    };
    /// Try to delete the leaving servers; then call collected().
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

    /// The wanted configuration; how it differs from the one before (nullptr: that isn't known);
    /// when the oldest change in it was received.
    void want(const haproxy::Config& config, const plan::Difference* difference,
              std::optional<Time> since, Time now);
    /// The files that HAProxy reads by that configuration, and that are on disk as they are wanted.
    void want_files(live::Files files, std::optional<Time> since);
    /// Has everything read and planned again. Returns the host names in the lines of wanted
    /// servers, but for those that HAProxy resolves itself.
    std::set<std::string> compare_all();
    /// The servers that somebody holds by hand now. `over`: those whose hold ended before this run
    /// began; it counts at the first call only.
    void hold(const plan::ManualStates& held, std::span<const plan::ServerId> over);
    /// The addresses of these host names have changed, or have become known.
    void names_changed(const std::set<std::string>& names);
    // hitlessd's own reload: it begins; then it has started a process with that configuration, or
    // it has failed. `answers`: the process that it replaces does. Nobody waits for the successor
    // of one that doesn't, so that the next process that is met may be any.
    void reload_begins(bool answers) {
        reload_ = answers ? OwnReload::runs : OwnReload::runs_for_others;
    }
    void reloaded(const haproxy::Config& config);
    void reload_failed() { reload_ = OwnReload::none; }
    [[nodiscard]] bool is_reloading() const {
        return reload_ == OwnReload::runs || reload_ == OwnReload::runs_for_others;
    }
    void stop() { stopping_ = true; }

    // How steps ended. After lost() the connection is to be closed.

    void lost(const Error& error, Time now);
    /// `is_other`: another process than the one before.
    void identified(bool is_other, Time now);
    void started_from(haproxy::Config config);
    void read_all(const Seen& seen, Time now);
    void read_back(Time began, Time now);
    /// What HAProxy has done of the plan, and what it has refused.
    void carried_out(const plan::Plan& plan, std::span<const plan::Step* const> done,
                     std::span<const plan::Refusal> refused, Time now);
    /// These servers leave no longer: they have been deleted, HAProxy doesn't delete them, or
    /// somebody has made them ready.
    void collected(std::span<const plan::ObjectId> gone);

    // What is known

    /// Why HAProxy has to be reloaded.
    [[nodiscard]] plan::Obstacles obstacles() const;
    [[nodiscard]] bool needs_reload() const {
        return !line_obstacles_.empty() || object_obstacles_.any();
    }
    [[nodiscard]] const haproxy::Config& loaded() const { return loaded_; }
    [[nodiscard]] const std::optional<haproxy::Config>& wanted() const { return wanted_; }
    /// A plan is due, so that HAProxy is about to get commands.
    [[nodiscard]] bool busy(bool connected, Time now) const;
    /// HAProxy was told of all that is wanted, or is being told, and what it was told is noted.
    [[nodiscard]] bool is_told(bool connected) const;
    /// All that commands can bring about has been carried out. It needn't have been read back.
    [[nodiscard]] bool has_all_possible(bool connected) const;
    /// HAProxy has been read back and has all that is wanted.
    [[nodiscard]] bool in_step(bool connected) const;
    /// All that can be done now is done.
    [[nodiscard]] bool settled(bool connected) const;
    /// The objects that are to be planned, and why.
    [[nodiscard]] const std::map<plan::ObjectId, Why>& queued() const { return queue_.queued(); }
    [[nodiscard]] int times_refused(const plan::ObjectId& object) const {
        return queue_.times_refused(object);
    }

  private:
    /// Whether Seen::observed can be relied on. In rising order: look_again() never lowers it.
    enum class Contact {
        current,  ///< yes: it was read, and each plan since then is noted in it
        stale,    ///< no: all objects are to be read
        replaced, ///< no: a reload has replaced the process that this connection leads to
    };
    /// What is known of the process.
    enum class Process {
        unmet,  ///< it answers; what it was started from isn't known yet
        unread, ///< what it was started from is known; nothing of it has been read yet
        known,
    };
    /// A reload by hitlessd, whose new process must not be taken for one that somebody else
    /// started.
    enum class OwnReload {
        none,
        runs,
        /// It runs, and the next process that is met after it is not taken for its own: it was met
        /// already, perhaps, or this HAProxy was away at the beginning.
        runs_for_others,
        awaited, ///< it has ended, and the next process that is met is the new one
    };
    /// The step that is being done, or what its end has led to.
    enum class Doing {
        nothing,
        identifying, ///< Identify, as the first step of reading everything
        looking,     ///< it is known who answers; LearnStart, if needed, and ReadAll are next
        probing,     ///< Identify, once a second, to notice another process
        probing_before_reading_back, ///< Identify, so that no other process is read back
        reading_back,                ///< ReadBack is next
    };

    static constexpr std::chrono::milliseconds first_step{50};
    static constexpr int most_refusals = 2; ///< before a reload is to help

    std::optional<Step> look(const Seen& seen, Time now);
    std::optional<Step> make_plan(const Seen& seen, Time now);
    void look_again(Why why);
    void set_aside_unresolved(std::vector<Queue::Item>& items);
    bool note_addresses(const std::string& name);
    [[nodiscard]] std::vector<plan::ObjectId> all_wanted() const;
    Step wait(const Seen& seen, Time now) const;
    live::Changes compare_with_loaded();
    void meet(bool is_ours);
    void follow_up(const plan::Plan& plan, std::span<const Queue::Item> items, Time now);
    bool note_repairs(const plan::Plan& plan, std::span<const Queue::Item> items);
    void need_reload(const plan::ObjectId& object, const plan::Cause& cause);
    void note_refusals(const plan::Plan& plan, std::span<const plan::Refusal> refused, Time now);
    void forget_released(const plan::ObjectId& object);

    Options options_;
    Reporter& reporter_;
    std::optional<haproxy::Config> wanted_;
    live::Files files_;                ///< that are wanted beside it
    haproxy::Config loaded_;           ///< what the running process was started or reloaded with
    plan::Obstacles line_obstacles_;   ///< how wanted_ and loaded_ differ, but for live objects
    ObjectObstacles object_obstacles_; ///< the objects that need a reload
    Queue queue_;
    AddressesNow addresses_;
    plan::Names names_; ///< the addresses with which servers were planned last
    /// The objects that wait for a host name: until its addresses are known, or it counts as one
    /// that doesn't resolve.
    std::map<plan::ObjectId, std::string> unresolved_;
    plan::ManualStates by_hand_; ///< held servers, and released ones until they are planned
    bool knows_holds_ = false;   ///< hold() was called
    std::map<plan::ObjectId, int> repairs_; ///< how many repairs in a row each has had
    std::vector<Queue::Item> in_hand_;      ///< the objects of the plan that is being carried out
    bool repairs_in_vain_ = false;          ///< that plan has a repair that did not last before

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
