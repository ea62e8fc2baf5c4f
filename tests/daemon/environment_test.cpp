// Environment variables in HAProxy's configuration, which hitlessd has or lacks.
#include "support/free_port.hpp"
#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace hitless::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A variable of this process, and of the programs that it starts, as long as this lives.
class Variable {
  public:
    Variable(const char* name, const std::string& value) : name_(name) {
        ::setenv(name, value.c_str(), 1);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { ::unsetenv(name_); }

  private:
    const char* name_;
};

StageOptions with(const std::string& from, const std::string& to) {
    StageOptions options;
    options.cfg = boost::replace_all_copy(Stage::default_cfg(), from, to);
    return options;
}

StageOptions with_socket(const std::string& name) {
    return with("@DIR@/admin.sock", fmt::format("\"@DIR@/{}.sock\"", name));
}

TEST(AdminSocket, IsFoundByAVariable) {
    const Variable variable("HITLESS_TEST_SOCKET", "admin");
    Stage stage(with_socket("${HITLESS_TEST_SOCKET}"));
    stage.start_daemon();
    const pid_t pid = stage.haproxy().pid();
    stage.add("web1", 0);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    EXPECT_EQ(stage.haproxy().pid(), pid) << stage.log();
}

TEST(AdminSocket, IsFoundByAVariablesDefaultAndBySetenv) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "knows no ${NAME-default}";
    StageOptions options = with_socket("${HITLESS_TEST_SET}${HITLESS_TEST_NONE-min}");
    boost::replace_all(options.cfg, "global\n", "global\n    setenv HITLESS_TEST_SET ad\n");
    Stage stage(options);
    stage.start_daemon();
    const pid_t pid = stage.haproxy().pid();
    stage.add("web1", 0);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    EXPECT_EQ(stage.haproxy().pid(), pid) << stage.log();
}

TEST(AdminSocket, IsMissedWithTheNameOfTheVariable) {
    std::optional<Variable> variable(std::in_place, "HITLESS_TEST_SOCKET", "admin");
    Stage stage(with_socket("${HITLESS_TEST_SOCKET}"));
    variable.reset();
    stage.start_daemon();
    EXPECT_TRUE(stage.wait_log("hitlessd lacks: HITLESS_TEST_SOCKET;")) << stage.log();
    stage.add("web1", 0);
    EXPECT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << "by a reload\n" << stage.log();
    EXPECT_THAT(stage.log(), HasSubstr("app/web1: it differs, and there is no admin socket"));
}

/// check_cmd runs in hitlessd's environment. What is missing there is HAProxy's to tell.
TEST(CheckCmd, GetsTheVariablesThatOnlyHaproxyHas) {
    std::optional<Variable> variable(std::in_place, "HITLESS_TEST_BIND",
                                     fmt::format("127.0.0.1:{}", free_port()));
    StageOptions options = with("    default_backend app", "    bind \"${HITLESS_TEST_BIND}\"\n"
                                                           "    default_backend app");
    Stage stage(options);
    variable.reset();
    stage.start_daemon();
    stage.add("web1", 0);
    EXPECT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }))
        << stage.log();
    EXPECT_THAT(stage.log(), Not(HasSubstr("refuses")));
}

TEST(CheckCmd, IsToldWhichVariablesNobodyHas) {
    Stage stage(with("    default_backend app",
                     "    {{if exists \"/app/more\"}}bind \"${HITLESS_TEST_NOBODY}\"{{end}}\n"
                     "    default_backend app"));
    stage.start_daemon();
    stage.add("web1", 0);
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }))
        << stage.log();
    EXPECT_THAT(stage.log(), Not(HasSubstr("environment variables")));
    stage.etcd.put("/app/more", "1");
    EXPECT_TRUE(stage.wait_log("so that they are empty: HITLESS_TEST_NOBODY;")) << stage.log();
}

} // namespace
} // namespace hitless::test
