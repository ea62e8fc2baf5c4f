#include "live/measure.hpp"

#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <thread>

namespace hitless::test {
namespace {

using Clock = std::chrono::steady_clock;

} // namespace

StageOptions bench_fleet() {
    StageOptions options;
    options.backends = 2;
    options.cfg = Stage::default_cfg();
    boost::replace_all(options.cfg, "    default-server check inter 200ms\n", "");
    return options;
}

void fill(Stage& stage, std::size_t servers) {
    for (std::size_t i = 0; i < servers; ++i)
        stage.add(fmt::format("fleet{:05}", i), i % 2);
}

void bring_up(Stage& stage, std::size_t servers, const std::vector<std::string>& flags) {
    fill(stage, servers);
    stage.start_daemon(flags);
    if (!wait_until([&] { return stage.servers().size() == servers; }, std::chrono::minutes(1)))
        throw std::runtime_error("the fleet never came up\n" + stage.log());
    std::this_thread::sleep_for(std::chrono::seconds(1)); // the start itself isn't measured
}

bool wait_for_server(const Stage& stage, const std::string& name, std::chrono::microseconds pause) {
    const auto limit = Clock::now() + std::chrono::seconds(20);
    while (Clock::now() < limit) {
        const std::string answer =
            haproxy_command(stage.haproxy_socket(), "get weight app/" + name);
        if (answer.find("(initial") != std::string::npos)
            return true;
        std::this_thread::sleep_for(pause);
    }
    return false;
}

double Row::percentile(double part) {
    std::ranges::sort(times);
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
}

Row measure(Stage& stage, const std::string& prefix, std::size_t count) {
    Row row;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string name = fmt::format("{}{}", prefix, i);
        const auto begin = Clock::now();
        stage.add(name, i % 2);
        if (!wait_for_server(stage, name))
            throw std::runtime_error("HAProxy never got " + name + "\n" + stage.log());
        row.times.push_back(Milliseconds(Clock::now() - begin).count());
        // Not in step with what follows a change: reading back, writing the file.
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + i % 7 * 10));
    }
    return row;
}

std::size_t parse_number(std::string_view text, std::size_t most) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 1 || number > most)
        throw std::runtime_error(fmt::format("'{}' is not a number from 1 to {}", text, most));
    return number;
}

} // namespace hitless::test
