#include "hitless/live/kind.hpp"
#include "hitless/plan/guard.hpp"
#include "hitless/plan/plan.hpp"

#include "plan/planning.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

/// What it costs to parse, to compare, to guard and to plan, by the number of backends.
namespace hitless::plan {
namespace {

/// `servers` of each backend, and `first` of the first one.
Config config_with(std::int64_t backends, int servers, int first) {
    std::string text = "global\n  stats socket /run/haproxy.sock level admin\n"
                       "defaults base\n  mode http\n  default-server check inter 2s\n"
                       "defaults\n  mode http\n  default-server check fall 2\n";
    for (std::int64_t i = 0; i < backends; ++i) {
        text += fmt::format("backend service-{}{}\n  balance leastconn\n", i,
                            i % 2 == 0 ? "" : " from base");
        for (int server = 0; server < (i == 0 ? first : servers); ++server)
            text +=
                fmt::format("  server web-{} 10.{}.{}.{}:8080\n", server, server, i / 256, i % 256);
    }
    return Config::parse(std::move(text)).value();
}

void parse_text(benchmark::State& state) {
    const std::string text = config_with(state.range(0), 2, 2).text();
    for (auto _ : state)
        benchmark::DoNotOptimize(Config::parse(text));
}

/// From the new text to the commands when one server has come.
void one_change(benchmark::State& state) {
    const Config before = config_with(state.range(0), 2, 2);
    const std::string after = config_with(state.range(0), 2, 3).text();
    const Running running = brought_to(before);
    const auto info = version(2, 6);
    for (auto _ : state) {
        const Config wanted = Config::parse(after, before).value();
        const Plan plan = make_plan({wanted, running, info, {}}, compare(before, wanted).servers);
        if (plan.steps.size() != 1)
            state.SkipWithError("one action was expected");
    }
}

/// All servers are new, in backends that HAProxy has.
void all_new(benchmark::State& state) {
    const Config wanted = config_with(state.range(0), 2, 2);
    const Running running;
    const auto info = version(2, 6);
    for (auto _ : state)
        benchmark::DoNotOptimize(make_plan({wanted, running, info, {}}, all_servers(wanted)));
}

/// The periodic look at everything, when nothing has changed.
void nothing_to_do(benchmark::State& state) {
    const Config wanted = config_with(state.range(0), 2, 2);
    const Running running = brought_to(wanted);
    const auto info = version(2, 6);
    for (auto _ : state) {
        if (!make_plan({wanted, running, info, {}}, every_server(wanted, running)).empty())
            state.SkipWithError("nothing was expected");
    }
}

/// Each backend would lose a server, which none may.
void guard_all(benchmark::State& state) {
    const Config before = config_with(state.range(0), 2, 2);
    const Config after = config_with(state.range(0), 1, 1);
    for (auto _ : state) {
        const auto held = guard(before, after, {2, 0}, {});
        benchmark::DoNotOptimize(with_backends_of(before, after, held));
    }
}

/// The guard is on, and one server has come.
void guard_one_change(benchmark::State& state) {
    const Config before = config_with(state.range(0), 2, 2);
    const Config after = config_with(state.range(0), 2, 3);
    for (auto _ : state)
        benchmark::DoNotOptimize(guard(before, after, {2, 0}, {}));
}

/// A server of each backend comes.
void all_come(benchmark::State& state) {
    const Config before = config_with(state.range(0), 1, 1);
    const Config after = config_with(state.range(0), 2, 2);
    const auto changes = live::compare(before, after).objects;
    for (auto _ : state)
        benchmark::DoNotOptimize(live::come_or_gone(before, after, changes));
}

/// One backend of so many servers comes.
void all_come_to_one(benchmark::State& state) {
    const Config before = config_with(1, 0, 0);
    const Config after = config_with(1, 0, static_cast<int>(state.range(0)));
    const auto changes = live::compare(before, after).objects;
    for (auto _ : state)
        benchmark::DoNotOptimize(live::come_or_gone(before, after, changes));
}

void sizes(benchmark::internal::Benchmark* benchmark) {
    benchmark->Arg(500)->Arg(5'000)->Unit(benchmark::kMillisecond);
}

BENCHMARK(parse_text)->Apply(sizes);
BENCHMARK(one_change)->Apply(sizes);
BENCHMARK(all_new)->Apply(sizes);
BENCHMARK(nothing_to_do)->Apply(sizes);
BENCHMARK(guard_all)->Apply(sizes);
BENCHMARK(guard_one_change)->Apply(sizes);
BENCHMARK(all_come)->Apply(sizes);
BENCHMARK(all_come_to_one)->Apply(sizes);

} // namespace
} // namespace hitless::plan
