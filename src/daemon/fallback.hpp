#pragma once

#include "hitless/apply/publish.hpp"
#include "hitless/apply/reload.hpp"
#include "hitless/haproxy/config.hpp"

#include "daemon/complaints.hpp"
#include "daemon/key_dump.hpp"
#include "daemon/work.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hitless::daemon {

/// Keeps haproxy.cfg on disk as it is wanted, and reloads HAProxy when runtime commands can't do:
/// validated, one at a time, rate-limited, repeated until it succeeds. When a reload fails the last
/// file that HAProxy ran with is put back until the next try, so that a restart finds a file that
/// works. Works beside the runtime commands, which never wait for it.
class Fallback {
  public:
    /// What a reload needs of, and tells, its owner.
    struct Owner {
        /// Called after each successful reload with the configuration that the new process has.
        std::function<void(const haproxy::Config&)> reloaded;
        /// The processes that a reload has to replace.
        std::function<std::vector<apply::Process>()> processes;
        /// The admin sockets, whether someone answers there or not.
        std::function<std::vector<std::string>()> sockets;
        /// True while some HAProxy is told of changes as they come.
        std::function<bool()> told;
        /// Called when the file has been written, or put back.
        std::function<void(const haproxy::Config&)> written;
        /// Called when check_cmd has refused a configuration. True when another one will be wanted
        /// in its place, without what was refused.
        std::function<bool(const haproxy::Config&, const apply::Published&)> refused;
    };

    Fallback(const boost::asio::any_io_executor& executor, Work& work, Owner owner);

    /// What is on disk. HAProxy runs that, unless a reload is owed.
    void start_from(const haproxy::Config& on_disk);

    /// The newest configuration, and why HAProxy has to be reloaded with it; no reasons: it has not
    /// to.
    /// `held`: a guard holds some of it, so that it isn't what the keys make of the template.
    void want(const haproxy::Config& config, std::vector<std::string> reload_reasons, bool held);

    /// The keys have changed: they are kept beside the file.
    void note_keys();

    /// Compares with the disk, and asks check_cmd, even if nothing has changed since.
    void check_again();

    /// Another process answers: it may have the variables that a file was refused without.
    void note_process();

    /// A reload that a predecessor still owed, and why.
    [[nodiscard]] bool reload_owed() const { return is_noted_; }
    [[nodiscard]] const std::vector<std::string>& owed_reasons() const { return owed_reasons_; }

    /// That is on disk: it was written, or found there.
    [[nodiscard]] bool has_on_disk(const haproxy::Config& config) const;

    /// The file that is on disk is what is wanted, or was refused, and no reload is under way.
    [[nodiscard]] bool idle() const { return idle_; }

    /// The file can't be written or was refused, or a reload failed.
    [[nodiscard]] bool in_trouble() const { return complaints_.any(); }

    /// Reloads so far.
    [[nodiscard]] int reloads() const { return reloads_; }

    /// run() has returned.
    [[nodiscard]] bool ended() const { return ended_; }

    /// Runs until stop(); what is wanted by then is on disk afterwards.
    boost::asio::awaitable<void> run();
    void stop();

  private:
    using Clock = Wake::Clock;

    boost::asio::awaitable<bool> bring_to_disk();
    boost::asio::awaitable<void> reload();
    boost::asio::awaitable<void> put_back();
    [[nodiscard]] bool file_is_due() const;
    [[nodiscard]] bool reload_is_due() const;
    [[nodiscard]] Clock::time_point next_turn() const;
    [[nodiscard]] const std::vector<std::string>& due_reasons() const;
    void note_owed(std::vector<std::string> reasons);
    void set_note(const std::vector<std::string>& reasons);
    void tell_turn();
    void tell_wait();
    void tell_written(std::chrono::milliseconds took) const;
    boost::asio::awaitable<void> complete_environment(const haproxy::Config& config);
    [[nodiscard]] std::string why_refused(const apply::Published& published) const;
    void settle(const haproxy::Config& config, const apply::Published& published);
    void report_failed_reload(const std::string& what);

    Work& work_;
    Owner owner_;
    apply::ReloadNote note_;
    KeyDump dump_;
    Wake wake_;
    Complaints complaints_;
    std::optional<haproxy::Config> wanted_;
    std::optional<haproxy::Config> good_; ///< the last file that HAProxy ran with
    bool put_back_ = false;               ///< it is on disk again, since a reload failed
    bool is_put_back_told_ = false;
    std::optional<std::string> settled_;    ///< the text that was written, or refused, last
    bool refused_ = false;                  ///< check_cmd said no to settled_
    std::vector<std::string> environment_;  ///< that only HAProxy has, for the commands
    std::set<std::string> missing_;         ///< variables that the file names and nobody has
    std::vector<std::string> reasons_;      ///< why wanted_ needs a reload
    std::optional<haproxy::Config> disk_;   ///< what is on disk, where that is known
    std::vector<std::string> disk_reasons_; ///< why that needs one
    bool is_noted_;                         ///< that what is on disk needs one
    std::vector<std::string> noted_;        ///< the reasons that were noted last
    std::vector<std::string> owed_reasons_; ///< those of a predecessor
    Clock::time_point file_not_before_ = Clock::time_point::min();
    Clock::time_point reload_not_before_ = Clock::time_point::min();
    std::chrono::milliseconds reload_pause_;
    std::string told_turn_;       ///< what was told at debug
    Clock::time_point told_wait_; ///< until when a reload waits, as it was told last
    int refused_in_a_row_ = 0;
    int reloads_ = 0;
    bool stopping_ = false;
    bool idle_ = true;
    bool ended_ = false;
};

} // namespace hitless::daemon
