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
/// A reload comes only with a file that is on disk. After one that failed, the last file that
/// HAProxy ran with is put back until the next try, so that a restart finds a file that works.
class FileAndReload {
  public:
    struct Options {
        bool files_only = false;           ///< no reload, and nobody knows what needs one
        Clock::duration reload_interval{}; ///< between the beginnings of two reloads, at least
    };

    /// `owed`: why a reload is owed since an earlier run; empty: none is.
    FileAndReload(Options options, plan::Obstacles owed, Clock::time_point now);

    // Steps

    /// Bring it to disk. The note of an owed reload is to be as noted() says before.
    struct Write {
        haproxy::Config config;
    };
    /// Reload HAProxy with what is on disk, which is `config`.
    struct Reload {
        haproxy::Config config;
        plan::Obstacles why;
    };
    /// Bring it to disk, unchecked: HAProxy ran with it.
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
    /// next() would be a Write.
    [[nodiscard]] bool writes_now(Clock::time_point now) const;

    // What comes in at any time

    /// This was found on disk. HAProxy runs it, unless a reload is owed.
    void found(const haproxy::Config& on_disk);
    /// This is wanted, and needs a reload where there are obstacles.
    void want(const haproxy::Config& config, plan::Obstacles obstacles, Clock::time_point now);
    /// Compare with the disk even if nothing has changed.
    void check_again() { tried_.reset(); }
    /// Another process answers, started by somebody else from this configuration (nullptr: that
    /// isn't known): what kept a reload from succeeding may be over.
    void process_met(const haproxy::Config* started_from, Clock::time_point now);
    /// Begin nothing more but what is wanted on disk.
    void stop() { stopping_ = true; }
    [[nodiscard]] bool is_stopping() const { return stopping_; }

    // How a Write ended

    void written(Clock::time_point began, Clock::time_point now);
    /// check_cmd has refused it.
    void refused(Clock::time_point began, Clock::time_point now);
    /// It could not be written, or check_cmd could not be run.
    void not_written(Clock::time_point began, Clock::time_point now);
    /// It was given up since it took too long after stop().
    void given_up();

    // How a Reload ended, if it was not given up

    void reloaded(Clock::time_point began);
    void reload_failed(Clock::time_point now);
    /// There is no way to reload.
    void not_reloadable(Clock::time_point now);

    // How a PutBack ended

    void was_put_back();
    void not_put_back() { doing_ = Doing::nothing; }

    // What is known

    /// What the note of an owed reload has to say for the next run, should this one be killed now;
    /// empty: there must be none. Nothing where files_only: then it is to be left as it is.
    [[nodiscard]] const plan::Obstacles& noted() const;
    /// What an earlier run has noted.
    [[nodiscard]] const plan::Obstacles& owed() const { return owed_; }
    /// Why a reload is due: where what is wanted was refused, what is on disk may need it all the
    /// same.
    [[nodiscard]] const plan::Obstacles& due() const;
    /// What is wanted needs a reload.
    [[nodiscard]] bool needs_reload() const { return !obstacles_.empty(); }
    /// That is on disk: it was written, or found there.
    [[nodiscard]] bool has_on_disk(const haproxy::Config& config) const;
    /// All is done that can be done; what was refused stays so until something happens.
    [[nodiscard]] bool idle() const;
    [[nodiscard]] bool is_reloading() const { return doing_ == Doing::reloading; }
    [[nodiscard]] bool is_refused() const { return refused_; }
    /// An older file is on disk again, since the reload with the newer one has failed.
    [[nodiscard]] bool is_put_back() const { return put_back_; }
    [[nodiscard]] bool file_is_due() const;
    [[nodiscard]] bool reload_is_due() const { return !due().empty() && !file_is_due(); }
    [[nodiscard]] Clock::time_point reload_not_before() const { return reload_not_before_; }
    /// The pause before the next try of a reload that fails.
    [[nodiscard]] Clock::duration reload_pause() const { return reload_pause_; }
    /// When next() has something to do, if nothing happens.
    [[nodiscard]] Clock::time_point next_turn() const;
    /// What is wanted; nothing has been wanted yet: nullptr.
    [[nodiscard]] const haproxy::Config* wanted() const { return wanted_ ? &*wanted_ : nullptr; }

  private:
    enum class Doing { nothing, writing, reloading, putting_back };

    [[nodiscard]] bool must_put_back() const;

    Options options_;
    plan::Obstacles owed_;
    Doing doing_ = Doing::nothing;
    bool stopping_ = false;

    std::optional<haproxy::Config> wanted_;
    plan::Obstacles obstacles_; ///< why it needs a reload
    /// False after a reload with something older, until the next want(): the obstacles are not
    /// known, so that the file can't be written without a note, nor with one.
    bool is_compared_ = true;

    std::optional<haproxy::Config> in_hand_; ///< what the step is about
    plan::Obstacles in_hand_obstacles_;      ///< as they were when it began

    std::optional<haproxy::Config> tried_; ///< what was brought to disk, or refused, last
    bool refused_ = false;                 ///< it was refused

    std::optional<haproxy::Config> disk_; ///< what is on disk, where that is known
    plan::Obstacles disk_obstacles_;      ///< why that needs a reload
    std::optional<haproxy::Config> good_; ///< the last one that HAProxy ran with
    bool put_back_ = false;               ///< it is on disk since a reload failed
    bool reload_has_failed_ = false;      ///< and the file that it was for is still on disk

    Clock::time_point file_not_before_ = Clock::time_point::min();
    Clock::time_point reload_not_before_ = Clock::time_point::min();
    Clock::duration reload_pause_;
};

} // namespace hitless::converge
