// What hitlessctl says while hitlessd brings what HAProxy has already into its file: check_cmd may
// take long, and may refuse something.
#include "hitless/base/text.hpp"

#include "ctl/ctl.hpp"
#include "support/stage.hpp"

#include <filesystem>
#include <thread>
#include <utility>

namespace hitless::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class FileFollows : public testing::Test {
  protected:
    explicit FileFollows(const std::string& check, const std::string& balance = "roundrobin")
        : stage_(options(check, balance)) {}

    static StageOptions options(const std::string& check, const std::string& balance) {
        StageOptions options;
        options.toml = boost::replace_all_copy(Stage::default_toml(), "check_cmd = \"",
                                               "check_cmd = \"" + check);
        options.cfg = boost::replace_all_copy(Stage::default_cfg(), "balance roundrobin",
                                              "balance " + balance) +
                      "{{range gets \"/app/extra/*\"}}\nbackend {{base .Key}}\n"
                      "    server x1 {{.Value}}\n{{end}}\n";
        return options;
    }

    void start(std::vector<std::string> flags) {
        flags.insert(flags.end(), {"-http", address_});
        stage_.start_daemon(flags);
    }
    /// A command on HAProxy.
    [[nodiscard]] Ended ctl(std::vector<std::string> words) const {
        words.insert(words.end(), {"-s", stage_.haproxy_socket()});
        return run_hitlessctl(words);
    }
    /// `diff` with the registry's keys.
    [[nodiscard]] Ended diff_with_keys(const std::vector<std::string>& flags = {}) const {
        std::vector<std::string> words{"diff", "-confdir", stage_.directory() / "confd", "-node",
                                       stage_.etcd.url()};
        words.insert(words.end(), flags.begin(), flags.end());
        return ctl(std::move(words));
    }
    [[nodiscard]] Ended status() const { return run_hitlessctl({"status", "-http", address_}); }
    [[nodiscard]] bool wait_in_step() const {
        return wait_until([&] { return status().code == 0; });
    }

    /// Says where hitlessd can be asked. It comes a little later than the changes.
    [[nodiscard]] std::string note_of_resource() {
        return stage_.haproxy().directory() / ".haproxy.cfg.resource.json";
    }

    Stage stage_;
    std::string address_ = fmt::format("127.0.0.1:{}", free_port());
};

/// check_cmd waits as long as there is a file.
class SlowCheck : public FileFollows {
  protected:
    explicit SlowCheck(const std::string& balance = "roundrobin")
        : FileFollows("while test -e @DIR@/gate; do sleep 0.02; done; ", balance) {}

    /// No check runs, and hitlessctl can know whom to ask.
    [[nodiscard]] bool wait_idle() {
        return stage_.wait_log("in step with the keys: ") &&
               wait_until([&] { return std::filesystem::exists(note_of_resource()); });
    }
    void close_gate() { (void)stage_.haproxy().directory().write("gate", ""); }
    void open_gate() { std::filesystem::remove(stage_.haproxy().directory() / "gate"); }
    [[nodiscard]] bool wait_for_check() const {
        return wait_until([&] {
            return status().out.find("being checked (check_cmd) since") != std::string::npos;
        });
    }
};

TEST_F(SlowCheck, IsNoTroubleWhileHaproxyIsAsItIsWanted) {
    stage_.add("web1", 1);
    start({"-resync", "1h"});
    ASSERT_TRUE(wait_in_step()) << status().out;
    ASSERT_TRUE(wait_idle()) << stage_.log();
    close_gate();
    stage_.add("web2", 2);
    ASSERT_TRUE(stage_.wait_servers({stage_.running("web1", 1), stage_.running("web2", 2)}));
    ASSERT_TRUE(wait_for_check()) << status().out;
    EXPECT_TRUE(wait_in_step()) << status().out;
    EXPECT_THAT(status().out, StartsWith("in step      HAProxy is as the keys say, and its file"));
    const Ended difference = ctl({"diff"});
    EXPECT_EQ(difference.code, 0) << difference.out << difference.err;
    EXPECT_THAT(difference.out, AllOf(HasSubstr("the file follows when it is accepted"),
                                      Not(HasSubstr("trouble"))));
    const Ended explained = ctl({"explain", "app/web2"});
    EXPECT_EQ(explained.code, 0) << explained.out << explained.err;
    EXPECT_THAT(explained.out,
                AllOf(HasSubstr("\nfile      the new "), Not(HasSubstr("\ntrouble"))));
    const Ended verified = ctl({"verify", "-wait", "100ms"});
    EXPECT_EQ(verified.code, 3) << verified.out;
    EXPECT_THAT(verified.err, HasSubstr("verify compares with the file; verify again then"));
    // A newer change, of which the file in hand says nothing: hitlessd itself knows.
    stage_.add("web3", 3);
    ASSERT_TRUE(stage_.wait_servers(
        {stage_.running("web1", 1), stage_.running("web2", 2), stage_.running("web3", 3)}));
    EXPECT_TRUE(wait_until([&] { return ctl({"diff"}).code == 0; }))
        << ctl({"diff"}).out << ctl({"diff"}).err;
    EXPECT_EQ(ctl({"explain", "app/web3"}).code, 0);
    open_gate();
    EXPECT_TRUE(wait_until([&] { return ctl({"diff"}).out.empty(); })) << ctl({"diff"}).out;
}

