#pragma once

#include "hitless/plan/plan.hpp"

#include "converge/one_haproxy.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hitless::converge {

/// A HAProxy in a few lines, and the one that talks with it for a OneHaproxy: does the steps, and
/// notes what is told. It can refuse, break the connection, and be started again.
class HaproxyModel : public Reporter {
  public:
    using Time = OneHaproxy::Time;

    explicit HaproxyModel(std::string file, OneHaproxy::Options options = {});

    // What a test does with HAProxy

    /// Starts another process from this configuration.
    void restart(const std::string& file);
    /// What it has, truly.
    haproxy::Running process;
    live::ObservedLimits limits;
    /// Of each file of patterns that it has; a process is started with those of `files_on_disk`.
    live::Files files;
    live::Files files_on_disk;
    /// It refuses commands for these servers, by their running names.
    std::set<plan::ServerId> refuses; // of a limit, "" or its frontend, and "maxconn"
    /// The connection breaks within the next plan after so many steps were done.
    std::optional<std::size_t> breaks_after;
    /// Somebody has asked this process who it is.
    [[nodiscard]] bool is_met() const { return known_pid_ == pid_; }
    /// Nobody answers.
    bool is_away = false;
    /// It takes no check for passed, so that a stand-in never takes over.
    bool checks_fail = false;
    /// It keeps the connections of servers that leave.
    bool keeps_connections = false;

    // And with who talks to it

    /// The next run: nothing is known but the file.
    void start_machine(const std::string& file);
    void want(const std::string& configuration);
    /// Does what is to be done now. Returns the kinds of the steps, as in "identify, read, plan".
    std::string run();
    /// One step; false when there is nothing to do now.
    bool step();
    /// Moves the clock.
    void pass(OneHaproxy::Clock::duration time) { now += time; }
    /// Reloads for what is in the way, with what is wanted.
    void reload();

    /// Runs and lets time pass until nothing is to be done but asking who answers.
    void settle();

    Time now{std::chrono::seconds(1'000)};
    std::optional<OneHaproxy> machine;
    OneHaproxy::Options options;
    std::map<std::string, std::vector<std::string>> names; ///< those that are known
    std::string steps;                                     ///< of the last run()
    std::vector<std::string> told; ///< "repair app/web1", "refused app/web1"…
    std::string file;              ///< that the process was started from, as whoever asks is told

    /// The servers as they are to be: "app/web1 10.0.0.1:80 weight 1", with the options of checks.
    static std::vector<std::string> describe(const haproxy::Running& running);
    /// As a process has them that is started from this.
    static std::vector<std::string> describe_file(const std::string& configuration);
    /// The limits of a process that is started from this, which can have 1,000 connections.
    static live::ObservedLimits limits_of_file(const std::string& configuration);
    /// "global 100", "web 50".
    static std::vector<std::string> describe(const live::ObservedLimits& limits);

  private:
    void met(bool is_ours) override;
    void looked(bool) override {}
    void lost(const Error&) override { told.emplace_back("lost"); }
    void planned(std::span<const plan::ObjectId>, const plan::Plan&,
                 const std::map<plan::ObjectId, plan::Cause>&) override {}
    void put_off(const plan::ObjectId& object, PutOff why, std::string_view name) override;
    void repairs(const plan::Step& step) override;
    void done(const plan::Step& step, std::optional<Time> since) override;
    void refused(const plan::Refusal& refusal) override;
    void hopeless(const plan::ObjectId& object, const plan::Cause& cause) override;

    [[nodiscard]] Seen seen();
    [[nodiscard]] Time next_collection() const;
    void lose();
    void identify(bool anew);
    void read_all(bool is_new);
    void read_back(const Queue::UnverifiedScopes& scopes);
    void carry_out(const plan::Plan& plan);
    void collect();
    void read_limits();
    void read_files();
    bool take(const plan::Step& step);
    void run_checks();

    live::Observed known_; ///< what the answers have shown
    /// Objects that have got what their file may not say: hitlessd notes them on disk.
    std::set<plan::ObjectId> noted_;
    haproxy::Info info_;
    long pid_ = 1;
    long known_pid_ = 0;    ///< who answered last
    long connected_to_ = 0; ///< 0: to nobody
};

} // namespace hitless::converge
