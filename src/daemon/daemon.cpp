#include "hitless/daemon/daemon.hpp"

#include "hitless/apply/lookups.hpp"
#include "hitless/base/service_manager.hpp"

#include "base/spawn.hpp"
#include "daemon/generation.hpp"
#include "daemon/signals.hpp"
#include "daemon/web.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <utility>

namespace hitless::daemon {
namespace {

namespace asio = boost::asio;
namespace service_manager = base::service_manager;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

constexpr std::chrono::seconds between_looks_at_notes{1};

/// After SIGTERM or SIGINT hitlessd ends within this time, even if something isn't finished.
constexpr std::chrono::milliseconds longest_stop{1'500};

class Daemon {
  public:
    Daemon(const confd::Settings& settings, const Options& options)
        : settings_(settings),
          options_(options),
          web_(options.http.empty() || settings.onetime
                   ? nullptr
                   : std::make_unique<Web>(context_.get_executor(), options)),
          generation_(next_generation()) {}

    int run() {
        if (!generation_->load())
            return 1;
        signals_.add(SIGUSR1);
        if (web_)
            web_->start();
        base::spawn(context_, work());
        base::spawn(context_,
                    heed_signals(
                        signals_, [this](int signal) { heed(signal); }, [this] { return ended_; }));
        base::spawn(context_, reconcile_regularly());
        base::spawn(context_, feed_watchdog());
        base::spawn(context_, keep_notes());
        try {
            context_.run();
        } catch (const std::exception& error) {
            // What is on disk is whole at every moment, so there is nothing to clean up, and what
            // is suspended can't be unwound in order.
            spdlog::critical(
                "hitlessd has a bug and stops; HAProxy runs on as it is. Please report this: {}",
                error.what());
            std::_Exit(1);
        }
        if (stopping_)
            spdlog::info("stopped");
        const bool is_left_undone = settings_.onetime && generation_->failed();
        if (is_left_undone && !stopping_)
            spdlog::error("-onetime ends with something left undone, which the messages above "
                          "name; mend that and run it again");
        return is_left_undone ? 1 : 0;
    }

  private:
    [[nodiscard]] std::unique_ptr<Generation> next_generation() {
        return std::make_unique<Generation>(context_.get_executor(), resolver_, settings_, options_,
                                            web_ ? &web_->monitor() : nullptr);
    }

    /// How names are looked up, in other threads.
    [[nodiscard]] apply::Resolver::LookUp look_up() {
        if (!web_)
            return confd::look_up;
        return [&metrics = web_->monitor().metrics](const confd::Question& question) {
            confd::Answer answer = confd::look_up(question);
            const bool is_failed = answer.kind == confd::Answer::Kind::failed;
            metrics.count(monitor::metric::dns_lookups, {is_failed ? "failed" : "done"});
            return answer;
        };
    }

    /// One generation after the other, until told to stop.
    asio::awaitable<void> work() {
        for (;;) {
            generation_->start();
            if (web_)
                web_->show(generation_.get());
            service_manager::ready(
                fmt::format("keeps {} template resource(s) in step", generation_->size()));
            co_await generation_->finished();
            if (!next_)
                break;
            next_->remember(*generation_);
            if (web_)
                web_->show(nullptr);
            generation_ = std::move(next_);
        }
        // Nothing is left but these: the event loop ends with them, and nothing outlives what
        // it uses.
        ended_ = true;
        if (web_)
            web_->stop();
        signals_.cancel();
        next_reconcile_.cancel();
        next_sign_.cancel();
        next_look_at_notes_.cancel();
        last_end_.cancel();
    }

    void heed(int signal) {
        if (signal == SIGHUP) {
            read_confdir_again();
        } else if (signal == SIGUSR1) {
            confirm();
        } else {
            spdlog::info("{}: finishing what is begun, then stopping; HAProxy runs on as it is",
                         signal == SIGTERM ? "SIGTERM" : "SIGINT");
            stopping_ = true;
            if (web_)
                web_->note_ending();
            next_.reset();
            service_manager::stopping();
            generation_->stop();
            base::spawn(context_, end_at_last());
        }
    }

    void confirm() {
        if (next_)
            spdlog::warn("SIGUSR1 is ignored, since the confdir is being read again; if a change "
                         "is held after that, send it again");
        else
            generation_->confirm();
    }

    /// HAProxy, etcd or a command may keep what is begun from being finished.
    asio::awaitable<void> end_at_last() {
        if (std::exchange(ending_, true))
            co_return;
        last_end_.expires_after(longest_stop);
        co_await last_end_.async_wait(use_tuple);
        if (ended_)
            co_return;
        spdlog::warn(
            "not everything is finished {} s after the signal; stopping all the same, and the next "
            "start does the rest",
            std::chrono::duration<double>(longest_stop).count());
        spdlog::default_logger()->flush();
        // What is on disk is whole at every moment; a reload that is owed is noted there.
        std::_Exit(settings_.onetime ? 1 : 0);
    }

    void read_confdir_again() {
        if (stopping_) {
            spdlog::info("SIGHUP is ignored, since hitlessd is about to stop");
            return;
        }
        spdlog::info("SIGHUP: reading {} again", settings_.confdir);
        auto next = next_generation();
        if (!next->load(generation_.get())) {
            spdlog::error("SIGHUP has changed nothing: the template resources and templates that "
                          "were read before stay in use");
            generation_->note_stale(fmt::format("the templates in use are older than {}, which "
                                                "can't be used: {}",
                                                settings_.confdir, next->trouble()));
            return;
        }
        service_manager::reloading();
        next_ = std::move(next);
        generation_->stop();
    }

    asio::awaitable<void> reconcile_regularly() {
        for (;;) {
            next_reconcile_.expires_after(settings_.interval);
            co_await next_reconcile_.async_wait(use_tuple);
            if (ended_)
                co_return;
            generation_->reconcile();
        }
    }

    asio::awaitable<void> keep_notes() {
        for (;;) {
            next_look_at_notes_.expires_after(between_looks_at_notes);
            co_await next_look_at_notes_.async_wait(use_tuple);
            if (ended_)
                co_return;
            generation_->keep_notes();
        }
    }

    /// Tells the service manager that the event loop runs, twice in the time that it allows.
    asio::awaitable<void> feed_watchdog() {
        const auto interval = service_manager::watchdog();
        while (interval && !ended_) {
            service_manager::alive();
            next_sign_.expires_after(*interval / 2);
            co_await next_sign_.async_wait(use_tuple);
        }
    }

    const confd::Settings& settings_;
    const Options& options_;
    asio::io_context context_{1};
    std::unique_ptr<Web> web_; ///< nullptr: nobody asks
    apply::Resolver resolver_{context_.get_executor(), look_up()};
    asio::signal_set signals_{context_, SIGTERM, SIGINT, SIGHUP};
    asio::steady_timer next_reconcile_{context_};
    asio::steady_timer next_sign_{context_};
    asio::steady_timer next_look_at_notes_{context_};
    asio::steady_timer last_end_{context_};
    bool ending_ = false; ///< there is a limit already

    bool stopping_ = false; ///< told to, for good
    bool ended_ = false;
    std::unique_ptr<Generation> generation_;
    std::unique_ptr<Generation> next_;
};

} // namespace

int run(const confd::Settings& settings, const Options& options) {
    std::signal(SIGPIPE, SIG_IGN);
    return Daemon(settings, options).run();
}

} // namespace hitless::daemon
