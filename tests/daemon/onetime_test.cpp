// hitlessd -onetime and -noop on real etcd and HAProxy.
#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Onetime : public testing::Test {
  protected:
    /// The exit status.
    int run(std::vector<std::string> flags = {}) {
        flags.emplace_back("-onetime");
        stage_.start_daemon(flags);
        return stage_.daemon().wait_exit().value_or(-1);
    }

    Stage stage_;
};

TEST_F(Onetime, BringsEverythingInStepAndEnds) {
    stage_.add("web1", 0);
    stage_.add("web2", 1);
    EXPECT_EQ(run(), 0) << stage_.log();
    const std::vector<std::string> both = {stage_.running("web1", 0), stage_.running("web2", 1)};
    EXPECT_EQ(stage_.servers(), both);
    EXPECT_THAT(stage_.file(), HasSubstr("server web2 "));
    stage_.remove("web2");
    EXPECT_EQ(run(), 0) << stage_.log();
    EXPECT_EQ(stage_.servers(), std::vector<std::string>{stage_.running("web1", 0)});
    EXPECT_THAT(stage_.file(), Not(HasSubstr("web2")));
}

TEST_F(Onetime, FailsWhenSomethingIsLeftUndone) {
    stage_.add("web1", 0);
    stage_.haproxy().stop();
    EXPECT_EQ(run(), 1);
    EXPECT_THAT(stage_.file(), HasSubstr("server web1 ")) << "the file is written all the same";
    EXPECT_THAT(stage_.log(), HasSubstr("-onetime ends with something left undone"));
    stage_.restart_haproxy();
    EXPECT_EQ(run(), 0) << stage_.log();
    EXPECT_EQ(stage_.servers(), std::vector<std::string>{stage_.running("web1", 0)});
}

/// Each bad value has its own message, and is no reason to wait.
TEST_F(Onetime, IsInStepButForWhatIsLeftOut) {
    stage_.add("web1", 0);
    stage_.etcd.put("/app/servers/web2", "127.0.0.1:80 bogus");
    stage_.etcd.put("/app/servers/web3", "127.0.0.1:x");
    EXPECT_EQ(run(), 0) << stage_.log();
    EXPECT_THAT(stage_.log(), HasSubstr(", but for what 2 bad values would make, which is left "
                                        "out"));
    EXPECT_EQ(run({"-strict"}), 1);
}

/// Nobody but the keeper of the file is there to say that there is nothing more to wait for.
TEST_F(Onetime, EndsWithoutASocketWhateverIsWrongWithTheFile) {
    stage_.write_template(
        boost::replace_all_copy(Stage::default_cfg(), "stats socket", "# stats socket"));
    const std::string toml = read_text(stage_.directory() / "confd/conf.d/haproxy.toml");
    const auto without = [&](const std::string& command) {
        return boost::replace_all_copy(toml, command + " =", "# " + command + " =");
    };
    const std::vector<std::string> all = {
        without("reload_cmd"), without("reload_cmd") + "reload_cmd = \"false\"\n",
        boost::replace_all_copy(without("check_cmd"), "/haproxy.cfg", "/no/such/haproxy.cfg")};
    for (const std::string& resource : all) {
        SCOPED_TRACE(resource);
        stage_.directory().write("confd/conf.d/haproxy.toml", resource);
        stage_.start_daemon({"-onetime"});
        EXPECT_EQ(stage_.daemon().wait_exit(std::chrono::seconds(30)), 1) << stage_.log();
    }
}

/// A server whose stand-in never passes its check.
class OnetimeInVain : public Onetime {
  protected:
    void SetUp() override {
        if (haproxy_version() < 205)
            GTEST_SKIP() << "deletes no server of its file, so that it isn't replaced";
        stage_.add("web1", 0);
        ASSERT_EQ(run(), 0) << stage_.log();
        ASSERT_TRUE(wait_until([&] {
            return stage_.haproxy().command("show stat").find("L4OK") != std::string::npos;
        }));
        stage_.write_template(
            boost::replace_all_copy(Stage::default_cfg(), "{{.Value}}", "{{.Value}} check port 1"));
        stage_.start_daemon({"-onetime"});
    }
};

