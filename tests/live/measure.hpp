#pragma once

#include "support/stage.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// What the programs have in common that measure the way from a PUT to HAProxy.
namespace hitless::test {

using Milliseconds = std::chrono::duration<double, std::milli>;

/// Servers without checks: thousands of checks would be what is measured.
[[nodiscard]] StageOptions bench_fleet();

/// Puts so many servers into etcd: fleet00000, fleet00001…
void fill(Stage& stage, std::size_t servers);

/// fill(), then hitlessd with these flags, until HAProxy has all of them and it is quiet.
void bring_up(Stage& stage, std::size_t servers, const std::vector<std::string>& flags = {});

/// Polls until HAProxy has the server, ready or not.
bool wait_for_server(const Stage& stage, const std::string& name,
                     std::chrono::microseconds pause = std::chrono::microseconds(100));

/// How long changes took, in ms.
struct Row {
    std::vector<double> times;
    long resident_kib = 0;

    /// The time that this part (0 to 1) of the changes took at most.
    [[nodiscard]] double percentile(double part);
};

/// Adds `count` servers one by one, PREFIX0 and so on, and takes the time of each.
[[nodiscard]] Row measure(Stage& stage, const std::string& prefix, std::size_t count);

/// A number from 1 to `most`, from a command line. Throws std::runtime_error.
[[nodiscard]] std::size_t parse_number(std::string_view text, std::size_t most = 20'000);

} // namespace hitless::test
