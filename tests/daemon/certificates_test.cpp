// Certificates that change live, on real etcd and HAProxy, as TLS clients see them.
#include "support/certificate.hpp"
#include "support/free_port.hpp"
#include "support/hitlessctl.hpp"
#include "support/http.hpp"
#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <thread>

namespace hitless::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A certificate beside the configuration, whole in one key. Each reload is noted.
class LiveCertificates : public testing::Test {
  protected:
    LiveCertificates() {
        stage_.write_template(boost::replace_all_copy(
            Stage::default_cfg(), "    default_backend app\n",
            fmt::format("    bind 127.0.0.1:{} ssl crt @DIR@/site.pem\n    default_backend app\n",
                        port_)));
        write_resource();
        stage_.etcd.put("/app/cert/site", first_.bundle());
    }

    static StageOptions options() {
        StageOptions options;
        options.toml = boost::replace_all_copy(Stage::default_toml(), "\"@RELOAD@\"",
                                               "\"echo reload >> @DIR@/reloads && @RELOAD@\"");
        return options;
    }

    void write_resource(const std::string& text = "{{getv \"/app/cert/site\"}}",
                        const std::string& more = {}) {
        stage_.directory().write("confd/templates/site.tmpl", text);
        stage_.directory().write(
            "confd/conf.d/site.toml",
            fmt::format("[template]\nsrc = \"site.tmpl\"\ndest = \"{0}/site.pem\"\n"
                        "keys = [\"/app\"]\nreload_cmd = \"echo other >> {0}/others\"\n{1}",
                        directory(), more));
    }

    void start(std::vector<std::string> flags = {}) {
        flags.insert(flags.end(), {"-reload-interval", "200ms"});
        stage_.start_daemon(flags);
    }
    void start_in_step(std::vector<std::string> flags = {}) {
        start(std::move(flags));
        ASSERT_TRUE(wait_shown(first_)) << stage_.log();
        ASSERT_TRUE(stage_.wait_log("in step with the keys: " + directory() + "/haproxy.cfg"))
            << stage_.log();
        before_ = reloads();
    }

    /// The fingerprint of what a client is shown.
    [[nodiscard]] std::string shown() const {
        try {
            return shake_hands(port_).fingerprint;
        } catch (const std::exception& error) {
            return error.what();
        }
    }
    [[nodiscard]] bool wait_shown(const MadeCertificate& certificate) const {
        return wait_until([&] { return shown() == certificate.fingerprint; });
    }

    [[nodiscard]] std::string directory() { return stage_.haproxy().directory().path(); }
    [[nodiscard]] std::string pem() { return read_text(directory() + "/site.pem"); }
    [[nodiscard]] fs::perms mode() { return fs::status(directory() + "/site.pem").permissions(); }
    [[nodiscard]] std::size_t reloads() {
        return count(read_text(directory() + "/reloads"), "reload");
    }
    /// Since start_in_step().
    [[nodiscard]] std::size_t newer_reloads() { return reloads() - before_; }

    /// The files in which the secret stands, but the one that HAProxy reads.
    [[nodiscard]] std::vector<std::string> files_with(const std::string& secret) {
        std::vector<std::string> found;
        for (const fs::path& root :
             {stage_.directory().path(), stage_.haproxy().directory().path()}) {
            for (const auto& entry : fs::recursive_directory_iterator(root)) {
                if (entry.is_regular_file() && entry.path().filename() != "site.pem" &&
                    read_text(entry.path()).find(secret) != std::string::npos)
                    found.push_back(entry.path());
            }
        }
        return found;
    }

    const MadeCertificate first_ = make_certificate("first.example");
    const MadeCertificate second_ = make_certificate("second.example");
    std::uint16_t port_ = free_port();
    Stage stage_{options()};
    std::size_t before_ = 0;
};

