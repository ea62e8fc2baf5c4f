#include "hitless/apply/vet.hpp"

#include "support/temporary_directory.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <fstream>

/// What one change costs from the keys to the vetted configuration, beside keys that are bad.
namespace hitless::apply {
namespace {

constexpr int good = 3'000;

/// A backend of 3,000 good servers, and some that values have spoilt.
class Fleet {
  public:
    Fleet(const std::string& line, const std::string& bad_value, int bad) {
        const std::string file = directory_ / "bench.tmpl";
        std::ofstream(file) << "defaults\n    mode http\nbackend app\n"
                               "{{range gets \"/app/*\"}}    "
                            << line << "\n{{end}}";
        renderer_ = confd::Renderer::load(file).value();
        for (int i = 0; i < good; ++i)
            put(fmt::format("/app/web-{:05}", i), "10.0.0.1:8080");
        for (int i = 0; i < bad; ++i)
            put(fmt::format("/app/bad-{:05}", i), bad_value);
    }

    void change() {
        odd_ = !odd_;
        put("/app/web-01000", odd_ ? "10.0.0.2:8080" : "10.0.0.3:8080");
    }
    [[nodiscard]] std::size_t vet() { return vetter_.vet(*renderer_)->config.text().size(); }

  private:
    void put(const std::string& key, const std::string& value) {
        renderer_->tree().apply({keys::Event::Kind::put, key, value, true});
    }

    test::TemporaryDirectory directory_;
    std::unique_ptr<confd::Renderer> renderer_;
    Vetter vetter_;
    bool odd_ = false;
};

void one_change(benchmark::State& state, const std::string& line, const std::string& bad_value) {
    Fleet fleet(line, bad_value, static_cast<int>(state.range(0)));
    benchmark::DoNotOptimize(fleet.vet());
    for (auto _ : state) {
        fleet.change();
        benchmark::DoNotOptimize(fleet.vet());
    }
    state.SetLabel(fmt::format("{} good keys, {} bad ones", good, state.range(0)));
}

/// The value makes a `server` line that HAProxy would refuse.
void bad_line(benchmark::State& state) {
    one_change(state, "server {{base .Key}} {{.Value}} check", "10.0.0.1:80 nonsense");
}
BENCHMARK(bad_line)->Arg(0)->Arg(2'000)->Unit(benchmark::kMillisecond);

/// The value may not be printed.
void bad_piece(benchmark::State& state) {
    one_change(state, "server {{base .Key}} {{.Value}} check", "10.0.0.1:80\nbind");
}
BENCHMARK(bad_piece)->Arg(0)->Arg(2'000)->Unit(benchmark::kMillisecond);

/// A function fails for the value.
void bad_call(benchmark::State& state) {
    one_change(state,
               "server {{base .Key}} {{index (split .Value \":\") 0}}:{{index (split .Value "
               "\":\") 1}} check",
               "nothing");
}
BENCHMARK(bad_call)->Arg(0)->Arg(2'000)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hitless::apply
