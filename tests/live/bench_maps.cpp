// Measures map files that change live, on real etcd and HAProxy: the time from a PUT of an entry
// until HAProxy decides a request with it, beside the least that any program can do (forward the
// event to the socket, render nothing). Run by scripts/bench --maps.
#include "live/forwarder.hpp"
#include "live/measure.hpp"
#include "support/http.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace hitless::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t changes = 100;

std::string host(std::size_t number) {
    return fmt::format("host{:06}.example.org", number);
}

/// HAProxy answers with what the map has for the header x-host.
class Maps {
  public:
    Maps() {
        stage_.write_template(boost::replace_all_copy(
            bench_fleet().cfg, "    default_backend app\n",
            "    http-request return status 200 content-type text/plain lf-string "
            "\"%[req.hdr(x-host),map(@DIR@/hosts.map,none)]\" if { path /map }\n"
            "    default_backend app\n"));
        stage_.directory().write("confd/templates/map.tmpl", "{{range gets \"/app/hosts/*\"}}"
                                                             "{{base .Key}} {{.Value}}\n{{end}}");
        stage_.directory().write(
            "confd/conf.d/map.toml",
            fmt::format("[template]\nsrc = \"map.tmpl\"\ndest = \"{}\"\nkeys = [\"/app\"]\n",
                        file()));
    }

    /// Puts so many entries into etcd, and starts hitlessd; returns when HAProxy has all of them
    /// and it is quiet.
    void bring_up(std::size_t entries) {
        constexpr std::size_t writers = 8;
        std::vector<std::thread> threads;
        for (std::size_t writer = 0; writer < writers; ++writer) {
            threads.emplace_back([=, this] {
                for (std::size_t i = writer; i < entries; i += writers)
                    put(host(i), "first");
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        stage_.start_daemon();
        if (!wait_until([&] { return ask(host(entries - 1)) == "first"; }, std::chrono::minutes(1)))
            throw std::runtime_error("the entries never came up\n" + stage_.log());
        std::this_thread::sleep_for(std::chrono::seconds(3)); // the start itself isn't measured
    }

    /// Puts entries, one by one, with names that `name` makes of their numbers, and other values
    /// than they have.
    template <class Name>
    [[nodiscard]] Row measure(const std::string& values, Name name) const {
        Row row;
        for (std::size_t i = 0; i < changes; ++i) {
            const std::string host = name(i);
            const std::string value = fmt::format("{}{}", values, i);
            const auto begin = Clock::now();
            put(host, value);
            while (ask(host) != value) {
                if (Clock::now() - begin > std::chrono::seconds(20))
                    throw std::runtime_error("HAProxy never got " + host + "\n" + stage_.log());
                std::this_thread::sleep_for(std::chrono::microseconds(100));
            }
            row.times.push_back(Milliseconds(Clock::now() - begin).count());
            // Not in step with what follows a change: writing the file.
            std::this_thread::sleep_for(std::chrono::milliseconds(100 + i % 7 * 10));
        }
        return row;
    }

    /// The same while a forwarder sends `command`, "add" or "set", for each.
    template <class Name>
    [[nodiscard]] Row measure_bare(const std::string& command, const std::string& values,
                                   Name name) {
        const auto commands = [begin = fmt::format("{} map {}", command, file())](
                                  const std::string& key, const std::string& value) {
            return fmt::format("{} {} {}", begin, key, value);
        };
        const Forwarder forwarder(stage_.etcd.url(), "/app/hosts", stage_.haproxy_socket(),
                                  commands);
        return measure(values, name);
    }

    [[nodiscard]] std::string file() { return stage_.haproxy().directory() / "hosts.map"; }
    [[nodiscard]] Stage& stage() { return stage_; }

  private:
    void put(const std::string& name, const std::string& value) const {
        stage_.etcd.put("/app/hosts/" + name, value);
    }
    [[nodiscard]] std::string ask(const std::string& name) const {
        return http("GET", fmt::format("http://127.0.0.1:{}/map", stage_.port()), {},
                    std::chrono::seconds(10), {}, {{"x-host", name}})
            .body;
    }

    Stage stage_{bench_fleet()};
};

void print(std::size_t entries, const char* what, Row ours, Row bare) {
    fmt::print("{:>8}  {:<13} {:>8.1f} {:>7.1f} {:>7.1f} {:>12.1f} {:>7.1f} {:>7.1f}\n", entries,
               what, ours.percentile(0.5), ours.percentile(0.99), ours.percentile(1),
               bare.percentile(0.5), bare.percentile(0.99), bare.percentile(1));
    std::fflush(stdout);
}

void run(std::size_t entries) {
    const auto added = [](const char* by) {
        return [by](std::size_t i) { return fmt::format("{}{:03}.example.org", by, i); };
    };
    const auto known = [&](std::size_t i) { return host(i * 7'919 % entries); };
    Maps maps;
    maps.bring_up(entries);
    const Row our_new = maps.measure("new", added("a"));
    const Row our_other = maps.measure("second", known);
    maps.stage().stop_daemon();
    print(entries, "new entries", our_new, maps.measure_bare("add", "new", added("b")));
    print(entries, "other values", our_other, maps.measure_bare("set", "third", known));
}

} // namespace
} // namespace hitless::test

int main(int count, char** arguments) try {
    constexpr std::size_t most = 200'000;
    std::vector<std::size_t> sizes;
    for (int i = 1; i < count; ++i)
        sizes.push_back(hitless::test::parse_number(arguments[i], most));
    if (sizes.empty())
        sizes = {10, 1'000, 100'000};
    fmt::print(
        "PUT of a map's entry → HAProxy decides a request with it, in ms, {} changes each\n\n"
        "{:>32} {:>7} {:>28}\n{:>8}  {:<13} {:>8} {:>7} {:>7} {:>12} {:>7} {:>7}\n",
        hitless::test::changes, "", "hitlessd", "bare forwarding", "entries", "changes", "p50",
        "p99", "max", "p50", "p99", "max");
    for (const std::size_t entries : sizes)
        hitless::test::run(entries);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
}
