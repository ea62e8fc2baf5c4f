#include "hitless/base/log.hpp"

#include "base/event.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
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

/// A change of a server, with a value as somebody may have put it into a key.
Event change(std::string_view value) {
    using namespace std::chrono_literals;
    return Event("add")
        .with("backend", "app")
        .with("server", "web1")
        .with("change", value)
        .with("sessions", 3)
        .took(1840us);
}

TEST(Log, HasOneTextForAnEvent) {
    EXPECT_EQ(change("10.0.0.1:80").text(),
              R"(add backend=app server=web1 change="10.0.0.1:80" sessions=3 took=1.8ms)");
    EXPECT_EQ(Event("reload").with("dest", "/a b").with("reason", "its \"x\\\"").text(),
              R"(reload dest="/a b" reason="its \"x\\\"")");
    EXPECT_EQ(Event("reload").with("reasons", std::vector<std::string>{"a: b", "c"}).text(),
              R"(reload reasons="a: b; c")");
    EXPECT_EQ(Event("held").with("backend", "app").says("the change is held").text(),
              "the change is held");
}

TEST(Log, MakesAJsonObjectOfEachMessage) {
    testing::internal::CaptureStderr();
    ASSERT_TRUE(set_up_log("info", "json"));
    spdlog::warn("two\nlines and \xff\x1b[31m \xe2\x80\xa8 \xc2\x85");
    log(spdlog::level::info, change("\"10.0.0.1\"\r\n{\"level\":\"error\"} \xc3"));
    log(spdlog::level::debug, change("hidden"));
    log(spdlog::level::err, Event("held").with("backend", "app").says("it is held"));
    spdlog::critical("an end");
    const std::string text = testing::internal::GetCapturedStderr();
    ASSERT_TRUE(set_up_log("info"));
    EXPECT_TRUE(std::ranges::all_of(text, [](unsigned char c) {
        return c == '\n' || (c >= ' ' && c < 0x7f);
    })) << text;
    std::vector<nlohmann::json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(nlohmann::json::parse(line));
    ASSERT_EQ(lines.size(), 4U) << text;
    EXPECT_THAT(lines[0]["time"].get<std::string>(),
                MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z"));
    EXPECT_EQ(lines[0]["level"], "warn");
    EXPECT_EQ(lines[0]["message"], "two\nlines and \ufffd\x1b[31m \u2028 \u0085");
    EXPECT_FALSE(lines[0].contains("event"));
    EXPECT_EQ(lines[1]["event"], "add");
    EXPECT_EQ(lines[1]["backend"], "app");
    EXPECT_EQ(lines[1]["server"], "web1");
    EXPECT_EQ(lines[1]["change"], "\"10.0.0.1\"\r\n{\"level\":\"error\"} \ufffd");
    EXPECT_EQ(lines[1]["level"], "info");
    EXPECT_EQ(lines[1]["sessions"], 3);
    EXPECT_DOUBLE_EQ(lines[1]["took_ms"], 1.84);
    EXPECT_EQ(lines[2]["message"], "it is held");
    EXPECT_EQ(lines[2]["backend"], "app");
    EXPECT_EQ(lines[3]["level"], "fatal");
    EXPECT_EQ(set_up_log("info", "xml").error().message,
              "'xml' is not a format of the log: text and json are");
}

} // namespace
} // namespace hitless::base
