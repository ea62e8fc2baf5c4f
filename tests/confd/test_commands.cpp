#include "hitless/confd/commands.hpp"

#include "support/temporary_directory.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

namespace hitless::confd {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::HasSubstr;

Result<void> wait_for(asio::awaitable<Result<void>> work) {
    asio::io_context context;
    std::optional<Result<void>> result;
    co_spawn(context, std::move(work),
             [&](const std::exception_ptr&, const Result<void>& done) { result = done; });
    context.run();
    return result.value();
}

TEST(Commands, CheckTheStagedFile) {
    const test::TemporaryDirectory directory;
    const std::string staged = directory.write(".staged123", "good");
    struct Case {
        const char* check_cmd;
        const char* error;
    };
    for (const auto& [check_cmd, error] : {
             Case{"", nullptr},
             Case{"grep -q good {{.src}}", nullptr},
             Case{"grep -q good {{ .src }} && test -n \"{{.src | printf \"%s\"}}\"", nullptr},
             Case{"echo bad line; echo more >&2; exit 3",
                  "check_cmd of r.toml failed with status 3: bad line\\nmore"},
             Case{"false", "check_cmd of r.toml failed with status 1"},
             Case{"no-such-checker {{.src}}", "failed with status 127: "},
             Case{"{{.src", "check_cmd of r.toml: template: checkcmd"},
             Case{"sleep 20", "check_cmd of r.toml: 'sleep 20' did not end within 0.3 s"},
         }) {
        Resource resource;
        resource.file = "r.toml";
        resource.check_cmd = check_cmd;
        const auto result =
            wait_for(check(resource, staged, 300ms + (error == nullptr ? 10s : 0s)));
        EXPECT_EQ(result.has_value(), error == nullptr) << check_cmd;
        if (error != nullptr) {
            EXPECT_THAT(result.error().message, HasSubstr(error));
        }
    }
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

} // namespace
} // namespace hitless::confd
