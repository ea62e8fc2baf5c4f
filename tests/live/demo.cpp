// The main job, shown: etcd, HAProxy and HTTP servers on loopback, hitlessd between them, load on
// it all, and servers that come and go. Run by scripts/demo.
#include "hitless/base/flags.hpp"
#include "hitless/base/text.hpp"

#include "live/load.hpp"
#include "support/free_port.hpp"
#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <sys/signal.h>
#include <thread>
#include <vector>

namespace hitless::test {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;
using std::chrono::milliseconds;

constexpr std::size_t connections = 32;
constexpr std::chrono::microseconds think_time{20'000};
constexpr milliseconds between_changes{50};

/// examples/confd, with its paths and its port moved here.
StageOptions example() {
    StageOptions options;
    options.backends = 50;
    options.keys = {"/app/servers"};
    options.cfg = read_text(HITLESS_EXAMPLES "/confd/templates/haproxy.cfg.tmpl");
    options.toml = read_text(HITLESS_EXAMPLES "/confd/conf.d/haproxy.toml");
    boost::replace_all(options.cfg, R"({{getenv "HAPROXY_SOCKET" "/run/haproxy/admin.sock"}})",
                       "@DIR@/admin.sock");
    boost::replace_all(options.cfg, R"({{getenv "HAPROXY_BIND" "*:80"}})", "127.0.0.1:@PORT@");
    // Lets a request ask for one server, so that a new one's first answer can be timed.
    boost::replace_all(options.cfg, "    balance roundrobin\n",
                       "    balance roundrobin\n"
                       "    use-server %[req.hdr(x-server)] if { req.hdr(x-server) -m found }\n");
    boost::replace_all(options.toml, "/etc/haproxy/haproxy.cfg", "@DEST@");
    boost::replace_all(options.toml, "systemctl reload haproxy", "@RELOAD@");
    return options;
}

std::string name_of(std::size_t server) {
    return fmt::format("web{:02}", server + 1);
}

/// hitlessd's usual one, if nobody has it.
std::uint16_t port_of_http() {
    constexpr std::uint16_t usual = 9690;
    return is_free(usual) ? usual : free_port();
}

class Demo {
  public:
    Demo() : stage_(example()) {}

    bool run() {
        fmt::print("etcd {}   HAProxy http://127.0.0.1:{}/   {}\n"
                   "hitlessd shows what it does at http://127.0.0.1:{}/\n",
                   stage_.etcd.url(), stage_.port(), stage_.directory().path().string(),
                   http_port_);
        start_daemon();
        scale_up(0, 3);
        pid_before_ = stage_.haproxy().pid();
        Load load(stage_.port(), connections, think_time);
        scale_up(3, 20);
        restart_daemon("terminated", [&] { stage_.stop_daemon(); });
        scale_up(20, 35);
        restart_daemon("killed (-9)", [&] { stage_.kill_daemon(); });
        scale_up(35, 50);
        scale_down(50, 5);
        const bool in_step = stage_.wait_servers(expected(5));
        return report(load.stop(), in_step);
    }

    void stay() {
        fmt::print("\nEverything stays up until you press Ctrl-C. Try, in another terminal:\n"
                   "  curl http://127.0.0.1:{0}/                                   # answered by "
                   "one of the servers\n"
                   "  curl {1}/v2/keys/app/servers?recursive=true   # what is registered\n"
                   "  curl -X PUT {1}/v2/keys/app/servers/new -d value={2}   # a server more\n"
                   "  curl -X DELETE {1}/v2/keys/app/servers/new\n"
                   "  ETCDCTL_API=2 etcdctl --endpoints {1} set /app/servers/new {2}\n"
                   "  echo 'show servers state app' | socat - {3}\n"
                   "  tail -f {4}\n"
                   "  curl http://127.0.0.1:{5}/status       # or open http://127.0.0.1:{5}/ in a "
                   "browser\n",
                   stage_.port(), stage_.etcd.url(), stage_.web.address(49),
                   stage_.haproxy().socket(), stage_.directory() / "hitlessd.log", http_port_);
        std::fflush(stdout);
        sigset_t stop;
        sigemptyset(&stop);
        sigaddset(&stop, SIGINT);
        sigaddset(&stop, SIGTERM);
        int signal = 0;
        sigwait(&stop, &signal);
    }

  private:
    void start_daemon() { stage_.start_daemon({"-http", fmt::format("127.0.0.1:{}", http_port_)}); }

    void scale_up(std::size_t from, std::size_t to) {
        fmt::print("{:>2} → {:>2} servers\n", from, to);
        std::fflush(stdout);
        for (std::size_t server = from; server < to; ++server) {
            const auto begin = Clock::now();
            stage_.add(name_of(server), server);
            while (stage_.ask(name_of(server)) != stage_.web.name(server)) {
                if (Clock::now() - begin > std::chrono::seconds(20))
                    throw std::runtime_error("no answer from " + name_of(server) + "\n" +
                                             stage_.log());
            }
            latencies_.push_back(Milliseconds(Clock::now() - begin));
            ++changes_;
            std::this_thread::sleep_for(between_changes);
        }
    }

    void scale_down(std::size_t from, std::size_t to) {
        fmt::print("{:>2} → {:>2} servers\n", from, to);
        std::fflush(stdout);
        for (std::size_t server = from; server-- > to;) {
            stage_.remove(name_of(server));
            ++changes_;
        }
    }

    template <class End>
    void restart_daemon(const char* how, End end) {
        fmt::print("   hitlessd is {} and started again\n", how);
        end();
        start_daemon();
    }

    [[nodiscard]] std::vector<std::string> expected(std::size_t count) const {
        std::vector<std::string> servers;
        for (std::size_t server = 0; server < count; ++server)
            servers.push_back(stage_.running(name_of(server), server));
        return servers;
    }

    bool report(const Load::Counts& load, bool in_step) {
        std::ranges::sort(latencies_);
        const auto percentile = [&](double part) {
            return latencies_[static_cast<std::size_t>(part *
                                                       static_cast<double>(latencies_.size() - 1))]
                .count();
        };
        const pid_t pid_after = stage_.haproxy().pid();
        const int reloads = count_reloads();
        fmt::print("\n{:<42}{:>12}\n", "changes (keys written and deleted)", changes_);
        fmt::print("{:<42}{:>9.1f} ms\n", "PUT → first answer from the new server, p50",
                   percentile(0.5));
        fmt::print("{:<42}{:>9.1f} ms\n", "                                        p99",
                   percentile(0.99));
        fmt::print("{:<42}{:>9.1f} ms\n", "                                        max",
                   percentile(1.0));
        fmt::print("{:<42}{:>12}\n", "reloads", reloads);
        fmt::print("{:<42}{:>12}\n", "HAProxy's pid before", pid_before_);
        fmt::print("{:<42}{:>12}\n", "              after", pid_after);
        fmt::print("{:<42}{:>12}\n", "requests", load.requests);
        fmt::print("{:<42}{:>12}\n", "errors", load.errors);
        if (load.errors > 0)
            fmt::print("first error: {}\n", load.first_error);
        if (!in_step)
            fmt::print("HAProxy's servers are not what etcd holds: {}\n{}\n{}",
                       fmt::join(stage_.servers(), ", "),
                       stage_.haproxy().command("show servers conn app"), stage_.log());
        std::fflush(stdout);
        return in_step && reloads == 0 && load.errors == 0 && load.requests > 0 &&
               pid_after == pid_before_;
    }

    [[nodiscard]] int count_reloads() const {
        const std::string log = stage_.log();
        int count = 0;
        for (std::size_t at = log.find("reloaded dest="); at != std::string::npos;
             at = log.find("reloaded dest=", at + 1))
            ++count;
        return count;
    }

    Stage stage_;
    std::uint16_t http_port_ = port_of_http();
    std::vector<Milliseconds> latencies_;
    int changes_ = 0;
    pid_t pid_before_ = 0;
};

constexpr const char* help =
    R"(Shows what Hitless does: starts etcd, HAProxy, HTTP servers and hitlessd on loopback addresses, puts
load on HAProxy, and scales from 3 to 50 and to 5 servers. Then it ends and removes what it made.
The exit code is 0 only if HAProxy was never reloaded and no request failed.

Usage: hitless-demo [-keep]

Flags:
)";

/// What the command line asks for.
struct CommandLine {
    bool keep = false;
    std::optional<int> exit_code = {}; ///< set when nothing more is to be done
};

CommandLine read_command_line(const std::vector<std::string>& arguments) {
    CommandLine line;
    const std::vector<base::Flag> flags{base::switch_flag(
        "keep", "leave everything running until Ctrl-C, and print what you can try", line.keep)};
    const auto parsed = base::parse_flags(arguments, flags);
    if (parsed && parsed->help_wanted) {
        fmt::print("{}{}", help, base::describe_flags(flags));
        line.exit_code = 0;
    } else if (!parsed || !parsed->operands.empty()) {
        fmt::print(stderr, "hitless-demo: {}; 'hitless-demo -help' shows the usage\n",
                   !parsed ? parsed.error().message
                           : fmt::format("it takes no operand, but got '{}'",
                                         base::printable(parsed->operands.front())));
        line.exit_code = 2;
    }
    return line;
}

} // namespace
} // namespace hitless::test

int main(int count, char** arguments) try {
    const auto line = hitless::test::read_command_line({arguments + 1, arguments + count});
    if (line.exit_code)
        return *line.exit_code;
    // Held back in all threads, for sigwait() in stay().
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, nullptr);
    hitless::test::Demo demo;
    const bool as_expected = demo.run();
    if (line.keep)
        demo.stay();
    return as_expected ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "demo: %s\n", error.what());
    return 1;
}