/// It is wanted while an earlier file is checked, so that no file, no note and no kept key has it.
TEST_F(SlowCheck, HidesNoBackendThatNeedsAReload) {
    stage_.add("web1", 1);
    start({"-resync", "1h"});
    ASSERT_TRUE(wait_in_step()) << status().out;
    ASSERT_TRUE(wait_idle()) << stage_.log();
    close_gate();
    stage_.add("web2", 2);
    ASSERT_TRUE(wait_for_check()) << status().out;
    stage_.etcd.put("/app/extra/new", stage_.web.address(3));
    EXPECT_TRUE(wait_until([&] { return status().out.find("owed since") != std::string::npos; }))
        << status().out;
    EXPECT_EQ(status().code, 3);
    EXPECT_THAT(status().out, AllOf(Not(StartsWith("in step ")), HasSubstr("backend new"),
                                    HasSubstr("it comes when check_cmd has accepted the file"),
                                    HasSubstr("up, not yet in step")));
    const Ended explained = ctl({"explain", "new/x1"});
    EXPECT_EQ(explained.code, 3) << explained.err;
    const std::string text = boost::replace_all_copy(explained.out, "\n          ", " ");
    EXPECT_THAT(text, AllOf(HasSubstr("none in the file yet"),
                            HasSubstr("is wanted, and comes with a reload of HAProxy, when "
                                      "check_cmd has accepted the file, which it checks now"),
                            Not(HasSubstr("not wanted"))));
    EXPECT_EQ(ctl({"explain", "new/x2"}).code, 5) << "nobody wants that one";
    open_gate();
    EXPECT_TRUE(wait_until([&] {
        return ctl({"explain", "new/x1"}).code == 0;
    })) << ctl({"explain", "new/x1"}).out;
    EXPECT_TRUE(wait_in_step()) << status().out;
}

/// HAProxy doesn't tell the options of web2 and web3, and the file isn't there yet: hitlessctl once
/// planned stand-ins for them, which hitlessd would have removed again.
TEST_F(SlowCheck, PlansNothingThatHitlessdWouldUndo) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "replaces no servers";
    stage_.add("web1", 1);
    start({"-resync", "1h"});
    ASSERT_TRUE(wait_in_step()) << status().out;
    ASSERT_TRUE(wait_idle()) << stage_.log();
    close_gate();
    const auto expect_no_commands = [&](const std::vector<std::string>& servers) {
        EXPECT_TRUE(stage_.wait_servers(servers)) << stage_.log();
        EXPECT_TRUE(wait_until([&] { return diff_with_keys().code == 0; }))
            << diff_with_keys().out << diff_with_keys().err;
        const Ended commands = diff_with_keys({"-commands"});
        EXPECT_EQ(commands.code, 0) << commands.out << commands.err;
        for (const std::string_view line : base::split(commands.out, '\n'))
            EXPECT_TRUE(line.empty() || line.starts_with('#')) << commands.out;
    };
    std::vector<std::string> servers{stage_.running("web1", 1), stage_.running("web2", 2)};
    stage_.add("web2", 2);
    ASSERT_TRUE(wait_for_check()) << status().out;
    expect_no_commands(servers); // the file that is checked has it
    servers.push_back(stage_.running("web3", 3));
    stage_.add("web3", 3);
    expect_no_commands(servers); // and has not web3
    EXPECT_THAT(diff_with_keys().out, HasSubstr("app/web3: hitlessd has given it options that "));
    stage_.kill_daemon();
    const Ended killed = diff_with_keys({"-commands"});
    EXPECT_EQ(killed.code, 3) << killed.out << killed.err;
    EXPECT_THAT(killed.out, AllOf(HasSubstr("# unknown: app/web3: "), Not(HasSubstr("\nadd ")),
                                  Not(HasSubstr("\nset "))));
    open_gate();
}

