#include "hitless/confd/renderer.hpp"

#include "conformance/oracle.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sys/resource.h>

/// Rendering large configurations: first Hitless, by Google Benchmark, then a table of its times
/// beside those of Go's text/template with the same templates and keys.
namespace hitless::conformance {
namespace {

struct Work {
    std::string name;
    std::string text;
    Keys keys;
};

/// One backend of 10,000 servers.
Work one_backend() {
    Work work{"1 backend of 10,000 servers",
              "backend app\n    balance roundrobin\n{{range gets \"/app/servers/*\"}}"
              "    server {{base .Key}} {{.Value}} check\n{{end}}",
              {}};
    for (int i = 0; i < 10'000; ++i)
        work.keys.emplace(fmt::format("/app/servers/web-{:05}", i),
                          fmt::format("10.{}.{}.{}:8080", i / 62500, i / 250 % 250, i % 250));
    return work;
}

/// 1,000 backends of 10 servers, found by lsdir and nested gets.
Work many_backends() {
    Work work{"1,000 backends of 10 servers",
              "{{range $service := lsdir \"/services\"}}backend {{$service}}\n"
              "    balance {{getv (printf \"/services/%s/balance\" $service) \"roundrobin\"}}\n"
              "{{range gets (printf \"/services/%s/servers/*\" $service)}}"
              "    server {{base .Key}} {{.Value}} check\n{{end}}{{end}}",
              {}};
    for (int service = 0; service < 1'000; ++service) {
        for (int i = 0; i < 10; ++i)
            work.keys.emplace(fmt::format("/services/service-{:04}/servers/web-{}", service, i),
                              fmt::format("10.0.{}.{}:{}", service / 250, service % 250, 8000 + i));
    }
    return work;
}

const std::array<Work, 2>& works() {
    static const std::array<Work, 2> all = {one_backend(), many_backends()};
    return all;
}

/// The best time of each work in milliseconds, as Google Benchmark measured it.
std::array<double, 2> best_times{};

/// A fleet whose values change from one rendering to the next.
class Fleet {
  public:
    explicit Fleet(const Work& work)
        : keys_(work.keys),
          template_(
              gotemplate::Template::parse("bench", work.text, confd::functions(&tree_)).value()) {
        for (const auto& [key, value] : keys_)
            put(key, value);
    }

    /// Gives the first `count` keys another value of the same length.
    void change(std::size_t count) {
        odd_ = !odd_;
        for (auto& [key, value] : keys_) {
            if (count-- == 0)
                break;
            value.back() = odd_ ? '1' : '2';
            put(key, value);
        }
    }

    [[nodiscard]] std::string render() const { return template_.execute().value(); }

  private:
    void put(const std::string& key, const std::string& value) {
        tree_.apply({keys::Event::Kind::put, key, value});
    }

    Keys keys_;
    keys::KeyTree tree_;
    gotemplate::Template template_;
    bool odd_ = false;
};

/// Everything is rendered anew, since all values have changed.
void render(benchmark::State& state) {
    const auto which = static_cast<std::size_t>(state.range(0));
    const Work& work = works()[which];
    Fleet fleet(work);
    std::size_t size = 0;
    double best = 1e9;
    for (auto _ : state) {
        fleet.change(work.keys.size());
        const auto begin = std::chrono::steady_clock::now();
        size = fleet.render().size();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        best = std::min(best, took.count() * 1'000);
        state.SetIterationTime(took.count());
    }
    best_times[which] = best;
    state.SetLabel(work.name);
    state.SetBytesProcessed(static_cast<std::int64_t>(size) * state.iterations());
}

/// One value has changed.
void render_again(benchmark::State& state) {
    const Work& work = works()[static_cast<std::size_t>(state.range(0))];
    Fleet fleet(work);
    for (auto _ : state) {
        fleet.change(1);
        benchmark::DoNotOptimize(fleet.render());
    }
    state.SetLabel(work.name + ", one value changed");
}

BENCHMARK(render)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->MinTime(2)->UseManualTime();
BENCHMARK(render_again)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

/// Go's times, and whether its output is ours.
std::vector<Outcome> go_times(const std::string& options) {
    std::vector<Keys> keys;
    std::vector<Case> cases;
    for (const Work& work : works()) {
        cases.push_back({work.name, work.text, keys.size()});
        keys.push_back(work.keys);
    }
    auto outcomes = ask_oracle(keys, cases, options);
    if (!outcomes) {
        fmt::print(stderr, "{}\n", outcomes.error().message);
        std::exit(1);
    }
    const auto ours = ask_hitless(keys, cases);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        if (ours[i].failed || ours[i].text != (*outcomes)[i].text) {
            fmt::print(stderr, "{}: the outputs differ\n", cases[i].name);
            std::exit(1);
        }
    }
    return *outcomes;
}

void compare() {
    const auto sorted = go_times("-bench -for 2s -store sorted");
    const auto scanning = go_times("-bench -for 2s -store scan");
    fmt::print("\n{:<30} {:>12} {:>24} {:>24}\n", "best time of one rendering", "Hitless",
               "Go, keys sorted", "Go, keys scanned (confd)");
    for (std::size_t i = 0; i < works().size(); ++i) {
        const double ours = best_times[i];
        const auto cell = [&](double theirs) {
            return fmt::format("{:.2f} ms ({:.1f} times)", theirs, theirs / ours);
        };
        fmt::print("{:<30} {:>9.2f} ms {:>24} {:>24}\n", works()[i].name, ours,
                   cell(sorted[i].milliseconds), cell(scanning[i].milliseconds));
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    fmt::print("largest memory of this process: {} MB\n", usage.ru_maxrss / 1024);
}

} // namespace
} // namespace hitless::conformance

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    hitless::conformance::compare();
}
