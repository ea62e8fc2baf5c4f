#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/plan/obstacle.hpp"

#include <chrono>
#include <optional>
#include <variant>

namespace hitless::converge {

using Clock = std::chrono::steady_clock;

/// Decides when the wanted configuration is written to disk and when HAProxy is reloaded with it.
/// What is wanted comes in with why it needs a reload, if it does: the obstacles. Whoever owns this
/// asks next(), does that one step, and tells how it ended. One step at a time; what is wanted may
/// change meanwhile. Knows no file, no process and no clock: the time is told.
///
/// A reload comes only with a file that is on disk. It may be needed for another file that HAProxy
/// reads, such as a map: then also when check_cmd has refused what is wanted. After one that
/// failed, the last file that HAProxy ran with is put back until the next try, so that a restart
/// finds a file that works.
class FileAndReload {
  public:
    struct Options {
        bool files_only = false; ///< HAProxy is neither asked nor reloaded (-sync-only)
        /// Between the beginnings of two reloads, or tries of one, at least.
        Clock::duration reload_interval{};
    };

    /// `owed`: why an earlier run owed a reload when it ended; empty: it owed none.
    FileAndReload(Options options, plan::Obstacles owed, Clock::time_point now);

    // Steps

    /// Check it and write it to disk. Before that, the note of an owed reload must say what noted()
    /// says.
    struct Write {
        haproxy::Config config;
    };
    /// Reload HAProxy with what is on disk, which is `config`.
    struct Reload {
        haproxy::Config config;
        plan::Obstacles why;
    };
    /// Write it to disk without a check, since HAProxy has run with it.
    struct PutBack {
        haproxy::Config config;
    };
    /// Nothing to do before then, unless something happens.
    struct Wait {
        Clock::time_point until;
    };
    /// stop() was called, and nothing is left to do.
    struct End {};
    using Step = std::variant<Write, Reload, PutBack, Wait, End>;
    [[nodiscard]] Step next(Clock::time_point now);
    /// True when next() would return a Write.
    [[nodiscard]] bool writes_now(Clock::time_point now) const;

    // What comes in at any time

    /// This was on disk when hitlessd started. HAProxy counts as running it, unless an earlier run
    /// owes a reload.
    void found(const haproxy::Config& on_disk);
    /// This is wanted, and needs a reload where there are obstacles.
    void want(const haproxy::Config& config, plan::Obstacles obstacles, Clock::time_point now);
    /// No reload begins before then, since another file that HAProxy reads is about to be written.
    void put_off_reload(Clock::time_point until) { put_off_until_ = until; }
    /// Another Write is due even if nothing has changed.
    void check_again() { last_write_.reset(); }
    /// Somebody else has started the process that answers now, from this configuration (nullptr:
    /// that isn't known). A reload that has failed may succeed with it, so it is tried sooner.
    void process_met(const haproxy::Config* started_from, Clock::time_point now);
    /// From now on only the file is brought up to date. No reload begins.
    void stop() { stopping_ = true; }
    [[nodiscard]] bool is_stopping() const { return stopping_; }

    // How a Write ended

    void written(Clock::time_point began, Clock::time_point now);
    /// check_cmd has refused it.
    void refused(Clock::time_point began, Clock::time_point now);
    /// It could not be written, or check_cmd could not be run.
    void not_written(Clock::time_point began, Clock::time_point now);
    /// A Write, or a Reload, was cut off since it took too long after stop(). The next run does it.
    void given_up();

    // How a Reload ended, if it was not given up

    void reloaded(Clock::time_point began);
    /// It is tried again after a pause that grows, and no sooner than a reload after another.
    void reload_failed(Clock::time_point began, Clock::time_point now);
    /// No command for a reload is configured.
    void not_reloadable(Clock::time_point now);

    // How a PutBack ended

    void was_put_back();
    void not_put_back() { doing_ = Doing::nothing; }

    // What is known

