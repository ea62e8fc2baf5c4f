// Measures how fast events of a real etcd reach the program, by each way to watch: v2's long polls,
// v2's stream, and v3; one at a time and in a burst; and what reading 10,000 keys costs. Run by
// scripts/bench-etcd.
#include "hitless/etcd/reader.hpp"
#include "hitless/etcd/watcher.hpp"

#include "support/etcd_server.hpp"
#include "support/wait_until.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace hitless::test {
namespace {

using Api = etcd::Settings::Api;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int singles = 200;
constexpr int burst = 5'000;
constexpr int writers = 8;
constexpr int many_keys = 10'000;

struct Way {
    const char* name;
    Api api;
    bool stream;
};
constexpr Way ways[] = {
    {"v2, long poll", Api::v2, false}, {"v2, stream", Api::v2, true}, {"v3", Api::v3, true}};

/// Takes the time at which each key is told. Its thread only watches.
class Clerk {
  public:
    explicit Clerk(const etcd::Settings& settings)
        : watcher_(settings, "/bench", [this](const keys::Update& update) { take(update); }) {
        boost::asio::co_spawn(
            context_, watcher_.run(),
            boost::asio::bind_cancellation_slot(cancel_.slot(), [](const std::exception_ptr&) {}));
        thread_ = std::thread([this] { context_.run(); });
        if (!wait_until([this] { return snapshots_ > 0; }))
            throw std::runtime_error("etcd tells nothing");
    }
    ~Clerk() {
        boost::asio::post(context_,
                          [this] { cancel_.emit(boost::asio::cancellation_type::terminal); });
        thread_.join();
    }
    Clerk(const Clerk&) = delete;
    Clerk& operator=(const Clerk&) = delete;

    /// When the key was told, once all are.
    std::map<std::string, Clock::time_point> wait_for(std::size_t keys) {
        if (!wait_until([&] { return told_count_ >= keys; }, std::chrono::seconds(60)))
            throw std::runtime_error(fmt::format("only {} of {} keys", told_count_.load(), keys));
        const std::lock_guard lock(mutex_);
        return told_;
    }
    /// Keys that were told.
    [[nodiscard]] std::size_t count() const { return told_count_; }
    [[nodiscard]] int snapshots() const { return snapshots_; }

  private:
    void take(const keys::Update& update) {
        const std::lock_guard lock(mutex_);
        if (update.kind == keys::Update::Kind::snapshot)
            ++snapshots_;
        for (const keys::Entry& entry : update.entries)
            told_.emplace(entry.key, update.received);
        for (const keys::Event& event : update.events)
            told_.emplace(event.key, update.received);
        told_count_ = told_.size();
    }

