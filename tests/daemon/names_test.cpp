// Host names of servers and in templates, some of which nobody answers.
#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hitless::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// hitlessd with a DNS of files; see slow_names.cpp.
class Names : public testing::Test {
  protected:
    void SetUp() override {
        if (haproxy_version() < 205)
            GTEST_SKIP() << "adds no server while it runs";
    }

    void begin(const StageOptions& options = {}) { stage_.emplace(options); }

    /// NAME=VALUE, for a program that is to use that DNS.
    [[nodiscard]] std::vector<std::string> environment() const {
        const char* const asan = std::getenv("ASAN_OPTIONS");
        return {"LD_PRELOAD=" SLOW_NAMES, "HITLESS_TEST_NAMES=" + names_.path().string(),
                fmt::format("ASAN_OPTIONS={}:verify_asan_link_order=0", asan ? asan : "")};
    }

    void start_daemon(const std::vector<std::string>& flags = {}) {
        start_daemon({stage_->etcd.url()}, flags);
    }
    void start_daemon(const std::vector<std::string>& nodes,
                      const std::vector<std::string>& flags) {
        std::vector<std::string> command = {HITLESSD, "-confdir", stage_->directory() / "confd"};
        for (const std::string& node : nodes)
            command.insert(command.end(), {"-node", node});
        command.insert(command.end(), flags.begin(), flags.end());
        daemon_.emplace(command, stage_->directory() / "hitlessd.log", environment());
    }
    [[nodiscard]] std::string log() const { return daemon_->log(); }
    [[nodiscard]] bool wait_log(const std::string& text) const {
        return wait_until([&] { return log().find(text) != std::string::npos; });
    }
    [[nodiscard]] std::optional<int> stop_daemon() {
        daemon_->signal(SIGTERM);
        return daemon_->wait_exit();
    }

    /// From now on, the name has that address.
    void answer(const std::string& name, const std::string& address) {
        names_.write("new/" + name, address);
        std::filesystem::rename(names_ / ("new/" + name), names_ / name);
    }

    [[nodiscard]] std::uint16_t port(std::size_t server) { return stage_->web.port(server); }

    /// /app/servers/SERVER = NAME and the port of that HTTP server.
    void add(const std::string& server, const std::string& name, std::size_t port_of) {
        stage_->etcd.put("/app/servers/" + server, fmt::format("{}:{}", name, port(port_of)));
    }

    /// Where a text begins in the log; its end if it isn't there.
    [[nodiscard]] std::size_t place(const std::string& text) const {
        return std::min(log().find(text), log().size());
    }

    TemporaryDirectory names_;
    std::optional<Stage> stage_;
    std::optional<Process> daemon_;
};

constexpr const char* unknown = "app/dead: the name 'dead.slow' has no address";

TEST_F(Names, ADeadOneHoldsUpNoOtherServer) {
    begin();
    answer("good.test", "127.0.0.1");
    start_daemon();
    add("dead", "dead.slow", 0);
    stage_->add("web1", 1);
    add("good", "good.test", 2);
    ASSERT_TRUE(stage_->wait_servers({stage_->running("good", 2), stage_->running("web1", 1)}))
        << log();
    ASSERT_TRUE(wait_log(unknown)) << "it counts as not resolving after a while";
    EXPECT_LT(place("add backend=app server=web1"), place(unknown)) << log();
    EXPECT_LT(place("add backend=app server=good"), place(unknown)) << log();
    answer("dead.slow", "127.0.0.1");
    EXPECT_TRUE(stage_->wait_servers(
        {stage_->running("dead", 0), stage_->running("good", 2), stage_->running("web1", 1)}))
        << log();
    EXPECT_TRUE(wait_log("app/dead: the trouble is over")) << log();
}

TEST_F(Names, ALookUpThatHangsHoldsUpNoStop) {
    begin();
    start_daemon();
    add("dead", "dead.slow", 0);
    stage_->add("web1", 1);
    ASSERT_TRUE(stage_->wait_servers({stage_->running("web1", 1)})) << log();
    EXPECT_EQ(stop_daemon(), 0);
    EXPECT_THAT(log(), Not(HasSubstr("not everything is finished")));
}