    /// What the note of an owed reload has to say for the next run, should this one be killed now;
    /// empty: there must be none. Nothing where files_only: then it is to be left as it is.
    [[nodiscard]] const plan::Obstacles& noted() const;
    /// Why an earlier run owed a reload when it ended.
    [[nodiscard]] const plan::Obstacles& owed() const { return owed_; }
    /// Why a reload is due. When check_cmd has refused what is wanted, these are the obstacles of
    /// the older file that is on disk.
    [[nodiscard]] const plan::Obstacles& due() const;
    /// Why HAProxy is owed a reload: what is due; or, while check_cmd refuses what is wanted, why
    /// that needs one.
    [[nodiscard]] const plan::Obstacles& awaited() const {
        return due().empty() ? obstacles_ : due();
    }
    /// When the reload that is due is tried, unless something else comes between; nullopt: none is
    /// due, or that isn't known.
    [[nodiscard]] std::optional<Clock::time_point> next_reload() const;
    /// What is wanted needs a reload.
    [[nodiscard]] bool needs_reload() const { return !obstacles_.empty(); }
    /// The last Write has ended with this on disk. False before the first Write, whatever is there.
    [[nodiscard]] bool has_on_disk(const haproxy::Config& config) const;
    /// What the last Write has ended with; nullptr before the first, and after one that was
    /// refused.
    [[nodiscard]] const haproxy::Config* on_disk() const {
        return last_write_ && !refused_ && disk_ ? &*disk_ : nullptr;
    }
    /// What is on disk now, as far as is known; nullptr: nothing is known of it.
    [[nodiscard]] const haproxy::Config* now_on_disk() const { return disk_ ? &*disk_ : nullptr; }
    /// Nothing is left to do until something happens. What check_cmd has refused isn't tried again.
    [[nodiscard]] bool idle() const;
    [[nodiscard]] bool is_reloading() const { return doing_ == Doing::reloading; }
    /// Another file is checked, and takes the place of the one on disk if it is accepted.
    [[nodiscard]] bool is_writing() const { return doing_ == Doing::writing; }
    [[nodiscard]] bool is_refused() const { return refused_; }
    /// An older file is on disk again, since the reload with the newer one has failed.
    [[nodiscard]] bool is_put_back() const { return put_back_; }
    [[nodiscard]] bool file_is_due() const;
    [[nodiscard]] bool reload_is_due() const { return !due().empty() && !file_is_due(); }
    [[nodiscard]] Clock::time_point reload_not_before() const { return reload_not_before_; }
    /// When the next Write or Reload is due, if nothing happens before.
    [[nodiscard]] Clock::time_point next_turn() const;
    [[nodiscard]] Clock::time_point put_off_until() const { return put_off_until_; }
    /// nullptr before the first want().
    [[nodiscard]] const haproxy::Config* wanted() const { return wanted_ ? &*wanted_ : nullptr; }

  private:
    enum class Doing { nothing, writing, reloading, putting_back };

    [[nodiscard]] bool must_put_back() const;
    [[nodiscard]] Clock::time_point reload_turn() const;

    Options options_;
    plan::Obstacles owed_;
    Doing doing_ = Doing::nothing;
    bool stopping_ = false;

    std::optional<haproxy::Config> wanted_;
    plan::Obstacles obstacles_; ///< why it needs a reload
    /// False after a reload with an older configuration, until the next want(). What is wanted has
    /// not been compared with the new process yet. So nobody knows its obstacles, which the note
    /// must have before the file is written.
    bool obstacles_known_ = true;

    std::optional<haproxy::Config> in_hand_; ///< what the step is about
    plan::Obstacles in_hand_obstacles_;      ///< as they were when it began

    std::optional<haproxy::Config> last_write_; ///< of the last Write; none: another Write is due
    bool refused_ = false; ///< check_cmd has refused last_write_, so it isn't on disk

    std::optional<haproxy::Config> disk_;      ///< what is on disk, where that is known
    plan::Obstacles disk_obstacles_;           ///< why that needs a reload
    std::optional<haproxy::Config> last_good_; ///< the last one that HAProxy ran with
    bool put_back_ = false;                    ///< last_good_ is on disk in place of what is wanted
    bool reload_has_failed_ = false;           ///< just now, so that a PutBack may be due

    Clock::time_point file_not_before_ = Clock::time_point::min();
    Clock::time_point reload_not_before_ = Clock::time_point::min();
    Clock::time_point put_off_until_ = Clock::time_point::min();
    Clock::duration reload_pause_; ///< after the next try that fails
};

} // namespace hitless::converge
