#include "ctl/target.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace hitless::ctl {
namespace {

using test::TemporaryDirectory;
using testing::HasSubstr;

class Targets : public testing::Test {
  protected:
    Targets() { ::unsetenv("HAPROXY_SOCKET"); }
    ~Targets() override { ::unsetenv("HAPROXY_SOCKET"); }

    TemporaryDirectory directory_;
    Options options_;
};

TEST_F(Targets, AreWhatTheFlagsName) {
    options_.sockets = {"/run/a.sock", "127.0.0.1:9999", "[::1]:9999", "abns@x"};
    const auto targets = find_targets(options_).value();
    ASSERT_EQ(targets.size(), 4U);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        EXPECT_EQ(targets[i].address, options_.sockets[i]);
        EXPECT_EQ(targets[i].worker, "");
    }
    options_.sockets = {"localhost:9999"};
    EXPECT_THAT(find_targets(options_).value().front().address,
                testing::AnyOf("127.0.0.1:9999", "[::1]:9999"));
    for (const char* const none : {"localhost:99999", "localhost:0", "localhost:80x"}) {
        options_.sockets = {none};
        EXPECT_EQ(find_targets(options_).value().front().address, none) << "isn't looked up";
    }
    options_.sockets = {"dir/../a.sock"};
    EXPECT_EQ(find_targets(options_).value().front().address.front(), '/');
}

TEST_F(Targets, LieBehindAMaster) {
    options_.master = "/run/master.sock";
    EXPECT_EQ(find_targets(options_).value().front().worker, "@1");
    options_.worker = "!1234";
    EXPECT_EQ(find_targets(options_).value().front().worker, "@!1234");
    EXPECT_EQ(find_targets(options_).value().front().name(), "/run/master.sock @!1234");
}

TEST_F(Targets, ComeFromTheEnvironmentAndTheFile) {
    ::setenv("HAPROXY_SOCKET", "/run/env.sock", 1);
    EXPECT_EQ(find_targets(options_).value().front().address, "/run/env.sock");
    options_.sockets = {"/run/flag.sock"};
    EXPECT_EQ(find_targets(options_).value().front().address, "/run/flag.sock");
    options_.sockets.clear();
    ::unsetenv("HAPROXY_SOCKET");

    options_.config = directory_ / "haproxy.cfg";
    const auto missing = find_targets(options_);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr(options_.config));
    directory_.write("haproxy.cfg", "global\n    stats socket /run/cfg.sock level admin\n");
    EXPECT_EQ(find_targets(options_).value().front().address, "/run/cfg.sock");
    directory_.write("haproxy.cfg", "global\n    stats socket /run/cfg.sock level user\n");
    const auto none = find_targets(options_);
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, HasSubstr("level admin"));

    directory_.write("haproxy.cfg",
                     "global\n    stats socket \"$TARGETS_DIR/a.sock\" level admin\n");
    const auto unknown = find_targets(options_);
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message,
                testing::AllOf(HasSubstr("environment variable"), HasSubstr("TARGETS_DIR"),
                               HasSubstr("-socket")));
    ::setenv("TARGETS_DIR", "/run/own", 1);
    EXPECT_EQ(find_targets(options_).value().front().address, "/run/own/a.sock");
    ::unsetenv("TARGETS_DIR");
}

} // namespace
} // namespace hitless::ctl
