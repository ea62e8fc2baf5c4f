#pragma once

#include "hitless/registration/registration.hpp"

#include "registration/child.hpp"
#include "registration/registrar.hpp"
#include "registration/web.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <vector>

namespace hitless::registration {

/// Runs the command and the registration beside each other, in the right order: command, ready,
/// registered; and at the end deregistered, drained, signal to the command.
class Supervisor {
  public:
    Supervisor(const boost::asio::any_io_executor& executor, const Options& options);

    /// What to exit with.
    boost::asio::awaitable<int> run();

    /// False when run() has returned while a request was still under way that couldn't be cancelled
    /// (a name that is looked up): then neither this nor the event loop may be destroyed.
    [[nodiscard]] bool is_over() const { return !registering_; }

  private:
    using Clock = std::chrono::steady_clock;
    enum class Outcome { released, held, taken, impossible, unready, given_up };

    boost::asio::awaitable<Outcome> register_when_ready();
    boost::asio::awaitable<bool> wait_ready();
    void note_answer(ProbeReport& probe, const Result<void>& answer);
    boost::asio::awaitable<std::string> find_value();
    /// What is told over HTTP.
    void describe(Report& report) const;
    void begin_registration();
    boost::asio::awaitable<void> end_registration();
    boost::asio::awaitable<int> stop_command(int signal, std::chrono::milliseconds limit);
    boost::asio::awaitable<void> drain(bool was_registered);
    boost::asio::awaitable<void> pause(std::chrono::milliseconds time);
    /// Waits for a change that makes `condition` true; false when it doesn't come in time.
    boost::asio::awaitable<bool> until(std::function<bool()> condition,
                                       Clock::time_point end = Clock::time_point::max());

    /// Whether the command goes on when the registration has ended so.
    static bool runs_on(Outcome outcome);
    void wait_for_signals();
    void take_signal(int number);
    [[nodiscard]] bool is_stop_signal(int number) const;
    /// The command has ended, or was never to be run and a signal says stop.
    [[nodiscard]] bool must_end() const;

    const Options& options_;
    boost::asio::any_io_executor executor_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer changed_; ///< cancelled when anything below has changed
    boost::asio::cancellation_signal cancel_;
    Child child_;
    Web web_;
    std::vector<ProbeReport> probes_;
    std::optional<Registrar> registrar_;
    bool registering_ = false;
    std::optional<Outcome> outcome_; ///< of the registration
    int stop_signal_ = 0;            ///< the first that came; 0: none
    bool in_a_hurry_ = false;        ///< a second one came
};

} // namespace hitless::registration