TEST_F(LiveCertificates, ChangeWithoutAReload) {
    start_in_step();
    EXPECT_EQ(mode(), fs::perms::owner_read | fs::perms::owner_write);
    stage_.etcd.put("/app/cert/site", second_.bundle());
    EXPECT_TRUE(wait_shown(second_)) << stage_.log();
    EXPECT_EQ(pem(), second_.bundle());
    stage_.etcd.put("/app/cert/site", second_.bundle() + "\n\n");
    EXPECT_TRUE(wait_until([&] { return pem() == second_.bundle() + "\n\n"; })) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return !fs::exists(directory() + "/.site.pem.reload-owed"); }))
        << "the keeper of the configuration has it";
    EXPECT_EQ(stage_.stop_daemon(), 0);
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
    EXPECT_FALSE(fs::exists(directory() + "/others"));
    EXPECT_EQ(mode(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_THAT(stage_.log(), HasSubstr(fmt::format("SHA-1 {} → {}, /CN=second.example, until ",
                                                    first_.fingerprint, second_.fingerprint)));
    EXPECT_EQ(count(stage_.log(), " change certificate="), 1U) << "blank lines are no change";
    // As it is after the next start.
    stage_.restart_haproxy();
    EXPECT_EQ(shown(), second_.fingerprint);
}

TEST_F(LiveCertificates, WithAChainAreShownWhole) {
    const MadeCertificate authority = make_certificate("authority.example");
    CertificateWish wish;
    wish.name = "leaf.example";
    wish.authority = &authority;
    wish.rsa = true;
    const MadeCertificate leaf = make_certificate(wish);
    write_resource("{{getv \"/app/cert/leaf\" \"\"}}{{getv \"/app/cert/chain\" \"\"}}"
                   "{{getv \"/app/cert/key\" \"\"}}{{getv \"/app/cert/site\" \"\"}}");
    start_in_step();
    stage_.etcd.put("/app/cert/chain", authority.certificate);
    stage_.etcd.put("/app/cert/key", leaf.key);
    stage_.etcd.put("/app/cert/leaf", leaf.certificate);
    stage_.etcd.remove("/app/cert/site");
    EXPECT_TRUE(wait_shown(leaf)) << stage_.log();
    EXPECT_EQ(shake_hands(port_).chain, 2U);
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
    const std::string told = stage_.haproxy().command("show ssl cert " + directory() + "/site.pem");
    stage_.restart_haproxy();
    EXPECT_EQ(stage_.haproxy().command("show ssl cert " + directory() + "/site.pem"), told)
        << "live is as after a start";
}

TEST_F(LiveCertificates, ThatCannotBeUsedAreRefused) {
    start_in_step();
    struct Case {
        std::string value;
        std::string what;
    };
    const Case cases[] = {
        {first_.certificate + second_.key, "belongs to another certificate"},
        {second_.bundle() + "\nshutdown sessions server app/web1\n", "is no part of a PEM block"},
        {boost::replace_all_copy(second_.bundle(), "-----END CERT", "AA\n-----END CERT"),
         "it is no whole base64"},
        {second_.key, "it has no certificate"},
        {"", "it has no certificate"},
    };
    for (const Case& each : cases) {
        stage_.etcd.put("/app/cert/site", each.value);
        EXPECT_TRUE(stage_.wait_log(each.what)) << each.what << stage_.log();
        EXPECT_EQ(shown(), first_.fingerprint);
        EXPECT_EQ(pem(), first_.bundle());
    }
    EXPECT_THAT(stage_.log(), AllOf(HasSubstr("site.pem stays as it is, and so does HAProxy: what"),
                                    HasSubstr("site.toml renders can't be used as a certificate"),
                                    HasSubstr("(made of key /app/cert/site)")));
    stage_.etcd.put("/app/cert/site", second_.bundle());
    EXPECT_TRUE(wait_shown(second_)) << stage_.log();
    EXPECT_TRUE(stage_.wait_log("is rendered again")) << stage_.log();
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
}

TEST_F(LiveCertificates, ThatAreNotValidAreTakenWithAWarning) {
    start_in_step();
    CertificateWish wish;
    wish.name = "ended.example";
    wish.begin = std::chrono::hours(-48);
    wish.end = std::chrono::hours(-24);
    const MadeCertificate ended = make_certificate(wish);
    wish.begin = std::chrono::hours(24);
    wish.end = std::chrono::hours(48);
    const MadeCertificate early = make_certificate(wish);
    stage_.etcd.put("/app/cert/site", ended.bundle());
    EXPECT_TRUE(wait_shown(ended)) << stage_.log();
    EXPECT_THAT(stage_.log(), HasSubstr("(/CN=ended.example) is taken, but it has ended on "));
    stage_.etcd.put("/app/cert/site", early.bundle());
    EXPECT_TRUE(wait_shown(early)) << stage_.log();
    EXPECT_THAT(stage_.log(), HasSubstr("is taken, but it isn't valid before "));
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
}

TEST_F(LiveCertificates, ChangeWhileHitlessdIsAway) {
    start_in_step();
    for (const MadeCertificate* const next : {&second_, &first_}) {
        stage_.kill_daemon();
        stage_.etcd.put("/app/cert/site", next->bundle());
        start();
        EXPECT_TRUE(wait_shown(*next)) << stage_.log();
    }
    // Killed between the file and HAProxy, which has begun to take it.
    stage_.kill_daemon();
    stage_.etcd.put("/app/cert/site", second_.bundle());
    stage_.haproxy().directory().write("site.pem", second_.bundle());
    stage_.haproxy().directory().write(".site.pem.reload-owed", "");
    ASSERT_THAT(stage_.haproxy().command("set ssl cert " + directory() + "/site.pem <<\n" +
                                         second_.bundle() + "\n"),
                HasSubstr("ransaction created"));
    start();
    EXPECT_TRUE(wait_shown(second_)) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return !fs::exists(directory() + "/.site.pem.reload-owed"); }));
    EXPECT_THAT(stage_.haproxy().command("show ssl cert"), Not(HasSubstr("*")));
    // The same between a chain and another one of the same names, which HAProxy can't tell apart.
    stage_.kill_daemon();
    const std::string chain = second_.certificate + make_certificate("x.example").certificate;
    stage_.etcd.put("/app/cert/site", chain + second_.key);
    stage_.haproxy().directory().write("site.pem", chain + second_.key);
    stage_.haproxy().directory().write(".site.pem.reload-owed", "");
    start();
    EXPECT_TRUE(wait_until([&] { return shake_hands(port_).chain == 2; })) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return !fs::exists(directory() + "/.site.pem.reload-owed"); }));
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
}

