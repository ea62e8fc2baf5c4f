#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"

#include "base/spawn.hpp"
#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/holds.hpp"
#include "ctl/managed.hpp"
#include "ctl/snapshot.hpp"
#include "ctl/top_frame.hpp"
#include "ctl/top_model.hpp"
#include "ctl/top_screen.hpp"
#include "ctl/view.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <system_error>
#include <unistd.h>
#include <utility>

/// The live view: its keys, signals and looks at HAProxy wait beside each other.
namespace hitless::ctl {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

bool has_hung_up() {
    pollfd terminal{STDIN_FILENO, POLLIN, 0};
    return ::poll(&terminal, 1, 0) > 0 && (terminal.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/// The terminal opened once more: Asio makes what it waits for non-blocking, and with standard
/// input itself that would go for ncurses' output and for the shell as well.
int open_keys() {
    const char* const name = ::ttyname(STDIN_FILENO);
    const int file = ::open(name != nullptr ? name : "/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (file < 0)
        throw std::system_error(errno, std::generic_category(), "can't open the terminal");
    return file;
}

class Top {
  public:
    Top(const Target& target, const Context& context, std::chrono::milliseconds interval,
        TopScreen& screen)
        : connection_(loop_.get_executor(), target, context.options.timeout),
          options_(context.options),
          patterns_(context.operands),
          interval_(interval),
          screen_(screen),
          model_(target.name()),
          wake_(loop_),
          signals_(loop_, SIGINT, SIGTERM, SIGHUP),
          keys_(loop_, open_keys()) {
        signals_.add(SIGQUIT);
        signals_.add(SIGWINCH);
    }

    /// The signal that ended it; 0 for the key.
    int run() {
        base::spawn(loop_, look_again_and_again());
        base::spawn(loop_, read_keys());
        base::spawn(loop_, mind_signals());
        show();
        loop_.run();
        return signal_;
    }

  private:
    void show() {
        model_.set_page(list_rows(screen_.size()));
        screen_.show(draw(model_, screen_.size()));
    }

    asio::awaitable<void> look_again_and_again() {
        for (;;) {
            if (wanted_.kind == TopAction::Kind::change) {
                TopAction action = std::exchange(wanted_, TopAction());
                co_await change(std::move(action));
            }
            co_await look();
            show();
            if (wanted_.kind != TopAction::Kind::none)
                continue;
            wake_.expires_after(interval_);
            co_await wake_.async_wait(use_tuple);
        }
    }

    asio::awaitable<void> look() {
        std::vector<haproxy::Command> commands = snapshot_commands();
        const auto answers = co_await connection_.run(std::move(commands));
        if (!answers) {
            model_.lose(answers.error().message);
            co_return;
        }
        auto sample = parse_sample(*answers, patterns_, Clock::now());
        if (sample)
            model_.take(std::move(*sample));
        else
            model_.lose(sample.error().message);
    }

    /// Changes the server, then tells what HAProxy has made of it.
    asio::awaitable<void> change(TopAction action) {
        bool is_lifted = false;
        if (action.lifts_hold) {
            const auto lifted = co_await end_hold_of(action);
            if (!lifted) {
                model_.tell(lifted.error().message, true);
                co_return;
            }
            is_lifted = *lifted;
        }
        std::vector<haproxy::Command> commands(1, action.command);
        commands.push_back("show servers state " + action.backend);
        const auto answers = co_await connection_.run(std::move(commands));
        if (!answers) {
            model_.tell(answers.error().message, true);
            co_return;
        }
        if (const auto refusal = haproxy::command::refusal(action.command, (*answers)[0])) {
            model_.tell("HAProxy refuses: " + *refusal, true);
            co_return;
        }
        const auto running = haproxy::parse_servers_state((*answers)[1]);
        const haproxy::RunningServer* const server =
            running ? haproxy::find_server(*running, action.backend, action.server) : nullptr;
        const std::string name = base::printable(action.backend + "/" + action.server);
        if (server == nullptr)
            model_.tell(name + " is no longer there", true);
        else
            model_.tell(fmt::format("{} is now {}, weight {}{}", name, admin_word(*server),
                                    server->weight,
                                    is_lifted ? "; its hold is lifted" : warning()));
    }

    /// Before HAProxy is told, since hitlessd may look at any moment. False when there is none.
    asio::awaitable<Result<bool>> end_hold_of(const TopAction& action) {
        const auto file = find_config(options_, model_.sample()->info.pid);
        if (!file)
            co_return false; // nobody has held anything beside a file that isn't known
        std::vector<haproxy::Command> commands(1, "show servers state " + action.backend);
        const auto answers = co_await connection_.run(std::move(commands));
        if (!answers)
            co_return answers.error();
        const auto running = haproxy::parse_servers_state(answers->front());
        if (!running)
            co_return running.error();
        co_return end_hold(*file, *running, model_.sample()->info, {action.backend, action.server});
    }

    /// That hitlessd keeps HAProxy in step; the line has no room for how to change it there.
    [[nodiscard]] std::string warning() const {
        const auto file = find_config(options_, model_.sample()->info.pid);
        const Keeper keeper = file ? keeper_of(*file) : Keeper::none;
        return keeper == Keeper::hitlessd || keeper == Keeper::unknown
                   ? "; hitlessd undoes what its keys don't say"
                   : "";
    }

    asio::awaitable<void> read_keys() {
        for (;;) {
            co_await keys_.async_wait(asio::posix::stream_descriptor::wait_read, use_tuple);
            bool any = false;
            while (const auto key = screen_.key()) {
                any = true;
                if (!obey(model_.press(*key)))
                    co_return;
            }
            if (!any && has_hung_up()) {
                end(SIGHUP);
                co_return;
            }
            show();
        }
    }

    /// False when it is over.
    bool obey(TopAction action) {
        if (action.kind == TopAction::Kind::quit) {
            end(0);
            return false;
        }
        if (action.kind == TopAction::Kind::change) {
            wanted_ = std::move(action);
            wake_.cancel();
        }
        return true;
    }

    asio::awaitable<void> mind_signals() {
        for (;;) {
            const auto [error, signal] = co_await signals_.async_wait(use_tuple);
            if (error)
                co_return;
            if (signal != SIGWINCH) {
                end(signal);
                co_return;
            }
            screen_.resize();
            show();
        }
    }

    void end(int signal) {
        signal_ = signal;
        loop_.stop();
    }

    asio::io_context loop_;
    Connection connection_;
    Options options_;
    std::vector<std::string> patterns_;
    std::chrono::milliseconds interval_;
    TopScreen& screen_;
    TopModel model_;
    asio::steady_timer wake_;
    asio::signal_set signals_;
    asio::posix::stream_descriptor keys_;
    TopAction wanted_; ///< for the coroutine that talks to HAProxy
    int signal_ = 0;
};

/// Null after a complaint.
std::unique_ptr<TopScreen> open_screen(const Context& context) {
    if (!context.terminal || ::isatty(STDIN_FILENO) == 0) {
        context.complain("top needs a terminal; for a script there is 'hitlessctl servers --json'");
        return nullptr;
    }
    auto screen = TopScreen::open(context.style().colour);
    if (!screen)
        context.complain("this terminal is not known: set TERM, as in TERM=xterm");
    return screen;
}

} // namespace

ExitCode show_top(Context& context) {
    const auto interval = watch_interval(context, "1");
    if (!interval)
        return context.complain(interval.error().message, usage);
    const auto channel = context.channel();
    if (!channel)
        return failed;
    int signal = 0;
    {
        const auto screen = open_screen(context);
        if (!screen)
            return usage;
        signal = Top(channel->target(), context, *interval, *screen).run();
    }
    // Now that the terminal is as it was, end as the signal would have it.
    if (signal != 0)
        ::raise(signal);
    return done;
}

} // namespace hitless::ctl
