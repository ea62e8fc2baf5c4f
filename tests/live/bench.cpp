// Measures the live pipeline on real etcd and HAProxy: the time from a PUT of a new server until
// HAProxy has it, beside the least that any program can do (forward the event to the socket, render
// nothing). Run by scripts/bench.
#include "hitless/haproxy/runtime_client.hpp"

#include "live/forwarder.hpp"
#include "live/measure.hpp"
#include "support/wait_until.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace hitless::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t changes = 100;
/// While a burst is carried out, between two questions: a hundredth of the time that it may take.
std::chrono::microseconds burst_pause(std::size_t servers) {
    return std::chrono::microseconds(2 * servers);
}

std::size_t count_ready(const Stage& stage) {
    const std::vector<std::string> servers = stage.servers();
    return static_cast<std::size_t>(std::ranges::count_if(
        servers, [](const std::string& server) { return !server.ends_with(" MAINT"); }));
}

long resident_kib(pid_t pid) {
    std::ifstream status(fmt::format("/proc/{}/status", pid));
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:"))
            return std::stol(line.substr(6));
    }
    return 0;
}

void run(std::size_t servers) {
    Stage stage(bench_fleet());
    bring_up(stage, servers);
    Row ours = measure(stage, "new", changes);
    ours.resident_kib = resident_kib(stage.daemon().pid());
    stage.stop_daemon();
    Row floor;
    {
        const Forwarder forwarder(stage.etcd.url(), "/app/servers", stage.haproxy_socket(),
                                  [](const std::string& name, const std::string& address) {
                                      return fmt::format(
                                          "add server app/{0} {1}; set server app/{0} state ready",
                                          name, address);
                                  });
        floor = measure(stage, "bare", changes);
    }
    fmt::print("{:>8} {:>9.1f} {:>7.1f} {:>7.1f} {:>12.1f} {:>7.1f} {:>7.1f} {:>11.1f}\n", servers,
               ours.percentile(0.5), ours.percentile(0.99), ours.percentile(1),
               floor.percentile(0.5), floor.percentile(0.99), floor.percentile(1),
               static_cast<double>(ours.resident_kib) / 1024);
    std::fflush(stdout);
}

/// The time in which hitlessd brings `servers` that appear at once to HAProxy.
double burst_of_hitlessd(std::size_t servers) {
    Stage stage(bench_fleet());
    stage.start_daemon();
    stage.add("first", 0);
    if (!wait_for_server(stage, "first"))
        throw std::runtime_error("hitlessd doesn't start\n" + stage.log());
    stage.daemon().signal(SIGSTOP);
    fill(stage, servers);
    const auto begin = Clock::now();
    stage.daemon().signal(SIGCONT);
    // A cheap question, seldom: HAProxy is to have the time for itself. The servers come in order.
    if (!wait_for_server(stage, fmt::format("fleet{:05}", servers - 1), burst_pause(servers)))
        throw std::runtime_error("the burst never came through\n" + stage.log());
    const double time = Milliseconds(Clock::now() - begin).count();
    if (!wait_until([&] { return count_ready(stage) == servers + 1; }))
        throw std::runtime_error("HAProxy lacks servers\n" + stage.log());
    return time;
}

/// The time that HAProxy takes for the same commands in one batched stream.
double burst_of_commands(std::size_t servers) {
    const Stage stage(bench_fleet());
    std::vector<haproxy::Command> commands;
    for (std::size_t i = 0; i < servers; ++i) {
        commands.push_back(
            fmt::format("add server app/fleet{:05} {}", i, stage.web.address(i % 2)));
        commands.push_back(fmt::format("set server app/fleet{:05} state ready", i));
    }
    boost::asio::io_context context;
    haproxy::RuntimeClient client(context.get_executor(), stage.haproxy_socket());
    const auto begin = Clock::now();
    auto answers =
        boost::asio::co_spawn(context, client.run(std::move(commands)), boost::asio::use_future);
    context.run();
    const double time = Milliseconds(Clock::now() - begin).count();
    if (!answers.get())
        throw std::runtime_error("HAProxy did not take the commands");
    if (!wait_until([&] { return count_ready(stage) == servers; }))
        throw std::runtime_error("HAProxy lacks servers");
    return time;
}

void run_bursts() {
    fmt::print("\nServers that appear at once → HAProxy has all of them, in ms, the best of 3\n\n"
               "{:>8} {:>9} {:>14} {:>7}\n",
               "servers", "hitlessd", "bare commands", "ratio");
    for (const std::size_t servers : {500, 5'000}) {
        double ours = std::numeric_limits<double>::max();
        double bare = ours;
        for (int i = 0; i < 3; ++i) {
            ours = std::min(ours, burst_of_hitlessd(servers));
            bare = std::min(bare, burst_of_commands(servers));
        }
        fmt::print("{:>8} {:>9.0f} {:>14.0f} {:>7.2f}\n", servers, ours, bare, ours / bare);
        std::fflush(stdout);
    }
}

} // namespace
} // namespace hitless::test

int main(int count, char** arguments) try {
    std::vector<std::size_t> fleets;
    for (int i = 1; i < count; ++i)
        fleets.push_back(hitless::test::parse_number(arguments[i]));
    if (fleets.empty())
        fleets = {2, 200, 2'000, 5'000};
    fmt::print("PUT of a new server → HAProxy has it, in ms, {} changes each\n\n"
               "{:>8} {:>25} {:>28} {:>11}\n{:>8} {:>9} {:>7} {:>7} {:>12} {:>7} {:>7} {:>11}\n",
               hitless::test::changes, "", "hitlessd", "bare forwarding", "hitlessd", "servers",
               "p50", "p99", "max", "p50", "p99", "max", "RSS MB");
    for (const std::size_t servers : fleets)
        hitless::test::run(servers);
    hitless::test::run_bursts();
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
}
