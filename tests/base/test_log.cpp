#include "hitless/base/log.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

namespace hitless::base {
namespace {

using testing::MatchesRegex;

/// What reaches standard error of a process whose standard error is a file.
std::string logged(std::string_view level, bool journal = false) {
    testing::internal::CaptureStderr();
    if (journal) {
        struct stat status {};
        ::fstat(STDERR_FILENO, &status);
        ::setenv("JOURNAL_STREAM", fmt::format("{}:{}", status.st_dev, status.st_ino).c_str(), 1);
    }
    EXPECT_TRUE(set_up_log(level));
    spdlog::debug("a debug line");
    spdlog::warn("two\nlines and \x1b[31mcolour");
    ::unsetenv("JOURNAL_STREAM");
    return testing::internal::GetCapturedStderr();
}

TEST(Log, WritesALineAMessage) {
    ::setenv("JOURNAL_STREAM", "1:1", 1); // of another process
    EXPECT_THAT(logged("info"),
                MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9:]+\\.[0-9]+[+-][0-9:]+ warning "
                             "two\\\\nlines and \\\\x1b.31mcolour\n"));
    EXPECT_EQ(logged("info", true), "warning two\\nlines and \\x1b[31mcolour\n");
}

TEST(Log, KnowsLevels) {
    EXPECT_EQ(logged("error", true), "");
    EXPECT_EQ(logged("fatal", true), "");
    EXPECT_EQ(logged("panic", true), "");
    EXPECT_THAT(logged("WARN", true), testing::StartsWith("warning two"));
    EXPECT_THAT(logged("debug", true), testing::StartsWith("debug a debug line\nwarning two"));
    EXPECT_EQ(set_up_log("loud").error().message,
              "'loud' is not a log level: panic, fatal, error, warn, info and debug are");
}

} // namespace
} // namespace hitless::base