TEST_F(Names, AreTriedAgainAndFollowed) {
    begin();
    start_daemon({"-interval", "1"});
    add("web1", "moving.test", 0);
    ASSERT_TRUE(wait_log("app/web1: the name 'moving.test' has no address")) << log();
    answer("moving.test", "127.0.0.2");
    EXPECT_TRUE(stage_->wait_servers({fmt::format("web1 127.0.0.2:{} 1", port(0))})) << log();
    answer("moving.test", "127.0.0.1");
    EXPECT_TRUE(stage_->wait_servers({stage_->running("web1", 0)})) << log();
    EXPECT_THAT(log(), Not(HasSubstr("repairing"))) << "HAProxy is as it was told to be";
}

TEST_F(Names, OfADeadEtcdHoldUpNeitherTheOthersNorTheEnd) {
    begin();
    answer("etcd.test", "127.0.0.1");
    const std::string url = boost::replace_all_copy(stage_->etcd.url(), "127.0.0.1", "etcd.test");
    start_daemon({"http://dead.slow:2379", url}, {});
    stage_->add("web1", 1);
    EXPECT_TRUE(stage_->wait_servers({stage_->running("web1", 1)})) << log();
    EXPECT_EQ(stop_daemon(), 0) << log();
    EXPECT_THAT(log(), Not(HasSubstr("not everything is finished")));
}

/// HAProxy has an address for the name, though a HAProxy that is started would find none.
TEST_F(Names, ThatLoseTheirAddressCostNoServerThatRuns) {
    begin();
    answer("web.both", "127.0.0.1");
    start_daemon();
    add("web1", "web.both", 0);
    ASSERT_TRUE(stage_->wait_servers({stage_->running("web1", 0)})) << log();
    const auto file_has = [&](const std::string& text) {
        return wait_until([&] { return stage_->file().find(text) != std::string::npos; });
    };
    ASSERT_TRUE(file_has("server web1 web.both:")) << log();
    std::filesystem::remove(names_ / "web.both");
    stage_->add("web2", 1);
    EXPECT_TRUE(file_has("server web2 ")) << log();
    EXPECT_TRUE(file_has(fmt::format("server web1 127.0.0.1:{}", port(0)))) << stage_->file();
    EXPECT_TRUE(stage_->wait_servers({stage_->running("web1", 0), stage_->running("web2", 1)}));
    EXPECT_TRUE(wait_log("app/web1 (web.both, from key /app/servers/web1) has 127.0.0.1 there"))
        << log();

    // Neither does a reload.
    const pid_t before = stage_->haproxy().pid();
    stage_->write_template(boost::replace_all_copy(Stage::default_cfg(), "retries 3", "retries 4"));
    daemon_->signal(SIGHUP);
    ASSERT_NE(stage_->haproxy().wait_replaced(before), 0) << log();
    ASSERT_TRUE(wait_log("reloaded dest=")) << log();
    EXPECT_TRUE(stage_->wait_servers({stage_->running("web1", 0), stage_->running("web2", 1)}))
        << log();

    // The name comes back without anybody's doing.
    answer("web.both", "127.0.0.1");
    EXPECT_TRUE(file_has("server web1 web.both:")) << log();
    EXPECT_TRUE(wait_log("gets the lines of all its servers again")) << log();
    EXPECT_THAT(log(), AllOf(Not(HasSubstr("remove backend=")), Not(HasSubstr("until the key is "
                                                                              "mended"))));
}

/// HAProxy could not be started with a file that nobody has changed.
TEST_F(Names, ThatLoseTheirAddressAreNotInTheFileThoughNothingElseChanges) {
    begin();
    answer("web.both", "127.0.0.1");
    start_daemon({"-interval", "1"});
    add("web1", "web.both", 0);
    const auto file_has = [&](const std::string& text) {
        return wait_until([&] { return stage_->file().find(text) != std::string::npos; });
    };
    ASSERT_TRUE(file_has("server web1 web.both:")) << log();
    ASSERT_TRUE(stage_->wait_servers({stage_->running("web1", 0)})) << log();
    std::filesystem::remove(names_ / "web.both");
    EXPECT_TRUE(file_has(fmt::format("server web1 127.0.0.1:{}", port(0)))) << log();

    // A machine that is started again before its DNS answers.
    stage_->haproxy().stop();
    ASSERT_EQ(stop_daemon(), 0);
    start_daemon({"-interval", "1"});
    stage_->add("web2", 1);
    EXPECT_TRUE(file_has("server web2 ")) << log();
    EXPECT_TRUE(file_has(fmt::format("server web1 127.0.0.1:{}", port(0)))) << stage_->file();
    answer("web.both", "127.0.0.1");
    EXPECT_TRUE(file_has("server web1 web.both:")) << log();
}