TEST_F(LiveCertificates, AreRepaired) {
    start_in_step({"-resync", "300ms"});
    const std::string name = directory() + "/site.pem";
    (void)stage_.haproxy().command("set ssl cert " + name + " <<\n" + second_.bundle() + "\n");
    (void)stage_.haproxy().command("commit ssl cert " + name);
    EXPECT_TRUE(stage_.wait_log("repairing: change certificate=" + name)) << stage_.log();
    EXPECT_TRUE(wait_shown(first_)) << stage_.log();
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
}

/// A HAProxy that was started from an older file.
TEST_F(LiveCertificates, AreBroughtToAProcessThatHasOlderOnes) {
    start_in_step();
    stage_.haproxy().stop();
    stage_.haproxy().directory().write("site.pem", second_.bundle());
    stage_.haproxy().start();
    EXPECT_TRUE(wait_shown(first_)) << stage_.log();
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
}

TEST_F(LiveCertificates, CanBeLeftToReloads) {
    write_resource("{{getv \"/app/cert/site\"}}", "live = false\nmode = \"0640\"\n");
    start_in_step();
    EXPECT_EQ(mode(), fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
    const auto others = [&] { return count(read_text(directory() + "/others"), "other"); };
    const std::size_t before = others();
    stage_.etcd.put("/app/cert/site", second_.bundle());
    EXPECT_TRUE(wait_until([&] { return others() > before; })) << stage_.log();
    EXPECT_EQ(shown(), first_.fingerprint);
    stage_.etcd.put("/app/cert/site", "no certificate");
    EXPECT_TRUE(stage_.wait_log("is no part of a PEM block")) << "also of those";
}

TEST_F(LiveCertificates, ChangeWithoutLosingAHandshake) {
    start_in_step();
    std::atomic<bool> ends = false;
    std::atomic<std::size_t> handshakes = 0;
    std::string failure;
    std::thread client([&] {
        try {
            for (; !ends; ++handshakes)
                (void)shake_hands(port_);
        } catch (const std::exception& error) {
            failure = error.what();
        }
    });
    for (int i = 0; i < 10; ++i) {
        const MadeCertificate next = make_certificate(fmt::format("{}.example", i));
        stage_.etcd.put("/app/cert/site", next.bundle());
        EXPECT_TRUE(wait_shown(next)) << stage_.log();
    }
    ends = true;
    client.join();
    EXPECT_EQ(failure, "");
    EXPECT_GT(handshakes, 10U);
    EXPECT_EQ(newer_reloads(), 0U) << stage_.log();
}

TEST_F(LiveCertificates, AreShownByHitlessctl) {
    start_in_step();
    const auto certs = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"certs", "-s", stage_.haproxy_socket()});
        return run_hitlessctl(words);
    };
    const Ended all = certs({});
    EXPECT_EQ(all.code, 0) << all.out << all.err;
    EXPECT_THAT(all.out,
                AllOf(HasSubstr("site.pem"), HasSubstr("DNS:first.example"), HasSubstr(" 30 "),
                      HasSubstr("haproxy.cfg:"), HasSubstr("the same")));
    EXPECT_EQ(certs({"--days", "31"}).code, 3) << "it ends within 31 days";
    EXPECT_THAT(certs({"--json", "site.pem"}).out,
                AllOf(HasSubstr(first_.fingerprint), HasSubstr("\"days\": 30")));
    EXPECT_EQ(certs({"other.pem"}).code, 5);
    stage_.kill_daemon();
    stage_.haproxy().directory().write("site.pem", second_.bundle());
    EXPECT_EQ(certs({}).code, 3);
    EXPECT_THAT(certs({}).out, HasSubstr("differs"));
    stage_.haproxy().directory().write("site.pem", first_.certificate + second_.key);
    EXPECT_THAT(certs({}).out, HasSubstr("can't be used: the private key"));
    stage_.haproxy().directory().write("site.pem", first_.bundle());
}

