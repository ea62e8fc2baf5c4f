// Measures what clients of hitlessd's HTTP server cost changes: the time from a PUT of a new server
// until HAProxy has it, while nobody asks, and while wrk asks as fast as it gets answers. Run by
// scripts/bench --http.
#include "live/measure.hpp"
#include "support/free_port.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace hitless::test {
namespace {

/// Taken in turns, so that whatever else the machine does meets all of them.
constexpr std::size_t rounds = 10;
constexpr std::size_t changes_a_round = 20;

struct Asked {
    std::string path; ///< empty: nobody asks
    Row row;
    double requests_a_second = 0;
};

/// wrk with 100 connections, until it is destroyed.
class Wrk {
  public:
    Wrk(const Stage& stage, const std::string& url)
        : log_(stage.directory() / "wrk.log"),
          process_({"wrk", "-t1", "-c100", "-d600s", url}, log_) {
        std::this_thread::sleep_for(std::chrono::milliseconds(500)); // until all are connected
    }

    /// Ends it, and returns how many answers it got each second.
    double stop() {
        process_.signal(SIGINT);
        if (!process_.wait_exit())
            throw std::runtime_error("wrk doesn't end");
        const std::string log = process_.log();
        constexpr std::string_view name = "Requests/sec:";
        const std::size_t at = log.rfind(name);
        if (at == std::string::npos)
            throw std::runtime_error("wrk says no rate: " + log);
        return std::stod(log.substr(at + name.size()));
    }

  private:
    std::string log_;
    Process process_;
};

void run_round(Stage& stage, const std::string& address, Asked& asked, std::size_t round) {
    std::optional<Wrk> wrk;
    if (!asked.path.empty())
        wrk.emplace(stage, "http://" + address + asked.path);
    const std::string prefix =
        fmt::format("{}-{}-", asked.path.empty() ? "alone" : asked.path.substr(1), round);
    const Row row = measure(stage, prefix, changes_a_round);
    asked.row.times.insert(asked.row.times.end(), row.times.begin(), row.times.end());
    if (wrk)
        asked.requests_a_second += wrk->stop() / rounds;
}

void run(std::size_t servers) {
    Stage stage(bench_fleet());
    const std::string address = fmt::format("127.0.0.1:{}", free_port());
    bring_up(stage, servers, {"-http", address});
    std::array<Asked, 3> all = {Asked{"", {}, 0}, {"/metrics", {}, 0}, {"/status", {}, 0}};
    for (std::size_t round = 0; round < rounds; ++round) {
        for (Asked& asked : all)
            run_round(stage, address, asked, round);
    }
    const double alone = all.front().row.percentile(0.5);
    for (Asked& asked : all)
        fmt::print("{:>8}  {:<9} {:>12.0f} {:>7.1f} {:>7.1f} {:>7.1f} {:>10.2f}\n", servers,
                   asked.path.empty() ? "nobody" : asked.path, asked.requests_a_second,
                   asked.row.percentile(0.5), asked.row.percentile(0.99), asked.row.percentile(1),
                   asked.row.percentile(0.5) / alone);
    std::fflush(stdout);
}

} // namespace
} // namespace hitless::test

int main(int count, char** arguments) try {
    std::vector<std::size_t> fleets;
    for (int i = 1; i < count; ++i)
        fleets.push_back(hitless::test::parse_number(arguments[i]));
    if (fleets.empty())
        fleets = {2, 2'000};
    fmt::print("PUT of a new server → HAProxy has it, in ms, {} changes each, while wrk asks with "
               "100 connections\n\n"
               "{:>8}  {:<9} {:>12} {:>7} {:>7} {:>7} {:>10}\n",
               hitless::test::rounds * hitless::test::changes_a_round, "servers", "asks for",
               "answers/s", "p50", "p99", "max", "p50 ratio");
    for (const std::size_t servers : fleets)
        hitless::test::run(servers);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
}
