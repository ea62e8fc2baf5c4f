// Values of an attacker, from etcd to the running HAProxy and its file.
#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Servers are JSON; a comment has a value outside of all ranges.
StageOptions json_options() {
    StageOptions options;
    options.keys = {"/app", "/name"};
    options.cfg = boost::replace_all_copy(
        Stage::default_cfg(), "    server {{base .Key}} {{.Value}}",
        "{{$s := json .Value}}\n    server {{base .Key}} {{$s.host}}:{{$s.port}}");
    options.cfg = "# made for {{getv \"/name\" \"nobody\"}}\n" + options.cfg;
    return options;
}

std::string json_of(const Stage& stage, std::size_t server) {
    return R"({"host":"127.0.0.1","port":)" + std::to_string(stage.web.port(server)) + "}";
}

/// Lines that would have HAProxy run a program.
const std::string program = "\\u000aglobal\\u000a    external-check\\u000a";

TEST(Hostile, JsonValuesCostOneServerEach) {
    Stage stage(json_options());
    stage.start_daemon();
    stage.etcd.put("/app/servers/good", json_of(stage, 0));
    ASSERT_TRUE(stage.wait_servers({stage.running("good", 0)})) << stage.log();
    const pid_t pid = stage.haproxy().pid();
    const std::string bad[] = {R"({"host":"127.0.0.1"})",
                               R"({"port":9})",
                               R"({"host":null,"port":9})",
                               "null",
                               "[]",
                               "7",
                               "\"\"",
                               "{\"host\":",
                               R"({"host":"127.0.0.1","port":1000000})",
                               R"({"host":"a\/b","port":9})",
                               "\xef\xbb\xbf{\"host\":\"127.0.0.1:9" + program + "\",\"port\":9}",
                               "{\"host\":\"127.0.0.1:9" + program + "\",\"port\":9}"};
    int number = 0;
    for (const std::string& value : bad)
        stage.etcd.put("/app/servers/bad" + std::to_string(number++), value);
    stage.etcd.put("/app/servers/other", json_of(stage, 1));
    EXPECT_TRUE(stage.wait_servers({stage.running("good", 0), stage.running("other", 1)}))
        << testing::PrintToString(stage.servers()) << stage.log();
    EXPECT_TRUE(wait_until([&] { return stage.file().find("other") != std::string::npos; }));
    EXPECT_THAT(stage.file(), Not(HasSubstr("bad")));
    EXPECT_THAT(stage.file(), Not(HasSubstr("external-check")));
    for (int i = 0; i < number; ++i) {
        const std::string key = "error key /app/servers/bad" + std::to_string(i) + " ";
        const std::size_t first = stage.log().find(key);
        EXPECT_NE(first, std::string::npos) << key << stage.log();
        EXPECT_EQ(stage.log().find(key, first + 1), std::string::npos) << "said once: " << key;
    }
    EXPECT_EQ(stage.haproxy().pid(), pid) << "no reload";

    // A new reading of the confdir, and a new daemon, see the same.
    stage.daemon().signal(SIGHUP);
    stage.etcd.remove("/app/servers/other");
    EXPECT_TRUE(stage.wait_servers({stage.running("good", 0)})) << stage.log();
    stage.kill_daemon();
    stage.start_daemon();
    stage.etcd.put("/app/servers/other", json_of(stage, 1));
    EXPECT_TRUE(stage.wait_servers({stage.running("good", 0), stage.running("other", 1)}));
    EXPECT_THAT(stage.file(), Not(HasSubstr("external-check")));
    EXPECT_EQ(stage.haproxy().pid(), pid);
    EXPECT_EQ(stage.stop_daemon(), 0);
}

TEST(Hostile, ALineBreakDoesntMakeAConfigurationAPlainFile) {
    Stage stage(json_options());
    stage.etcd.put("/name", "x\nthis is no section of HAProxy");
    stage.etcd.put("/app/servers/good", json_of(stage, 0));
    stage.start_daemon();
    ASSERT_TRUE(stage.wait_servers({stage.running("good", 0)})) << stage.log();
    EXPECT_TRUE(wait_until([&] { return stage.file().find("good") != std::string::npos; }));
    EXPECT_THAT(stage.file(), HasSubstr("# made for nobody\n"));
    EXPECT_TRUE(stage.wait_log("key /name = 'x\\nthis is no section"));
    stage.etcd.put("/name", "somebody");
    EXPECT_TRUE(wait_until([&] {
        return stage.file().find("# made for somebody\n") != std::string::npos;
    })) << stage.log();
    EXPECT_EQ(stage.stop_daemon(), 0);
}

TEST(Hostile, StrictChangesNothing) {
    Stage stage(json_options());
    stage.etcd.put("/app/servers/good", json_of(stage, 0));
    stage.start_daemon({"-strict"});
    ASSERT_TRUE(stage.wait_servers({stage.running("good", 0)})) << stage.log();
    stage.etcd.put("/app/servers/bad", "null");
    ASSERT_TRUE(stage.wait_log("get no changes"));
    stage.etcd.put("/app/servers/other", json_of(stage, 1));
    stage.etcd.remove("/app/servers/bad");
    EXPECT_TRUE(stage.wait_servers({stage.running("good", 0), stage.running("other", 1)}))
        << stage.log();
    EXPECT_EQ(stage.stop_daemon(), 0);
}

} // namespace
} // namespace hitless::test
