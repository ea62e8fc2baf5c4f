#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/environment.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/plan/difference.hpp"
#include "hitless/plan/obstacle.hpp"
#include "hitless/plan/unresolved.hpp"

#include "converge/file_history.hpp"
#include "converge/guard.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace hitless::converge {

/// How far the HAProxies of a configuration and its file are, as asked just now.
struct Progress {
    // The HAProxies that were started and have not ended: OneHaproxy.
    bool any_haproxy = false;
    bool being_told = false;       ///< some of them is about to get commands: OneHaproxy::busy()
    bool all_told = true;          ///< OneHaproxy::is_told()
    bool have_all_possible = true; ///< OneHaproxy::has_all_possible()
    bool needs_reload = false;     ///< OneHaproxy::needs_reload() of any
    bool haproxies_in_step = true;
    bool haproxies_settled = true;
    bool haproxies_ended = true;
    haproxy::Info oldest; ///< the HAProxy with the oldest version; major 0: none has answered yet

    // The file: FileAndReload.
    const haproxy::Config* on_disk = nullptr; ///< what this run has written or found there
    bool file_idle = true;
    /// Another file than on_disk is checked, and may take its place at any moment.
    bool file_is_being_written = false;
    bool file_in_trouble = false; ///< the file can't be written or was refused, or a reload failed
    bool file_ended = true;

    /// Another file that HAProxy reads by this configuration is about to be written.
    bool awaits_used_file = false;

    /// The registry can be followed, so that the keys are those of now.
    bool is_registry_followed = true;
    bool has_live_note = false; ///< some HAProxy has got more than the file on disk says
};

/// Decides for one configuration of HAProxy when it is rendered, what of it the HAProxies and the
/// file are told of, and when. It asks the guard, gives the HAProxies a head start before the file,
/// and knows what each process was started from. Whoever owns this asks next(), does that one step,
/// and tells how it ended where the step says so. Knows no keys, no template, no file and no clock:
/// all that is told.
class OneConfiguration {
  public:
    using Clock = std::chrono::steady_clock;
    using Time = Clock::time_point;
    using Seconds = long; ///< since 1970, as HAProxy tells when it was started

    struct Options {
        bool onetime = false;    ///< End when all that can be done now is done
        bool files_only = false; ///< HAProxy is neither asked nor reloaded (-sync-only)
        int slots = 0;           ///< spare servers, as for plan::with_slots()
        /// The stats sockets of the HAProxies to be told; empty: the first admin socket of the
        /// configuration that runs.
        std::vector<std::string> sockets;
        haproxy::Environment environment; ///< for sockets with variables in their names
        Guard::Options guard;
    };