    std::mutex mutex_;
    std::map<std::string, Clock::time_point> told_;
    std::atomic<std::size_t> told_count_ = 0;
    std::atomic<int> snapshots_ = 0;
    boost::asio::io_context context_;
    boost::asio::cancellation_signal cancel_;
    etcd::Watcher watcher_;
    std::thread thread_;
};

double percentile(std::vector<double>& times, double part) {
    std::ranges::sort(times);
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
}

/// Writes keys and returns, for each, how long it took from the request until it was told.
std::vector<double> measure(const EtcdServer& server, Clerk& clerk, int keys, int threads,
                            std::chrono::milliseconds pause) {
    const std::size_t before = clerk.count();
    std::vector<Clock::time_point> begun(static_cast<std::size_t>(keys));
    std::vector<std::thread> all;
    std::atomic<int> next = 0;
    for (int i = 0; i < threads; ++i)
        all.emplace_back([&] {
            for (int key = next++; key < keys; key = next++) {
                begun[static_cast<std::size_t>(key)] = Clock::now();
                server.put(fmt::format("/bench/{}x{}", keys, key), "10.0.0.1:80");
                std::this_thread::sleep_for(pause);
            }
        });
    for (std::thread& thread : all)
        thread.join();
    const auto told = clerk.wait_for(before + static_cast<std::size_t>(keys));
    std::vector<double> times;
    for (int key = 0; key < keys; ++key)
        times.push_back(Milliseconds(told.at(fmt::format("/bench/{}x{}", keys, key)) -
                                     begun[static_cast<std::size_t>(key)])
                            .count());
    return times;
}

etcd::Settings settings_of(const EtcdServer& server, const Way& way) {
    etcd::Settings settings;
    settings.nodes.push_back(server.url());
    settings.api = way.api;
    settings.stream = way.stream;
    return settings;
}

void measure(const Way& way) {
    EtcdOptions options;
    options.api = way.api;
    const EtcdServer server(options);
    Clerk clerk(settings_of(server, way));
    auto single = measure(server, clerk, singles, 1, std::chrono::milliseconds(5));
    auto many = measure(server, clerk, burst, writers, std::chrono::milliseconds(0));
    fmt::print("{:<14} {:>8.2f} {:>8.2f} {:>9.2f} {:>8.2f} {:>8.2f}  {}\n", way.name,
               percentile(single, 0.5), percentile(single, 0.99), percentile(many, 0.5),
               percentile(many, 0.99), percentile(many, 1), clerk.snapshots());
    std::fflush(stdout);
}

long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/// Reads a large tree, as at the start of a watch.
void measure_read(const Way& way) {
    EtcdOptions options;
    options.api = way.api;
    const EtcdServer server(options);
    std::vector<std::thread> all;
    for (int i = 0; i < writers; ++i)
        all.emplace_back([&, i] {
            for (int key = i; key < many_keys; key += writers)
                server.put(fmt::format("/bench/servers/web{:05}", key), "10.0.0.1:8080 weight 10");
        });
    for (std::thread& thread : all)
        thread.join();
    const long before = peak_kib();
    std::vector<double> times;
    for (int i = 0; i < 10; ++i) {
        boost::asio::io_context context;
        const auto begin = Clock::now();
        auto result = boost::asio::co_spawn(context, etcd::read(settings_of(server, way), "/bench"),
                                            boost::asio::use_future);
        context.run();
        times.push_back(Milliseconds(Clock::now() - begin).count());
        if (result.get().value().entries.size() != many_keys)
            throw std::runtime_error("keys are missing");
    }
    fmt::print("{:<14} {:>8.1f} {:>8.1f}  {:>8.1f}\n", way.api == Api::v3 ? "v3" : "v2",
               percentile(times, 0), percentile(times, 0.5),
               static_cast<double>(peak_kib() - before) / 1024);
    std::fflush(stdout);
}

} // namespace
} // namespace hitless::test

int main() {
    using namespace hitless::test;
    spdlog::set_level(spdlog::level::err);
    fmt::print("From the PUT until the program knows, in ms\n"
               "{:<14} {:>17} {:>27}\n{:<14} {:>8} {:>8} {:>9} {:>8} {:>8}  {}\n",
               "", fmt::format("{}, one at a time", singles),
               fmt::format("{} by {} writers", burst, writers), "", "p50", "p99", "p50", "p99",
               "max", "reads");
    for (const Way& way : ways)
        measure(way);
    fmt::print("\nReading {} keys: ms, and MiB that it takes at the most\n{:<14} {:>8} {:>8}  "
               "{:>8}\n",
               many_keys, "", "best", "p50", "peak");
    std::fflush(stdout);
    bool fine = true;
    for (const Way& way : {ways[1], ways[2]}) {
        // In a process of its own, whose peak is that of the reading.
        const pid_t child = ::fork();
        if (child == 0) {
            measure_read(way);
            std::_Exit(0);
        }
        int status = 0;
        fine = child > 0 && ::waitpid(child, &status, 0) == child && status == 0 && fine;
    }
    return fine ? 0 : 1;
}
