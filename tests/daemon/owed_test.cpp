// Reloads that are owed, and what HAProxy refuses, with real programs.
#include "support/http.hpp"
#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace hitless::test {
namespace {

namespace fs = std::filesystem;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

/// The default template with `retries` from a key, and more of it replaced.
StageOptions with_retries(const std::string& from = "", const std::string& to = "") {
    StageOptions options;
    options.cfg = boost::replace_all_copy(Stage::default_cfg(), "retries 3",
                                          "retries {{getv \"/app/retries\" \"3\"}}");
    if (!from.empty())
        boost::replace_all(options.cfg, from, to);
    return options;
}

bool reloads(Stage& stage, std::size_t times) {
    return wait_until([&] { return count(stage.log(), "reloaded dest=") == times; });
}

/// Three servers that need a reload come; the one that the message names goes again before it.
TEST(ServerObstacles, OutlivesTheServerThatItWasNamedAfter) {
    Stage stage(with_retries("balance roundrobin", "balance source"));
    stage.start_daemon({"-reload-interval", "6s", "-resync", "5m"});
    stage.etcd.put("/app/retries", "4");
    ASSERT_TRUE(reloads(stage, 1)) << stage.log(); // the next one has to wait
    stage.daemon().signal(SIGSTOP);                // so that the three come at once
    stage.add("web1", 0);
    stage.add("web2", 1);
    stage.add("web3", 2);
    stage.daemon().signal(SIGCONT);
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web3") != std::string::npos; }));
    stage.remove("web1");
    EXPECT_TRUE(stage.wait_servers({stage.running("web2", 1), stage.running("web3", 2)}))
        << stage.log();
    EXPECT_TRUE(reloads(stage, 2)) << stage.log();
}

/// A reload that is owed for the file on disk doesn't wait until a refused one is mended.
TEST(ServerObstacles, IsDoneThoughTheNextFileIsRefused) {
    StageOptions options = with_retries(
        "default_backend app",
        "default_backend app\n    {{if exists \"/app/broken\"}}no-such-keyword{{end}}");
    Stage stage(options);
    stage.start_daemon({"-reload-interval", "20s"});
    stage.etcd.put("/app/retries", "4");
    ASSERT_TRUE(reloads(stage, 1)) << stage.log();
    stage.etcd.put("/app/retries", "5");
    ASSERT_TRUE(wait_until([&] { return stage.file().find("retries 5") != std::string::npos; }));
    stage.etcd.put("/app/broken", "1");
    ASSERT_TRUE(stage.wait_log("its check_cmd refuses the new one")) << stage.log();
    EXPECT_EQ(count(stage.log(), "reloaded dest="), 1U);
    EXPECT_TRUE(reloads(stage, 2)) << stage.log();
    EXPECT_THAT(stage.file(), HasSubstr("retries 5"));
    stage.etcd.remove("/app/broken");
    EXPECT_TRUE(stage.wait_log("can be written again")) << stage.log();
    EXPECT_EQ(count(stage.log(), "reloaded dest="), 2U);
}

/// HAProxy's words have another process number and another staged file at each try.
TEST(RefusedFile, IsToldOnceAndOnceWhenItIsMended) {
    Stage stage;
    stage.write_template(Stage::default_cfg() + "    no-such-keyword\n");
    stage.start_daemon();
    stage.add("web1", 0);
    const std::string refused = "stays as it is, since its check_cmd refuses the new one";
    const std::string accepted = "is accepted, and can be written again";
    ASSERT_TRUE(stage.wait_log(refused)) << stage.log();
    const std::size_t checks = 3;
    for (std::size_t check = 1; check <= checks; ++check) {
        stage.daemon().signal(SIGHUP);
        ASSERT_TRUE(wait_until([&] { return count(stage.log(), "info HAProxy ") == check + 1; }))
            << stage.log();
    }
    stage.write_template(Stage::default_cfg());
    stage.daemon().signal(SIGHUP);
    EXPECT_TRUE(stage.wait_log(accepted)) << stage.log();
    EXPECT_EQ(count(stage.log(), refused), 1U) << stage.log();
    EXPECT_EQ(count(stage.log(), accepted), 1U);
    EXPECT_THAT(stage.log(), HasSubstr("parsing [" + stage.haproxy().config_file() + ":"));
    EXPECT_THAT(stage.log(), Not(HasSubstr(".staged-")));
}

/// The keys take back what the reload was owed for, and the daemon is killed before the file that
/// needs none is written. Then they want it again.
TEST(ServerObstacles, IsNotedUntilTheFileThatNeedsNoneIsThere) {
    StageOptions options = with_retries();
    options.toml = boost::replace_all_copy(
        Stage::default_toml(), "check_cmd = \"",
        "check_cmd = \"touch @DIR@/checked; while test -e @DIR@/gate; do sleep 0.02; done; ");
    Stage stage(options);
    const auto beside = [&](const char* name) { return stage.haproxy().directory() / name; };
    stage.start_daemon({"-reload-interval", "5m"});
    stage.etcd.put("/app/retries", "4");
    ASSERT_TRUE(reloads(stage, 1)) << stage.log();
    stage.etcd.put("/app/retries", "5");
    ASSERT_TRUE(wait_until([&] { return stage.file().find("retries 5") != std::string::npos; }));
    EXPECT_TRUE(fs::exists(beside(".haproxy.cfg.reload-owed")));
    std::ofstream(beside("gate")).put('x');
    fs::remove(beside("checked"));
    stage.etcd.put("/app/retries", "4");
    ASSERT_TRUE(wait_until([&] { return fs::exists(beside("checked")); })) << stage.log();
    EXPECT_TRUE(fs::exists(beside(".haproxy.cfg.reload-owed"))) << stage.log();
    stage.kill_daemon();
    fs::remove(beside("gate"));
    EXPECT_THAT(stage.file(), HasSubstr("retries 5"));
    stage.etcd.put("/app/retries", "5");
    stage.start_daemon();
    EXPECT_TRUE(reloads(stage, 2)) << stage.log();
    EXPECT_TRUE(wait_until([&] { return !fs::exists(beside(".haproxy.cfg.reload-owed")); }));
    EXPECT_TRUE(wait_until([&] {
        const fs::directory_iterator files(stage.haproxy().directory().path());
        return std::none_of(begin(files), end(files), [](const fs::directory_entry& file) {
            return file.path().string().find(".staged-") != std::string::npos;
        });
    })) << "one of the killed run stays";
}

/// A new reading of the confdir knows why.
TEST(ServerObstacles, KeepsItsReasonBeyondASighup) {
    Stage stage(with_retries());
    stage.start_daemon({"-reload-interval", "20s"});
    stage.etcd.put("/app/retries", "4");
    ASSERT_TRUE(reloads(stage, 1)) << stage.log();
    stage.etcd.put("/app/retries", "5");
    ASSERT_TRUE(wait_until([&] { return stage.file().find("retries 5") != std::string::npos; }));
    stage.daemon().signal(SIGHUP);
    EXPECT_TRUE(reloads(stage, 2)) << stage.log();
    EXPECT_THAT(
        stage.log(),
        ContainsRegex("reason=\".*retries 5.* .owed since before the last start or SIGHUP"));
}

/// The note has it, and so has what is planned anew.
TEST(ServerObstacles, HasItsReasonOnceAfterASighup) {
    StageOptions options;
    options.cfg =
        boost::replace_all_copy(Stage::default_cfg(), "balance roundrobin", "balance static-rr");
    Stage stage(options);
    stage.start_daemon({"-reload-interval", "20s"});
    stage.add("web1", 0);
    ASSERT_TRUE(reloads(stage, 1)) << stage.log();
    stage.add("web2", 1);
    ASSERT_TRUE(wait_until([&] { return stage.file().find("web2") != std::string::npos; }));
    ASSERT_TRUE(stage.wait_log("since -reload-interval is 20 s. Why it is needed: app/web2: "))
        << stage.log();
    stage.daemon().signal(SIGHUP);
    ASSERT_TRUE(reloads(stage, 2)) << stage.log();
    const std::string log = stage.log();
    const std::string last = log.substr(log.rfind("reload dest="));
    const std::string line = last.substr(0, last.find('\n'));
    EXPECT_THAT(line, HasSubstr("(owed since before the last start or SIGHUP)"));
    EXPECT_EQ(count(line, "app/web2: "), 1U) << line;
    EXPECT_EQ(stage.stop_daemon(), 0);
    EXPECT_THAT(stage.log(), testing::EndsWith(" info stopped\n"));
}

/// The file on disk has a backend that HAProxy gets with the reload.
TEST(ServerObstacles, OfANewBackendStandWhereTheFileHasIt) {
    StageOptions options = with_retries();
    options.cfg += R"({{if gets "/app/new/*"}}
backend new
{{- range gets "/app/new/*"}}
    server {{base .Key}} {{.Value}}
{{- end}}
{{end}})";
    Stage stage(options);
    stage.start_daemon({"-reload-interval", "20s"});
    stage.etcd.put("/app/retries", "4");
    ASSERT_TRUE(reloads(stage, 1)) << stage.log();
    stage.etcd.put("/app/new/web1", stage.web.address(0));
    ASSERT_TRUE(wait_until([&] { return stage.file().find("server web1") != std::string::npos; }));
    for (const char* const name : {"web2", "web3"}) {
        if (std::string(name) == "web2") {
            stage.daemon().signal(SIGHUP);
        } else {
            stage.kill_daemon();
            stage.start_daemon({"-reload-interval", "20s"});
        }
        const std::size_t met = name == std::string("web2") ? 2 : 3;
        ASSERT_TRUE(wait_until([&] { return count(stage.log(), "info HAProxy ") == met; }))
            << stage.log();
        stage.etcd.put(std::string("/app/new/") + name, stage.web.address(1));
        ASSERT_TRUE(wait_until([&] { return stage.file().find(name) != std::string::npos; }))
            << stage.log();
    }
    ASSERT_TRUE(reloads(stage, 2)) << stage.log();
    EXPECT_THAT(stage.log(), Not(HasSubstr("No such backend")));
    EXPECT_THAT(stage.log(), Not(HasSubstr("refuses")));
}

/// The same without a fault: the note goes when the file is there.
TEST(ServerObstacles, IsForgottenWithTheChange) {
    Stage stage(with_retries());
    stage.start_daemon({"-reload-interval", "5m"});
    stage.etcd.put("/app/retries", "4");
    ASSERT_TRUE(reloads(stage, 1)) << stage.log();
    stage.etcd.put("/app/retries", "5");
    ASSERT_TRUE(wait_until([&] { return stage.file().find("retries 5") != std::string::npos; }));
    stage.etcd.put("/app/retries", "4");
    ASSERT_TRUE(wait_until([&] { return stage.file().find("retries 4") != std::string::npos; }));
    EXPECT_TRUE(wait_until([&] {
        return !fs::exists(stage.haproxy().directory() / ".haproxy.cfg.reload-owed");
    })) << stage.log();
    EXPECT_EQ(stage.stop_daemon(), 0);
}

/// A certificate that isn't there: nothing but HAProxy can tell.
class RefusedServer : public testing::Test {
  protected:
    static StageOptions options() {
        StageOptions options;
        options.cfg = boost::replace_all_copy(
            Stage::default_cfg(), "{{.Value}}",
            "{{.Value}}{{if and (exists \"/app/tls\") (eq (base .Key) \"web1\")}} ssl verify none "
            "crt @DIR@/web.pem{{end}}");
        // As if HAProxy's own check came later than hitlessd's commands.
        options.toml =
            boost::replace_all_copy(Stage::default_toml(), "@HAPROXY@ -c -f {{.src}}", "true");
        boost::replace_all(options.toml, "@RELOAD@", "false");
        return options;
    }

    Stage stage_{options()};
};

TEST_F(RefusedServer, IsTriedWithGrowingPausesAndOneMessage) {
    if (haproxy_version() < 206)
        GTEST_SKIP() << "deletes no server of its file, so that it isn't replaced";
    stage_.start_daemon({"-resync", "200ms"});
    stage_.add("web1", 0);
    ASSERT_TRUE(stage_.wait_servers({stage_.running("web1", 0)})) << stage_.log();
    stage_.etcd.put("/app/tls", "1");
    ASSERT_TRUE(stage_.wait_log("HAProxy refuses backend=app server=web1:next")) << stage_.log();
    // Changes of others go on, and the refused one is tried in between.
    for (int weight = 2; weight < 42; ++weight) {
        stage_.etcd.put("/app/servers/web2",
                        fmt::format("{} weight {}", stage_.web.address(1), weight));
        ASSERT_TRUE(
            stage_.wait_servers({stage_.running("web1", 0), stage_.running("web2", 1, weight)}))
            << stage_.log();
    }
    // It has been tried again when it was in vain twice, and a reload is to help.
    ASSERT_TRUE(stage_.wait_log("the reload failed")) << stage_.log();
    EXPECT_EQ(count(stage_.log(), "HAProxy refuses"), 1U) << stage_.log();
    EXPECT_THAT(stage_.log(), Not(HasSubstr("repairing: add"))) << stage_.log();
    // Another line, and what was refused before counts no more.
    stage_.etcd.remove("/app/tls");
    ASSERT_TRUE(stage_.wait_log("no reload is needed any more")) << stage_.log();
    stage_.etcd.put("/app/tls", "1");
    EXPECT_TRUE(wait_until([&] { return count(stage_.log(), "HAProxy refuses") == 2; }))
        << stage_.log();
}

} // namespace
} // namespace hitless::test