/// hitlessd finds an address, and HAProxy's check finds none.
TEST_F(Names, OfAnotherFamilyHoldNothingUp) {
    begin();
    answer("web.both", "127.0.0.1");
    start_daemon();
    add("web1", "ipv6@web.both", 0);
    ASSERT_TRUE(wait_log("app/web1 (web.both, from key /app/servers/web1) is left out")) << log();
    stage_->add("web2", 1);
    EXPECT_TRUE(stage_->wait_servers({stage_->running("web2", 1)})) << log();
    EXPECT_TRUE(wait_until([&] {
        return stage_->file().find("server web2 ") != std::string::npos;
    })) << log();
    EXPECT_THAT(stage_->file(), Not(HasSubstr("web1")));
}

TEST_F(Names, OfANewServerAreInTheFileWhenTheyHaveAddresses) {
    begin();
    start_daemon();
    stage_->add("web1", 1);
    add("new", "new.both", 0);
    ASSERT_TRUE(stage_->wait_servers({stage_->running("web1", 1)})) << log();
    ASSERT_TRUE(wait_log("app/new (new.both, from key /app/servers/new) is left out")) << log();
    EXPECT_TRUE(wait_log("app/new: the name 'new.both' has no address now, so that the server "
                         "isn't added yet; the name is looked up again"))
        << log();
    ASSERT_TRUE(wait_until([&] { return stage_->file().find("web1") != std::string::npos; }))
        << log();
    EXPECT_THAT(stage_->file(), Not(HasSubstr("new.both")));
    answer("new.both", "127.0.0.1");
    EXPECT_TRUE(stage_->wait_servers({stage_->running("new", 0), stage_->running("web1", 1)}))
        << log();
    EXPECT_TRUE(wait_until([&] { return stage_->file().find("new.both") != std::string::npos; }))
        << log();
}

/// Servers in slots are recognized by their addresses.
TEST_F(Names, AServerInASlotStaysThereWhileNobodyAnswers) {
    StageOptions options;
    options.cfg =
        boost::replace_all_copy(Stage::default_cfg(), "balance roundrobin", "balance static-rr");
    begin(options);
    answer("web.slow", "127.0.0.1");
    const std::vector<std::string> flags = {"-slots", "2", "-reload-interval", "100ms"};
    const pid_t first = stage_->haproxy().pid();
    start_daemon(flags);
    stage_->add("web1", 1); // a reload, which brings the slots
    ASSERT_NE(stage_->haproxy().wait_replaced(first), 0) << log();
    ASSERT_TRUE(wait_log("reloaded dest=")) << log();
    add("named", "web.slow", 2);
    const std::string slot = fmt::format("hitless-slot1 127.0.0.1:{} 1", port(2));
    const auto is_served = [&] { return std::ranges::count(stage_->servers(), slot) == 1; };
    ASSERT_TRUE(wait_until(is_served)) << log();
    ASSERT_EQ(stop_daemon(), 0);
    std::filesystem::remove(names_ / "web.slow");
    start_daemon(flags);
    ASSERT_TRUE(wait_log("app/named: the name 'web.slow' has no address")) << log();
    EXPECT_TRUE(is_served()) << log();
    answer("web.slow", "127.0.0.1");
    ASSERT_TRUE(wait_log("app/named: the trouble is over")) << log();
    EXPECT_TRUE(is_served()) << log();
    EXPECT_THAT(log(), Not(HasSubstr("remove backend=app")));
}

/// A template that looks up the name that a key holds.
StageOptions template_of_names() {
    StageOptions options;
    options.cfg = Stage::default_cfg() +
                  "{{- range $i, $ip := lookupIPV4 (getv \"/app/pool\" \"127.0.0.1\")}}\n"
                  "    server pool{{$i}} {{$ip}}:1\n"
                  "{{- end}}\n";
    return options;
}

