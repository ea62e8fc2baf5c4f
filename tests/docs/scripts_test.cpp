// Each script says how it is used, and refuses what it doesn't know before it does anything.
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace hitless {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const fs::path scripts = HITLESS_SOURCE "/scripts";

struct Outcome {
    int status = -1;
    std::string output;
};

/// Runs scripts where all that builds, tests or installs anything fails, and says so.
class Scripts : public ::testing::Test {
  protected:
    Scripts() {
        for (const char* const program : {"cmake", "ctest", "ninja", "dpkg-query", "apt-get", "git",
                                          "clang-format", "clang-tidy", "xargs"}) {
            const std::string file = stubs_.write(
                program, fmt::format("#!/bin/sh\necho {} was run\nexit 97\n", program));
            fs::permissions(file, fs::perms::owner_all);
        }
    }

    Outcome run(const std::string& script, const std::vector<std::string>& arguments) {
        std::vector<std::string> line = {(scripts / script).string()};
        line.insert(line.end(), arguments.begin(), arguments.end());
        const std::string log = stubs_ / fmt::format("log{}", ++runs_);
        test::Process process(
            line, log, {fmt::format("PATH={}:{}", stubs_.path().string(), std::getenv("PATH"))});
        const int status = process.wait_exit().value_or(-1);
        return {status, process.log()};
    }

    void expect_refused(const std::string& script, const std::vector<std::string>& arguments) {
        const auto [status, output] = run(script, arguments);
        EXPECT_EQ(status, 2) << script << ": " << output;
        EXPECT_THAT(output, StartsWith(script + ": "));
        EXPECT_THAT(output, HasSubstr(fmt::format("'scripts/{} --help'", script)));
        EXPECT_THAT(output, HasSubstr(fmt::format("'{}'", arguments.back())));
        EXPECT_EQ(std::ranges::count(output, '\n'), 1) << output;
    }

  private:
    test::TemporaryDirectory stubs_;
    int runs_ = 0;
};

std::vector<std::string> all_scripts() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(scripts)) {
        if (entry.is_regular_file())
            names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
}

TEST_F(Scripts, SayHowTheyAreUsed) {
    EXPECT_GE(all_scripts().size(), 8U);
    for (const std::string& script : all_scripts()) {
        for (const char* const flag : {"--help", "-help", "-h"}) {
            const auto [status, output] = run(script, {flag});
            EXPECT_EQ(status, 0) << script << ": " << output;
            EXPECT_THAT(output, StartsWith("Usage: scripts/" + script));
            EXPECT_THAT(output, HasSubstr("\nExample"));
            EXPECT_THAT(output, HasSubstr("  --help "));
        }
    }
}

TEST(TheDemo, SaysHowItIsUsedAndRefusesWhatItDoesNotKnow) {
    const struct {
        const char* argument;
        int status;
        const char* text;
    } cases[] = {{"--help", 0, "Usage: hitless-demo [-keep]"},
                 {"-h", 0, "Usage: hitless-demo [-keep]"},
                 {"--no-such-flag", 2, "'hitless-demo -help' shows the usage"},
                 {"keep", 2, "it takes no operand, but got 'keep'"}};
    const test::TemporaryDirectory directory;
    for (const auto& [argument, status, text] : cases) {
        test::Process process({HITLESS_DEMO, argument}, directory / "log");
        EXPECT_EQ(process.wait_exit(), status) << argument;
        EXPECT_THAT(process.log(), HasSubstr(text));
        EXPECT_THAT(process.log(), Not(HasSubstr("127.0.0.1"))) << "it has begun";
    }
}

TEST_F(Scripts, RefuseAFlagThatTheyDontKnow) {
    for (const std::string& script : all_scripts())
        expect_refused(script, {"--no-such-flag"});
}

TEST_F(Scripts, RefuseAWrongValue) {
    expect_refused("bench", {"2", "many"});
    expect_refused("bench", {"0"});
    expect_refused("bench", {"--http", "many"});
    expect_refused("bench", {"99999999999999999999"});
    expect_refused("bench-etcd", {"2"});
    expect_refused("bench-pure", {"--benchmark_format=xml"});
    expect_refused("bench-pure", {"render"});
    expect_refused("demo", {"keep"});
    expect_refused("equal", {"--dir"});
    expect_refused("lint", {"src/no_such_file.cpp"});
    expect_refused("package", {"--suffix"});
    expect_refused("package", {"here", "there"});
    expect_refused("release", {"0.9.0"});
    expect_refused("setup", {"now"});
    expect_refused("test-containers", {"kubernetes"});
    expect_refused("test-containers", {"docker", "--package", "no_such.deb"});
    expect_refused("test-monitoring", {"prometheus"});
    expect_refused("test-package", {"11"});
    expect_refused("test-page", {"phone"});
    expect_refused("test-page", {"--only"});
    expect_refused("test-page", {"--shots", "no_such_directory"});
    expect_refused("test-systemd", {"12", "11"});
    expect_refused("test", {"relase"});
    expect_refused("test", {"asan", "-R"});
}

TEST_F(Scripts, GoOnWithWhatTheyKnow) {
    EXPECT_THAT(run("bench", {"2", "5000"}).output, HasSubstr("was run"));
    EXPECT_THAT(run("bench", {"--http", "5000"}).output, HasSubstr("was run"));
    EXPECT_THAT(run("package", {"--twice", "here"}).output, HasSubstr("was run"));
    EXPECT_THAT(run("test", {"asan", "-R", "keys"}).output, HasSubstr("was run"));
    EXPECT_THAT(run("demo", {"--keep"}).output, HasSubstr("was run"));
}

} // namespace
} // namespace hitless