/// Whatever happens to it, the key stands in the file that HAProxy reads, and nowhere else.
TEST_F(LiveCertificates, KeepTheirKeysToThemselves) {
    const std::string address = fmt::format("127.0.0.1:{}", free_port());
    start_in_step({"-log-level", "debug", "-http", address});
    const MadeCertificate hidden = make_certificate("hidden.example");
    stage_.etcd.put("/app/other", "x" + hidden.key);
    stage_.etcd.put("/app/servers/bad", "10.0.0.1:80 " + hidden.key);
    stage_.etcd.put("/app/cert/site", first_.certificate + second_.key);
    ASSERT_TRUE(stage_.wait_log("belongs to another certificate")) << stage_.log();
    stage_.etcd.put("/app/cert/site", second_.bundle());
    ASSERT_TRUE(wait_shown(second_)) << stage_.log();
    const std::string kept = directory() + "/.site.pem.keys.json";
    EXPECT_TRUE(wait_until([&] {
        return read_text(kept).find(second_.certificate.substr(40, 20)) != std::string::npos;
    })) << "the other keys are kept";
    const std::string told = http("GET", "http://" + address + "/status").body +
                             http("GET", "http://" + address + "/metrics").body;
    EXPECT_THAT(told, HasSubstr(second_.fingerprint));
    const Process run(stage_.daemon_command({"-noop", "-onetime", "-log-level", "debug"}),
                      stage_.directory() / "noop.log");
    EXPECT_TRUE(wait_until([&] { return run.log().find("noop: ") != std::string::npos; }));
    for (const std::string flag : {"-diff", "-json", "-origins"}) {
        std::vector<std::string> command = {HITLESS_RENDER,
                                            "-confdir",
                                            stage_.directory() / "confd",
                                            "-node",
                                            stage_.etcd.url(),
                                            "-resource",
                                            "site",
                                            flag};
        Process render(command, stage_.directory() / ("render" + flag));
        EXPECT_TRUE(render.wait_exit());
        command.back() = "-dump-keys";
        command.push_back(stage_.directory() / "dump.json");
        EXPECT_EQ(Process(command, stage_.directory() / "dump.log").wait_exit(), 0);
    }
    stage_.kill_daemon();
    (void)stage_.haproxy().command("set ssl cert " + directory() + "/site.pem <<\n" +
                                   first_.bundle() + "\n");
    (void)stage_.haproxy().command("commit ssl cert " + directory() + "/site.pem");
    const Ended difference = run_hitlessctl({"diff", "-s", stage_.haproxy_socket()});
    EXPECT_THAT(difference.out, HasSubstr(second_.fingerprint)) << difference.err;
    for (const MadeCertificate* const each : {&first_, &second_, &hidden}) {
        EXPECT_THAT(files_with(each->secret()), testing::IsEmpty());
        EXPECT_THAT(told + difference.out + difference.err, Not(HasSubstr(each->secret())));
    }
}

} // namespace
} // namespace hitless::test
