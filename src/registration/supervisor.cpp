#include "registration/supervisor.hpp"

#include "hitless/base/text.hpp"

#include "registration/address.hpp"
#include "registration/metrics.hpp"
#include "registration/probe.hpp"
#include "registration/value.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>

namespace hitless::registration {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

/// How long a stop may wait for etcd; then the TTL has to do it.
constexpr milliseconds deregistration_limit{1'500};
/// How long what was cancelled may take to notice.
constexpr milliseconds cancellation_limit{300};
/// For a command that is stopped by us, when no -stop-timeout says otherwise.
constexpr milliseconds default_stop_timeout{10'000};
constexpr milliseconds first_address_pause{250};
constexpr milliseconds longest_address_pause{5'000};

/// What is passed on as it comes, beside the real-time signals.
constexpr int passed_on[] = {SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT, SIGWINCH};

} // namespace

Supervisor::Supervisor(const asio::any_io_executor& executor, const Options& options)
    : options_(options),
      executor_(executor),
      signals_(executor, SIGTERM, SIGINT, SIGCHLD),
      changed_(executor),
      web_(executor, options, [this](Report& report) { describe(report); }) {
    for (const Probe& probe : options.ready)
        probes_.push_back({to_string(probe), false, {}});
    for (const int number : passed_on)
        signals_.add(number);
    for (int number = SIGRTMIN; number <= SIGRTMAX; ++number)
        signals_.add(number);
}

// Signals

void Supervisor::wait_for_signals() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
        if (error)
            return;
        take_signal(number);
        wait_for_signals();
    });
}

bool Supervisor::is_stop_signal(int number) const {
    return number == SIGTERM || number == SIGINT ||
           std::ranges::find(options_.stop_signals, number) != options_.stop_signals.end();
}

void Supervisor::take_signal(int number) {
    if (number == SIGCHLD) {
        child_.reap();
    } else if (!is_stop_signal(number)) {
        child_.signal(number);
        return;
    } else if (stop_signal_ == 0) {
        stop_signal_ = number;
    } else {
        in_a_hurry_ = true;
        child_.signal(number);
    }
    changed_.cancel();
}

bool Supervisor::must_end() const {
    return stop_signal_ != 0 || (!options_.command.empty() && !child_.is_running());
}