TEST_F(OnetimeInVain, FailsWhenItIsStoppedBeforeItIsDone) {
    ASSERT_TRUE(stage_.wait_log("waiting: app/web1: it serves with its old options until"))
        << stage_.log();
    EXPECT_TRUE(stage_.wait_log("; the last check of app/web1:next answered L4CON"))
        << stage_.log();
    EXPECT_EQ(stage_.stop_daemon(), 1) << stage_.log();
}

TEST_F(OnetimeInVain, WaitsForNoCheckForEver) {
    EXPECT_EQ(stage_.daemon().wait_exit(std::chrono::seconds(60)), 1) << stage_.log();
    EXPECT_EQ(stage_.ask(), "s1") << "the old one serves";
}

TEST_F(Onetime, ShowsWithNoopWhatItWouldDo) {
    const std::string file = stage_.file();
    stage_.add("web1", 0);
    std::string changed = Stage::default_cfg();
    boost::replace_all(changed, "balance roundrobin", "balance leastconn");
    stage_.write_template(changed);
    EXPECT_EQ(run({"-noop"}), 0) << stage_.log();
    EXPECT_THAT(stage_.log(), HasSubstr("noop: add backend=app server=web1 change=\""));
    EXPECT_THAT(stage_.log(), HasSubstr("add server app/web1 " + stage_.web.address(0)));
    EXPECT_THAT(stage_.log(), HasSubstr(" info noop: reload: backend app: - balance roundrobin\n"));
    EXPECT_THAT(stage_.log(), Not(HasSubstr("\\n"))) << "a line each";
    EXPECT_THAT(stage_.servers(), IsEmpty());
    EXPECT_EQ(stage_.file(), file);
}

/// As confd, but not at once: etcd may be about to start as well.
TEST_F(Onetime, EndsWhenTheKeysCannotBeRead) {
    stage_.etcd.stop();
    const std::string file = stage_.file();
    stage_.start_daemon({"-onetime"});
    EXPECT_EQ(stage_.daemon().wait_exit(std::chrono::seconds(60)), 1) << stage_.log();
    EXPECT_THAT(stage_.log(), HasSubstr("since the keys could not be read within 20 s: etcd can't "
                                        "be followed: " +
                                        stage_.etcd.url()));
    EXPECT_EQ(stage_.file(), file);
}

TEST_F(Onetime, WaitsAMomentForAnEtcdThatStarts) {
    stage_.add("web1", 0);
    stage_.etcd.stop();
    stage_.start_daemon({"-onetime"});
    ASSERT_TRUE(stage_.wait_log("etcd " + stage_.etcd.url() + " fails")) << stage_.log();
    stage_.etcd.start();
    EXPECT_EQ(stage_.daemon().wait_exit(), 0) << stage_.log();
    EXPECT_EQ(stage_.servers(), std::vector<std::string>{stage_.running("web1", 0)});
}

TEST_F(Onetime, FailsWhenAGuardHoldsSomething) {
    stage_.add("web1", 0);
    ASSERT_EQ(run(), 0) << stage_.log();
    stage_.remove("web1");
    EXPECT_EQ(run({"-min-servers", "1"}), 1) << stage_.log();
    EXPECT_THAT(stage_.log(), HasSubstr("held: backend app would have 0 of its 1 server"));
}

/// The first look of someone who comes from confd, and has no stats socket yet.
TEST_F(Onetime, ShowsWithNoopWhatItWouldDoWithoutAStatsSocket) {
    std::string file = stage_.file();
    const std::size_t socket = file.find("stats socket");
    ASSERT_NE(socket, std::string::npos);
    file.insert(socket, "# ");
    stage_.haproxy().configure(file);
    EXPECT_EQ(run({"-noop"}), 0) << stage_.log();
    EXPECT_THAT(stage_.log(), HasSubstr("noop: HAProxy can't be asked what it runs, since "));
    EXPECT_THAT(stage_.log(), HasSubstr(" info noop: reload: global: + stats socket "));
    EXPECT_THAT(stage_.log(), HasSubstr("haproxy.cfg would be written\n"));
    EXPECT_THAT(stage_.log(), Not(HasSubstr("nothing to do")));
    EXPECT_EQ(stage_.file(), file);
}

} // namespace
} // namespace hitless::test
