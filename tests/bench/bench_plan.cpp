#include "hitless/haproxy/vet.hpp"
#include "hitless/plan/plan.hpp"

#include "plan/planning.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

/// What it costs to parse a rendered configuration and to plan, by the number of servers.
namespace hitless::plan {
namespace {

std::string text_with(std::int64_t servers, std::int64_t changed = -1) {
    std::string text = "global\n  stats socket /run/haproxy.sock level admin\n"
                       "defaults\n  mode http\n  default-server check inter 2s fall 2 rise 3\n"
                       "frontend f\n  bind :80\n  default_backend app\n"
                       "backend app\n  balance leastconn\n";
    for (std::int64_t i = 0; i < servers; ++i)
        text += fmt::format("  server web-{} 10.{}.{}.{}:{} weight {} maxconn 100\n", i, i / 65'536,
                            i / 256 % 256, i % 256, i == changed ? 8081 : 8080, i % 9 + 1);
    return text;
}

void parse_text(benchmark::State& state) {
    const std::string text = text_with(state.range(0));
    for (auto _ : state)
        benchmark::DoNotOptimize(Config::parse(text));
}

/// From the new text to the commands when one server of many has changed.
void one_change(benchmark::State& state) {
    const Config before = Config::parse(text_with(state.range(0))).value();
    const std::string after = text_with(state.range(0), state.range(0) / 2);
    const Running running = brought_to(before);
    const auto info = version(2, 6);
    for (auto _ : state) {
        const Config wanted = Config::parse(after, before).value();
        const Plan plan = make_plan({wanted, running, info, {}}, compare(before, wanted).servers);
        if (plan.steps.size() != 1)
            state.SkipWithError("one action was expected");
    }
}

/// All servers are new.
void all_new(benchmark::State& state) {
    const Config wanted = Config::parse(text_with(state.range(0))).value();
    const Running running;
    const auto info = version(2, 6);
    for (auto _ : state)
        benchmark::DoNotOptimize(make_plan({wanted, running, info, {}}, all_servers(wanted)));
}

/// The periodic look at everything, when nothing has changed.
void nothing_to_do(benchmark::State& state) {
    const Config wanted = Config::parse(text_with(state.range(0))).value();
    const Running running = brought_to(wanted);
    const auto info = version(2, 6);
    for (auto _ : state) {
        if (!make_plan({wanted, running, info, {}}, every_server(wanted, running)).empty())
            state.SkipWithError("nothing was expected");
    }
}

void vet_all(benchmark::State& state) {
    const Config wanted = Config::parse(text_with(state.range(0))).value();
    const haproxy::Section& backend = *wanted.find_backend("app");
    for (auto _ : state) {
        for (const haproxy::ServerLine& line : backend.servers)
            benchmark::DoNotOptimize(haproxy::vet_server(wanted, backend, line));
    }
}

BENCHMARK(parse_text)->RangeMultiplier(10)->Range(100, 10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(one_change)->RangeMultiplier(10)->Range(100, 10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(all_new)->RangeMultiplier(10)->Range(100, 10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(nothing_to_do)->RangeMultiplier(10)->Range(100, 10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(vet_all)->RangeMultiplier(10)->Range(100, 10'000)->Unit(benchmark::kMicrosecond);

} // namespace
} // namespace hitless::plan