asio::awaitable<bool> Supervisor::until(std::function<bool()> condition, Clock::time_point end) {
    while (!condition()) {
        if (Clock::now() >= end)
            co_return false;
        changed_.expires_at(end);
        co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_return true;
}

// The registration

asio::awaitable<void> Supervisor::pause(milliseconds time) {
    asio::steady_timer timer(executor_, time);
    co_await timer.async_wait(asio::use_awaitable);
}

void Supervisor::note_answer(ProbeReport& probe, const Result<void>& answer) {
    probe.is_passed = answer.has_value();
    probe.trouble = answer ? std::string() : answer.error().message;
    web_.metrics().count(metric::probes, {answer ? "passed" : "failed"});
}

void Supervisor::describe(Report& report) const {
    report.is_ending = stop_signal_ != 0;
    report.probes = probes_;
    if (!options_.command.empty())
        report.command = CommandReport{child_.is_running(), child_.pid(), child_.exit_code()};
    KeyReport key;
    if (registrar_)
        key = registrar_->report();
    else
        key.key = base::printable(options_.key);
    report.is_ready = !outcome_ && registrar_ && registrar_->is_registered();
    report.keys.push_back(std::move(key));
}

asio::awaitable<bool> Supervisor::wait_ready() {
    const auto end = Clock::now() + options_.ready_timeout;
    for (std::size_t i = 0; i < options_.ready.size(); ++i) {
        const Probe& probe = options_.ready[i];
        for (;;) {
            const auto answer = co_await ask(probe);
            note_answer(probes_[i], answer);
            if (answer)
                break;
            if (Clock::now() + options_.ready_interval > end) {
                spdlog::error("the service isn't ready after {} s: {}: {}",
                              static_cast<double>(options_.ready_timeout.count()) / 1000,
                              to_string(probe), answer.error().message);
                co_return false;
            }
            co_await pause(options_.ready_interval);
        }
        spdlog::debug("{} answers", to_string(probe));
    }
    co_return true;
}

asio::awaitable<std::string> Supervisor::find_value() {
    const Content& content = options_.content;
    if (!needs_address(content))
        co_return make_value(content, {}).value();
    milliseconds wait = first_address_pause;
    for (std::string told;; wait = std::min(wait * 2, longest_address_pause)) {
        auto address = address_of_interface(content.interface);
        if (content.interface.empty())
            address = co_await address_towards(options_.etcd);
        if (address) {
            if (address->starts_with("127.") || *address == "::1")
                spdlog::warn("only this machine can reach the address {}; use --value or "
                             "--interface for one that others can reach",
                             *address);
            co_return make_value(content, *address).value();
        }
        if (told != address.error().message)
            spdlog::warn("{}; trying again", address.error().message);
        told = address.error().message;
        co_await pause(wait);
    }
}

asio::awaitable<Supervisor::Outcome> Supervisor::register_when_ready() {
    const bool is_ready = co_await wait_ready();
    if (!is_ready)
        co_return Outcome::unready;
    std::string value = co_await find_value();
    registrar_.emplace(executor_, options_, std::move(value), web_.metrics());
    switch (co_await registrar_->run()) {
    case Registrar::Outcome::held:
        co_return Outcome::held;
    case Registrar::Outcome::taken:
        co_return Outcome::taken;
    case Registrar::Outcome::impossible:
        co_return Outcome::impossible;
    case Registrar::Outcome::released:
        break;
    }
    co_return Outcome::released;
}

void Supervisor::begin_registration() {
    registering_ = true;
    asio::co_spawn(executor_, register_when_ready(),
                   asio::bind_cancellation_slot(
                       cancel_.slot(), [this](const std::exception_ptr& thrown, Outcome outcome) {
                           registering_ = false;
                           outcome_ = thrown ? Outcome::given_up : outcome;
                           changed_.cancel();
                           try {
                               if (thrown)
                                   std::rethrow_exception(thrown);
                           } catch (const boost::system::system_error& error) {
                               if (error.code() != asio::error::operation_aborted)
                                   spdlog::error("the key is not kept any more: {}", error.what());
                           } catch (const std::exception& error) {
                               spdlog::error("the key is not kept any more: {}", error.what());
                           }
                       }));
}

asio::awaitable<void> Supervisor::end_registration() {
    const auto is_over = [this] { return !registering_; };
    if (registrar_) {
        registrar_->stop();
        if (co_await until(is_over, Clock::now() + deregistration_limit))
            co_return;
        if (registrar_->is_registered())
            spdlog::warn("{} couldn't be removed, as etcd doesn't answer: it goes away {} s after "
                         "it was renewed last",
                         base::printable(options_.key), options_.ttl.count() / 1000);
    }
    cancel_.emit(asio::cancellation_type::terminal);
    co_await until(is_over, Clock::now() + cancellation_limit);
}

// The end

asio::awaitable<void> Supervisor::drain(bool was_registered) {
    if (!was_registered || options_.drain.count() == 0)
        co_return;
    co_await until(
        [this] { return in_a_hurry_ || (!options_.command.empty() && !child_.is_running()); },
        Clock::now() + options_.drain);
}

asio::awaitable<int> Supervisor::stop_command(int signal, milliseconds limit) {
    const auto has_ended = [this] { return !child_.is_running(); };
    if (!in_a_hurry_) // then it has got it already
        child_.signal(signal);
    const auto end = limit.count() > 0 ? Clock::now() + limit : Clock::time_point::max();
    if (!co_await until(has_ended, end)) {
        spdlog::warn("the command hasn't ended {} s after the signal: killing it",
                     static_cast<double>(limit.count()) / 1000);
        child_.kill();
        co_await until(has_ended);
    }
    co_return child_.exit_code().value_or(done);
}

bool Supervisor::runs_on(Outcome outcome) {
    return outcome == Outcome::taken || outcome == Outcome::given_up;
}

asio::awaitable<int> Supervisor::run() {
    wait_for_signals();
    if (!options_.command.empty()) {
        if (const auto failure = child_.start(options_.command)) {
            spdlog::error("{}", failure->text);
            signals_.cancel();
            co_return failure->code;
        }
    }
    web_.start(); // the command doesn't inherit its sockets
    begin_registration();
    const bool has_command = !options_.command.empty();
    co_await until(
        [&] { return must_end() || (outcome_ && !(has_command && runs_on(*outcome_))); });
    const bool was_registered = registrar_ && registrar_->is_registered();
    if (registering_)
        co_await end_registration();
    const bool is_gone = outcome_ == Outcome::released;

    int code = done;
    if (stop_signal_ != 0) {
        co_await drain(was_registered && is_gone);
        if (has_command)
            code = co_await stop_command(stop_signal_, options_.stop_timeout);
    } else if (has_command && !child_.is_running()) {
        code = child_.exit_code().value_or(failed);
        spdlog::info("the command has ended with exit status {}", code);
    } else {
        if (has_command)
            static_cast<void>(co_await stop_command(SIGTERM, options_.stop_timeout.count() > 0
                                                                 ? options_.stop_timeout
                                                                 : default_stop_timeout));
        code = outcome_ == Outcome::unready                              ? not_ready
               : outcome_ == Outcome::held || outcome_ == Outcome::taken ? held
                                                                         : failed;
    }
    signals_.cancel();
    web_.stop();
    co_return code;
}

} // namespace hitless::registration
