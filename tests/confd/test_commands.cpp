#include "hitless/confd/commands.hpp"

#include "base/file_descriptor.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <sys/resource.h>
#include <vector>

namespace hitless::confd {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::HasSubstr;

template <class T>
Result<T> wait_for(asio::awaitable<Result<T>> work) {
    asio::io_context context;
    std::optional<Result<T>> result;
    co_spawn(context, std::move(work),
             [&](const std::exception_ptr&, const Result<T>& done) { result = done; });
    context.run();
    return result.value();
}

TEST(Commands, CheckTheStagedFile) {
    const test::TemporaryDirectory directory;
    const std::string staged = directory.write(".staged123", "good");
    struct Case {
        const char* check_cmd;
        const char* refusal;
    };
    for (const auto& [check_cmd, refusal] : {
             Case{"", nullptr},
             Case{"grep -q good {{.src}}", nullptr},
             Case{"grep -q good {{ .src }} && test -n \"{{.src | printf \"%s\"}}\"", nullptr},
             Case{"echo bad line; echo more >&2; exit 3",
                  "check_cmd of r.toml failed with status 3: bad line\\nmore"},
             Case{
                 "false {{.src}} x",
                 "check_cmd of r.toml failed with status 1, without a word; it was run as 'false "},
             Case{"exit 7", "failed with status 7, without a word; it was run as 'exit 7'"},
         }) {
        Resource resource;
        resource.file = "r.toml";
        resource.check_cmd = check_cmd;
        const auto result = wait_for(check(resource, staged, 10s));
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(result->has_value(), refusal != nullptr) << check_cmd;
        if (refusal != nullptr) {
            EXPECT_THAT(result->value_or(""), HasSubstr(refusal));
        }
    }
}

/// They tell nothing of the file, which is not refused for that.
TEST(Commands, ChecksThatCannotBeMade) {
    Resource resource;
    resource.file = "r.toml";
    resource.check_cmd = "{{.src";
    EXPECT_THAT(wait_for(check(resource, "/a/.c1", 10s)).error().message,
                HasSubstr("check_cmd of r.toml: template: checkcmd"));
    resource.check_cmd = "no-such-checker {{.src}}";
    EXPECT_THAT(wait_for(check(resource, "/a/.c1", 10s)).error().message,
                HasSubstr("failed with status 127: "));
    resource.check_cmd = "sleep 20";
    EXPECT_THAT(wait_for(check(resource, "/a/.c1", 300ms)).error().message,
                HasSubstr("check_cmd of r.toml: 'sleep 20' did not end within 0.3 s"));
    // Neither a pipe nor a process is to be had.
    struct rlimit before {};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    asio::io_context opens_its_own;
    resource.check_cmd = "true";
    std::vector<base::FileDescriptor> taken;
    struct rlimit low = before;
    low.rlim_cur = 64;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    std::optional<Result<std::optional<std::string>>> result;
    co_spawn(opens_its_own, check(resource, "/a/.c1", 10s),
             [&](const std::exception_ptr&, const auto& done) { result = done; });
    for (int fd = ::open("/dev/null", O_RDONLY); fd >= 0; fd = ::open("/dev/null", O_RDONLY))
        taken.emplace_back(fd);
    opens_its_own.run();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    taken.clear();
    ASSERT_TRUE(result && !*result);
    EXPECT_THAT(result->error().message,
                HasSubstr("check_cmd of r.toml: can't make a pipe for a command: "));
}

TEST(Commands, Reload) {
    const test::TemporaryDirectory directory;
    Resource resource;
    resource.file = "r.toml";
    EXPECT_TRUE(wait_for(reload(resource, 10s)));
    resource.reload_cmd = "touch " + directory / "{{done";
    EXPECT_TRUE(wait_for(reload(resource, 10s)));
    EXPECT_TRUE(std::filesystem::exists(directory / "{{done"));
    resource.reload_cmd = "echo no; exit 1";
    EXPECT_EQ(wait_for(reload(resource, 10s)).error().message,
              "reload_cmd of r.toml failed with status 1: no");
}

/// What the commands below write: a word for each of the places where a path may stand.
constexpr const char* places = "{{.src}} '{{.src}}' \"{{.src}}\" \\{{.src}} "
                               "\"$(printf %s {{.src}})\" \"$(printf %s \"{{.src}}\")\"";

TEST(Commands, PathsArriveWholeAndRunNothing) {
    const test::TemporaryDirectory directory;
    for (const char* const name :
         {"plain", "$(touch pwned) 'a\" b", "`touch pwned`", "a; touch pwned", "' ; touch pwned; '",
          "\" ; touch pwned; \"", "a\\' \\\" \\$(touch pwned)\\", "\\", "a\ntouch pwned\n# ' \""}) {
        const std::string staged = directory / name + "/.haproxy.cfg123456";
        Resource resource;
        resource.file = "r.toml";
        resource.dest = directory / name + "/haproxy.cfg";
        const std::string command =
            fmt::format("cd {} && printf '%s|' {} {{{{.dest}}}} > out # it's {{{{.src}}}}",
                        directory.path().string(), places);
        std::string wanted;
        for (int i = 0; i < 6; ++i)
            wanted += staged + '|';
        resource.check_cmd = command;
        EXPECT_EQ(wait_for(check(resource, staged, 10s)).value(), std::nullopt) << name;
        EXPECT_EQ(test::read_text(directory / "out"), wanted + resource.dest + '|');

        wanted.clear();
        for (int i = 0; i < 7; ++i)
            wanted += resource.dest + '|';
        resource.reload_cmd = command;
        EXPECT_TRUE(wait_for(reload(resource, 10s))) << name;
        EXPECT_EQ(test::read_text(directory / "out"), wanted);
        EXPECT_FALSE(std::filesystem::exists(directory / "pwned")) << name;
    }
}

TEST(Commands, APathInBackquotesMustBePlain) {
    Resource resource;
    resource.file = "r.toml";
    resource.dest = "/a b/c";
    resource.reload_cmd = "test -n \"`echo {{.dest}}`\"";
    resource.check_cmd = "test -n \"`echo {{.src}}`\"";
    EXPECT_THAT(wait_for(check(resource, "/a b/.c1", 10s)).error().message,
                HasSubstr("check_cmd of r.toml: the path /a b/.c1 can't be quoted within back"));
    EXPECT_THAT(wait_for(reload(resource, 10s)).error().message,
                HasSubstr("reload_cmd of r.toml: the path /a b/c can't be quoted within back"));
    resource.dest = "/a/c";
    EXPECT_EQ(wait_for(check(resource, "/a/.c1", 10s)).value(), std::nullopt);
    EXPECT_TRUE(wait_for(reload(resource, 10s)));
}

TEST(Commands, GetVariablesBesidesOurOwn) {
    Resource resource;
    resource.check_cmd = resource.reload_cmd =
        "test \"$HITLESS_MORE\" = 'a b' && test -n \"$PATH\"";
    EXPECT_NE(wait_for(check(resource, "/a/.c1", 10s)).value(), std::nullopt);
    EXPECT_EQ(wait_for(check(resource, "/a/.c1", 10s, {"HITLESS_MORE=a b"})).value(), std::nullopt);
    EXPECT_FALSE(wait_for(reload(resource, 10s)));
    EXPECT_TRUE(wait_for(reload(resource, 10s, {"HITLESS_MORE=a b"})));
}

/// What reload_cmd prints, by the message of its failure.
std::string printed(const std::string& dest, const std::string& reload_cmd) {
    Resource resource;
    resource.file = "r";
    resource.dest = dest;
    resource.reload_cmd = reload_cmd + "; exit 1";
    const auto failed = wait_for(reload(resource, 10s));
    constexpr std::string_view before = "reload_cmd of r failed with status 1: ";
    EXPECT_TRUE(!failed && failed.error().message.starts_with(before)) << reload_cmd;
    return failed ? "" : failed.error().message.substr(before.size());
}

TEST(Commands, ReloadLeavesAloneWhatIsNotMeantForIt) {
    for (const std::string dest : {"/d", "/d $x"}) {
        for (const auto& [reload_cmd, output] : std::initializer_list<std::array<std::string, 2>>{
                 {"echo {{.dest}}", dest},
                 {"echo {{ .src | printf \"%s\" }}", dest},
                 {"echo {{if eq .src .dest}}same{{end}}", "same"},
                 {"echo '{{.ID}}'", "{{.ID}}"},
                 {"echo '{{.ID}} {{.dest}}'", "{{.ID}} {{.dest}}"},
                 {"echo '{{json .}} {{.src}}'", "{{json .}} {{.src}}"},
                 {"echo '{{.State.Pid}} .dest'", "{{.State.Pid}} .dest"},
                 {"echo '{{.}}'", "{{.}}"},
                 {"echo '{{\"x\"}}'", "{{\"x\"}}"},
                 {"echo '{{.dest'", "{{.dest"},
                 {"echo '}} .src'", "}} .src"},
             })
            EXPECT_EQ(printed(dest, reload_cmd), output) << reload_cmd;
    }
}

} // namespace
} // namespace hitless::confd