TEST_F(Names, OfATemplateHoldUpOthersForAWhileOnly) {
    begin(template_of_names());
    start_daemon({"-resync", "1"});
    const std::string pool = "pool0 127.0.0.1:1 1";
    stage_->add("web1", 1);
    ASSERT_TRUE(stage_->wait_servers({pool, stage_->running("web1", 1)})) << log();
    stage_->etcd.put("/app/pool", "pool.slow");
    stage_->add("web2", 2);
    EXPECT_TRUE(stage_->wait_servers({stage_->running("web1", 1), stage_->running("web2", 2)}))
        << log();
    stage_->remove("web2");
    EXPECT_TRUE(stage_->wait_servers({stage_->running("web1", 1)})) << log();
    answer("pool.slow", "127.0.0.1");
    EXPECT_TRUE(stage_->wait_servers({pool, stage_->running("web1", 1)})) << log();
    answer("pool.slow", "127.0.0.2"); // is found out without a change of a key
    EXPECT_TRUE(stage_->wait_servers({"pool0 127.0.0.2:1 1", stage_->running("web1", 1)})) << log();
}

TEST_F(Names, OfATemplateAreKnownBeyondASighup) {
    begin(template_of_names());
    answer("pool.slow", "127.0.0.5");
    stage_->etcd.put("/app/pool", "pool.slow");
    start_daemon();
    ASSERT_TRUE(stage_->wait_servers({"pool0 127.0.0.5:1 1"})) << log();
    std::filesystem::remove(names_ / "pool.slow");
    stage_->write_template(
        boost::replace_all_copy(template_of_names().cfg, "retries 3", "retries 4"));
    daemon_->signal(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return stage_->file().find("retries 4") != std::string::npos; }))
        << log();
    EXPECT_THAT(stage_->file(), HasSubstr("server pool0 127.0.0.5:1"));
}

TEST_F(Names, OfAPlainFileAreFollowed) {
    begin();
    const std::string dest = stage_->directory() / "list";
    stage_->directory().write(
        "confd/conf.d/list.toml",
        fmt::format("[template]\nsrc = \"list.tmpl\"\ndest = \"{}\"\nkeys = [\"/list\"]\n", dest));
    stage_->directory().write("confd/templates/list.tmpl",
                              "{{getv \"/list/a\" \"none\"}} {{lookupIPV4 \"list.slow\"}}");
    const auto has = [&](const std::string& text) {
        return wait_until([&] { return std::filesystem::exists(dest) && read_text(dest) == text; });
    };
    start_daemon({"-resync", "1"});
    EXPECT_TRUE(has("none []")) << log();
    stage_->etcd.put("/list/a", "key");
    EXPECT_TRUE(has("key []")) << log();
    answer("list.slow", "127.0.0.1");
    EXPECT_TRUE(has("key [127.0.0.1]")) << log();
    answer("list.slow", "127.0.0.2");
    EXPECT_TRUE(has("key [127.0.0.2]")) << log();
}

TEST_F(Names, AreWaitedForWithOnetime) {
    begin(template_of_names());
    answer("pool.test", "127.0.0.3");
    answer("good.test", "127.0.0.1");
    stage_->etcd.put("/app/pool", "pool.test");
    add("good", "good.test", 2);
    start_daemon({"-onetime"});
    EXPECT_EQ(daemon_->wait_exit(), 0) << log();
    EXPECT_EQ(stage_->servers(),
              (std::vector<std::string>{stage_->running("good", 2), "pool0 127.0.0.3:1 1"}));
    stage_->etcd.put("/app/pool", "pool.slow");
    add("dead", "dead.slow", 3);
    start_daemon({"-onetime"});
    EXPECT_EQ(daemon_->wait_exit(), 1) << log();
    EXPECT_THAT(log(), HasSubstr(unknown));
    EXPECT_THAT(log(), Not(HasSubstr("not everything is finished")));
    EXPECT_EQ(stage_->servers(), std::vector<std::string>{stage_->running("good", 2)});
}

} // namespace
} // namespace hitless::test
