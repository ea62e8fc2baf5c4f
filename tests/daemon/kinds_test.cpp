// A resource is kept as what its template makes, on real etcd and HAProxy: HAProxy's configuration,
// or any other file; and as the other one when that changes.
#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::test {
namespace {

using testing::HasSubstr;

/// Only with /app/mode = plain, the template makes no configuration.
class Kinds : public testing::Test {
  protected:
    static StageOptions options() {
        StageOptions options;
        options.cfg = "{{if ne (getv \"/app/mode\" \"haproxy\") \"plain\"}}" +
                      Stage::default_cfg() + "{{else}}nothing of HAProxy's\n{{end}}";
        options.toml = boost::replace_all_copy(Stage::default_toml(),
                                               "check_cmd = \"@HAPROXY@ -c -f {{.src}}\"\n", "");
        return options;
    }

    Stage stage_{options()};
};

TEST_F(Kinds, ChangeWithTheKeysAndBack) {
    stage_.add("web1", 0);
    stage_.start_daemon({"-reload-interval", "500ms"});
    ASSERT_TRUE(stage_.wait_servers({stage_.running("web1", 0)})) << stage_.log();
    stage_.etcd.put("/app/mode", "plain");
    ASSERT_TRUE(wait_until([&] { return stage_.file() == "nothing of HAProxy's\n"; }))
        << stage_.log();
    EXPECT_TRUE(stage_.wait_log("is a file that is no configuration of HAProxy from now on"))
        << stage_.log();
    stage_.add("web2", 1);
    stage_.etcd.put("/app/mode", "haproxy");
    ASSERT_TRUE(stage_.wait_log("is a configuration of HAProxy from now on")) << stage_.log();
    EXPECT_TRUE(stage_.wait_servers({stage_.running("web1", 0), stage_.running("web2", 1)}))
        << stage_.log();
    EXPECT_TRUE(wait_until([&] { return stage_.file().find("web2") != std::string::npos; }));
    EXPECT_EQ(stage_.stop_daemon(), 0);
}

TEST_F(Kinds, ChangeWithTheTemplateAndBack) {
    stage_.add("web1", 0);
    stage_.start_daemon({"-reload-interval", "500ms"});
    ASSERT_TRUE(stage_.wait_servers({stage_.running("web1", 0)})) << stage_.log();
    stage_.write_template("a motto\n");
    stage_.daemon().signal(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return stage_.file() == "a motto\n"; })) << stage_.log();
    stage_.write_template(Stage::default_cfg());
    stage_.daemon().signal(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return stage_.file().find("web1") != std::string::npos; }))
        << stage_.log();
    stage_.add("web2", 1);
    EXPECT_TRUE(stage_.wait_servers({stage_.running("web1", 0), stage_.running("web2", 1)}))
        << stage_.log();
}

/// What is broken stays a configuration: nothing is written in its place.
TEST(KindsOfBrokenTemplates, AreTheOnesOfTheFilesOnDisk) {
    struct Case {
        std::string text;
        std::string told;
    };
    for (const Case& each : {Case{"misspelt\n" + Stage::default_cfg(), "can't be rendered"},
                             Case{"# nobody is at home\n", "its check_cmd refuses the new one"},
                             Case{"", "its check_cmd refuses the new one"}}) {
        Stage stage;
        stage.add("web1", 0);
        stage.start_daemon();
        ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }));
        const std::string file = stage.file();
        stage.write_template(each.text.empty() ? "{{/* nothing */}}" : each.text);
        stage.daemon().signal(SIGHUP);
        EXPECT_TRUE(stage.wait_log(each.told)) << each.text << stage.log();
        EXPECT_EQ(stage.file(), file);
        EXPECT_EQ(stage.servers(), std::vector<std::string>{stage.running("web1", 0)});
    }
}

/// All of its proxies are made of keys, and the keys are gone while hitlessd is down.
TEST(KindsAtTheStart, AConfigurationWithoutProxiesIsStillGuarded) {
    StageOptions options;
    options.cfg = boost::replace_all_copy(Stage::default_cfg(), "frontend web\n",
                                          "{{if ne (getv \"/app/gone\" \"no\") \"yes\"}}"
                                          "frontend web\n") +
                  "{{end}}";
    Stage stage(options);
    stage.add("web1", 0);
    stage.start_daemon();
    ASSERT_TRUE(stage.wait_servers({stage.running("web1", 0)})) << stage.log();
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web1") != std::string::npos; }));
    EXPECT_EQ(stage.stop_daemon(), 0);
    const std::string file = stage.file();
    stage.etcd.put("/app/gone", "yes");
    stage.start_daemon({"-min-servers", "1"});
    EXPECT_TRUE(stage.wait_log("held: backend app would have 0 of its 1 server left"))
        << stage.log();
    EXPECT_THAT(stage.file(), HasSubstr("server web1 "));
    EXPECT_EQ(stage.servers(), std::vector<std::string>{stage.running("web1", 0)});
}

} // namespace
} // namespace hitless::test