/// The file still has it, and later hasn't: it leaves, which is as the keys want it.
TEST_F(SlowCheck, DoesNotHideThatAServerLeaves) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "deletes no server of its file";
    stage_.add("web1", 1);
    stage_.add("web2", 2);
    start({"-resync", "1h"});
    ASSERT_TRUE(wait_in_step()) << status().out;
    stage_.web.hold(1);
    std::vector<std::thread> clients;
    for (int i = 0; i < 2; ++i)
        clients.emplace_back([&] { (void)stage_.ask(); });
    EXPECT_TRUE(wait_until([&] { return stage_.web.held(1) > 0; }));
    ASSERT_TRUE(wait_idle()) << stage_.log();
    close_gate();
    stage_.remove("web1");
    const auto shows_role = [&] {
        return ctl({"servers", "app/web1"}).out.find("leaving") != std::string::npos;
    };
    EXPECT_TRUE(wait_until(shows_role)) << ctl({"servers"}).out;
    EXPECT_TRUE(wait_for_check());
    for (const bool is_written : {false, true}) {
        if (is_written)
            open_gate();
        EXPECT_TRUE(wait_until(
            [&] { return !is_written || stage_.file().find("web1") == std::string::npos; }));
        EXPECT_TRUE(wait_in_step()) << status().out;
        EXPECT_TRUE(wait_until([&] { return ctl({"diff"}).code == 0; }))
            << ctl({"diff"}).out << ctl({"diff"}).err;
        const Ended explained = ctl({"explain", "app/web1"});
        EXPECT_EQ(explained.code, 0) << explained.out;
        EXPECT_THAT(explained.out,
                    AllOf(HasSubstr("it is no longer wanted"), HasSubstr("role      leaving"),
                          HasSubstr("plan      leaving: "), Not(HasSubstr("as wanted"))));
        EXPECT_TRUE(shows_role()) << ctl({"servers"}).out;
    }
    EXPECT_THAT(ctl({"diff"}).out, HasSubstr("leaving"));
    stage_.web.release(1);
    for (std::thread& client : clients)
        client.join();
}

class SlowCheckOfSlots : public SlowCheck {
  protected:
    SlowCheckOfSlots() : SlowCheck("static-rr") {}
};

TEST_F(SlowCheckOfSlots, DoesNotHideWhomASlotServes) {
    stage_.add("web1", 1);
    start({"-resync", "1h", "-slots", "2"});
    ASSERT_TRUE(wait_in_step()) << status().out;
    ASSERT_TRUE(wait_until([&] { return stage_.servers().size() == 3; })) << stage_.log();
    ASSERT_TRUE(wait_in_step()) << status().out;
    ASSERT_TRUE(wait_idle()) << stage_.log();
    close_gate();
    stage_.add("web9", 2);
    const auto roles = [&] { return ctl({"servers", "app"}).out; };
    EXPECT_TRUE(wait_until([&] { return roles().find("slot for web9") != std::string::npos; }))
        << roles() << stage_.log();
    const auto explains = [&] {
        const Ended explained = ctl({"explain", "app/web9"});
        return explained.code == 0 &&
               explained.out.find("runs as   hitless-slot") != std::string::npos;
    };
    EXPECT_TRUE(wait_until(explains)) << ctl({"explain", "app/web9"}).out;
    EXPECT_THAT(ctl({"drain", "app/web9", "-dry-run"}).out, HasSubstr("app/hitless-slot"));
    open_gate();
    ASSERT_TRUE(wait_until([&] { return stage_.file().find("web9") != std::string::npos; }));
    EXPECT_TRUE(wait_until(explains)) << ctl({"explain", "app/web9"}).out;
    EXPECT_THAT(roles(), HasSubstr("slot for web9"));
}

class RefusedByCheck : public FileFollows {
  protected:
    RefusedByCheck() : FileFollows("sh @DIR@/judge {{.src}} && ") {
        (void)stage_.haproxy().directory().write(
            "judge", "! grep -n cookie $1 > $1.found ||\n"
                     "while IFS=: read number rest; do\n"
                     "    echo \"[ALERT] (1) : config : parsing [$1:$number] : no cookies here\"\n"
                     "    exit 1\n"
                     "done < $1.found\n");
    }
};

/// What only check_cmd has found is left out of a comparison with the keys, too.
TEST_F(RefusedByCheck, NeedsNoReload) {
    stage_.add("web1", 1);
    start({});
    ASSERT_TRUE(wait_in_step()) << status().out;
    stage_.etcd.put("/app/servers/web2", stage_.web.address(2) + " cookie x");
    ASSERT_TRUE(wait_until([&] {
        return status().out.find("left out     /app/servers/web2") != std::string::npos;
    })) << status().out
        << stage_.log();
    EXPECT_THAT(status().out, Not(HasSubstr("\nrefused ")));
    ASSERT_TRUE(stage_.wait_servers({stage_.running("web1", 1)})) << stage_.log();
    const Ended difference = diff_with_keys();
    EXPECT_EQ(difference.code, 3) << difference.err;
    EXPECT_THAT(difference.out, AllOf(HasSubstr("left out"), HasSubstr("key /app/servers/web2"),
                                      Not(HasSubstr("reload ")), Not(HasSubstr("add  "))));
}

} // namespace
} // namespace hitless::test