    /// HAProxies are told of a change before the file is written, unless that takes longer.
    static constexpr std::chrono::milliseconds head_start{100};
    /// A reload waits so long for other files that are about to be written, so that one reload is
    /// enough for a change of several.
    static constexpr std::chrono::milliseconds longest_wait_for_used_files{2'000};
    /// A file that can't be read is tried again after this.
    static constexpr std::chrono::milliseconds before_reading_again{1'000};

    /// `owed`: why an earlier run owed a reload when it ended; empty: it owed none.
    OneConfiguration(Options options, plan::Obstacles owed);

    // Steps

    /// Read what is on disk; then call file_read() or file_not_read(). What can't be read must not
    /// be taken for missing.
    struct ReadFile {};
    /// Take in what has arrived already, until nothing more comes, or until then.
    struct Gather {
        Time until;
    };
    /// Render and vet; then call rendered() or not_rendered().
    struct Render {};
    /// Tell the HAProxies that this is wanted, as OneHaproxy::want() takes it. `difference`: from
    /// what was wanted before; nullopt: that isn't known. `is_held`: the guard holds a part of the
    /// change, so that the keys say more.
    struct TellHaproxies {
        haproxy::Config config;
        std::optional<plan::Difference> difference;
        std::optional<Time> since;
        bool is_held = false;
    };
    /// Have all compared: OneHaproxy::compare_all(), FileAndReload::check_again().
    struct CompareAll {};
    /// Keep the HAProxies at these sockets in step, and no others. One that is new is told
    /// wanted(). `missing`: environment variables that say where other sockets are. `is_coming`:
    /// there is no socket, but what is wanted has one.
    struct Connect {
        std::vector<std::string> sockets;
        std::set<std::string> missing;
        bool is_coming = false;
    };
    /// Tell FileAndReload that this is wanted, with obstacles(), and that no reload is to begin
    /// before then. `is_held` as above.
    struct TellFile {
        haproxy::Config config;
        bool is_held = false;
        Time no_reload_before = Time::min();
    };
    /// The file says what the HAProxies have: the note of what they have beyond it can go.
    struct ForgetLiveNote {};
    /// The file says what the HAProxies are being brought to.
    struct ConfirmFile {};
    /// Say once that all is in step.
    struct SayInStep {};
    /// Nothing to do before then, unless something happens.
    struct Wait {
        Time until;
    };
    /// Stop the HAProxies' machines; then the file's.
    struct StopHaproxies {};
    struct StopFile {};
    /// `is_cut_off`: with onetime, something that could be done wasn't.
    struct End {
        bool is_cut_off = false;
    };
    using Step =
        std::variant<ReadFile, Gather, Render, TellHaproxies, CompareAll, Connect, TellFile,
                     ForgetLiveNote, ConfirmFile, SayInStep, Wait, StopHaproxies, StopFile, End>;
    [[nodiscard]] Step next(const Progress& progress, Time now);

    // What comes in at any time

    /// The keys, or what was looked up for the template, have changed. `since`: when the oldest
    /// change was received.
    void changed(std::optional<Time> since);
    /// The keys come from another, empty store now.
    void store_emptied() { is_distrusted_ = true; }
    /// HAProxy couldn't be started now with the names of these servers, and with no others'. So the
    /// file does without the names (plan::without_names()); the HAProxies that run keep the
    /// servers.
    void note_unresolved(plan::UnresolvedServers servers) { unresolved_ = std::move(servers); }
    /// Compare all with HAProxy and the disk.
    void compare_all() { compare_all_ = true; }
    /// A person lets through what the guard holds.
    void confirm() { guard_.confirm(); }
    /// Say (once more) when all is in step.
    void say_in_step() { say_in_step_ = true; }
    void stop() { is_stopping_ = true; }

    // How ReadFile ended

    /// It says this. An empty configuration: there is none, or it makes no sense.
    void file_read(haproxy::Config on_disk, Seconds now);
    void file_not_read(Time now) { read_again_at_ = now + before_reading_again; }

    // How Render ended

    enum class NotRendered {
        failed,      ///< the template can't be rendered with the keys of now
        lacks_names, ///< names are still being looked up, and changed() will be called
    };
    void not_rendered(NotRendered why);
    /// The keys make this of the template. `difference`: from the last such result; nullopt: that
    /// isn't known. `deleted`: keys that were deleted lately, for the guard to name them. Returns
    /// what the guard says of it.
    std::vector<Guard::Finding> rendered(haproxy::Config config,
                                         std::optional<plan::Difference> difference,
                                         const std::vector<std::string>& deleted, Time now);
    /// What the guard would say a moment later.
    [[nodiscard]] std::vector<Guard::Finding> rest_of_findings() { return guard_.rest(); }

    // What HAProxies and the file come to

    /// A process answers that our reload has not started. `start`: when it was started. True when
    /// an earlier run owes it a reload: then it runs loaded(), whatever is on disk.
    [[nodiscard]] bool still_owes(Seconds start);
    /// The same, when no reload is owed. Returns what it was started from; `on_disk` is what the
    /// file says now.
    const haproxy::Config& started_from(haproxy::Config on_disk, Seconds start);
    /// The file has been written, or put back.
    void written(const haproxy::Config& config, Seconds now) {
        history_.note_written(config, now);
        coming_.reset();
    }
    /// The file may be written with this from now on, before written() is called.
    void about_to_write(const haproxy::Config& config) { coming_ = config; }
    /// Another file that HAProxy reads by this configuration has been written, and its own
    /// resource leaves the reload to this one.
    void used_file_written(const std::string& path, Seconds now) {
        used_files_[path] = {now, false};
    }
    void reload_begins();
    /// HAProxy was reloaded with it. If this returns a step, it must be done before FileAndReload
    /// goes on: else that ends, or forgets a used file that was written meanwhile.
    [[nodiscard]] std::optional<TellFile> reloaded(const haproxy::Config& config,
                                                   const haproxy::Info& oldest);

    // What is known

    /// Objects of which the file is about to say something else, if it is written with this, while
    /// not each HAProxy was told of that.
    [[nodiscard]] std::vector<plan::ObjectId> untold(const haproxy::Config& config,
                                                     const Progress& progress) const;
    /// Why HAProxy has to be reloaded, if those are the obstacles of the HAProxies. What an earlier
    /// run has owed comes first.
    [[nodiscard]] plan::Obstacles obstacles(const plan::Obstacles& of_haproxies,
                                            const haproxy::Info& oldest);
    /// What is wanted, as it belongs on disk: with spare servers, and without names that have no
    /// address. There must be something wanted.
    [[nodiscard]] const haproxy::Config& file(const haproxy::Info& oldest);
    /// nullptr before the first rendering.
    [[nodiscard]] const haproxy::Config* wanted() const { return wanted_ ? &*wanted_ : nullptr; }
    /// What HAProxy was started or reloaded with, as far as that is known.
    [[nodiscard]] const haproxy::Config& loaded() const { return loaded_; }
    [[nodiscard]] const std::vector<std::string>& sockets() const { return sockets_; }
    /// What is wanted is on disk.
    [[nodiscard]] bool is_on_disk(const Progress& progress);
    /// The HAProxies and the file have all that the keys say.
    [[nodiscard]] bool is_in_step(const Progress& progress);
    /// The guard holds something.
    [[nodiscard]] bool holds() const { return guard_.holds(); }
    [[nodiscard]] std::vector<Guard::Held> held() const { return guard_.held(); }
    /// No rendering follows any more.
    [[nodiscard]] bool is_ending() const { return phase_ > Phase::resting; }

  private:
    /// What next() looks at. Each turn goes through those from gathering to resting, in this order.
    enum class Phase {
        reading_file,
        gathering,
        rendering,
        telling_haproxies,
        comparing,
        connecting,
        telling_file,
        noting,
        saying,
        resting,
        saying_at_last, ///< from here on for the end
        stopping_haproxies,
        awaiting_haproxies,
        telling_file_at_last,
        stopping_file,
        awaiting_file,
        noting_at_last,
        ended,
    };
    /// How the last Render ended.
    enum class Rendering { done, failed, lacks_names };

    std::optional<Step> in_phase(Phase phase, const Progress& progress, Time now);
    Step read_file(Time now);
    std::optional<Step> gather(Time now);
    std::optional<Step> render(Time now);
    std::optional<Step> tell_haproxies();
    std::optional<Step> compare(Time now);
    std::optional<Step> connect();
    std::optional<Step> tell_file(const Progress& progress, Time now);
    TellFile file_step(const haproxy::Info& oldest);
    void await_used_files(const Progress& progress, Time now);
    std::optional<Step> note(const Progress& progress);
    std::optional<Step> say(const Progress& progress);
    std::optional<Step> rest(const Progress& progress, Time now);
    std::optional<Step> stay_until(bool is_over, Phase phase);
    bool is_head_start(const Progress& progress, Time now);
    [[nodiscard]] Time guard_turn() const;
    [[nodiscard]] plan::Obstacles without_socket(const haproxy::Info& oldest);
    [[nodiscard]] bool needs_reload(const Progress& progress);
    [[nodiscard]] bool settled(const Progress& progress) const;

    Options options_;
    plan::Obstacles owed_; ///< by an earlier run; empty when that is done
    Guard guard_;
    Phase phase_ = Phase::reading_file;
    Time read_again_at_ = Time::min();

    bool changed_ = true;        ///< since the last Render
    bool is_distrusted_ = false; ///< store_emptied() was called since the last rendered()
    bool compare_all_ = false;
    bool say_in_step_ = false;
    bool is_stopping_ = false;
    bool is_cut_off_ = false; ///< for End

    Rendering rendering_ = Rendering::done;
    std::optional<Time> render_began_; ///< until the HAProxies are told
    Clock::duration turn_time_{};      ///< from the last Render until they were told
    std::optional<Time> since_;        ///< when the oldest change not yet told was received
    std::optional<TellHaproxies> to_tell_;

    std::optional<haproxy::Config> wanted_; ///< what the keys make of the template
    bool is_held_ = false;                  ///< but for what the guard holds
    haproxy::Config loaded_;
    FileHistory history_;
    std::optional<haproxy::Config> coming_; ///< the file may say this already
    Seconds began_ = 0;                     ///< when the file was read first
    plan::UnresolvedServers unresolved_;
    /// wanted_ as it belongs on disk, and what it was made from.
    struct File {
        haproxy::Config wanted;
        plan::UnresolvedServers unresolved;
        std::string version;
        haproxy::Config config;
    };
    std::optional<File> file_;

    struct UsedFile {
        Seconds written = 0;
        bool is_in_reload = false; ///< the reload that is under way began after that
    };
    std::map<std::string, UsedFile> used_files_; ///< those that need a reload, by their paths
    std::optional<Time> awaited_since_;          ///< used files that are about to be written
    Time no_reload_before_ = Time::min();

    std::vector<std::string> sockets_;
    bool is_connection_due_ = false; ///< what the sockets are found in has changed
    std::optional<Time> being_told_since_;
    Time head_start_ends_ = Time::max(); ///< max(): the file doesn't wait
};

} // namespace hitless::converge
