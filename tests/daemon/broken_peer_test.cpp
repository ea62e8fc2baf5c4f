// hitlessd between an etcd and a HAProxy that aren't ones.
#include "support/fake_peer.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>

namespace hitless::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class BrokenPeers : public testing::Test {
  protected:
    BrokenPeers() {
        directory_.write("confd/conf.d/app.toml", "[template]\nsrc = \"app.tmpl\"\ndest = \"" +
                                                      (directory_ / "haproxy.cfg") +
                                                      "\"\nkeys = [\"/app\"]\n");
        directory_.write("confd/templates/app.tmpl",
                         "global\n  stats socket " + (directory_ / "socket") +
                             " level admin\nbackend app\n"
                             "{{range gets \"/app/*\"}}  server {{base .Key}} {{.Value}}\n{{end}}");
        directory_.write("keys.yaml", "app: {web1: 127.0.0.1:80}\n");
    }

    [[nodiscard]] Process start(std::vector<std::string> flags) const {
        flags.insert(flags.begin(), {HITLESSD, "-confdir", directory_ / "confd"});
        return {std::move(flags), directory_ / "log"};
    }
    [[nodiscard]] Process start_with_file() const {
        return start({"-backend", "file", "-file", directory_ / "keys.yaml"});
    }
    static void expect_stop(Process& daemon) {
        daemon.signal(SIGTERM);
        EXPECT_EQ(daemon.wait_exit(milliseconds(2'000)), 0) << daemon.log();
    }
    [[nodiscard]] static int count(const std::string& text, const std::string& part) {
        int found = 0;
        for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
            ++found;
        return found;
    }

    TemporaryDirectory directory_;
};

/// The greeting is answered as HAProxy does, what follows it as given.
FakePeer::Handler after_greeting(FakeAnswer answer) {
    return [answer = std::move(answer)](const std::string& line) {
        return line.starts_with("show") ? answer : FakeAnswer{"\n> ", {}, {}, false};
    };
}

struct SocketCase {
    const char* name;
    FakePeer::Handler handler;
    bool is_told; ///< soon
};

class BrokenSocket : public BrokenPeers, public testing::WithParamInterface<SocketCase> {};

TEST_P(BrokenSocket, CostsLittleAndKeepsNobodyFromStopping) {
    const FakePeer peer(directory_ / "socket", GetParam().handler);
    Process daemon = start_with_file();
    ASSERT_TRUE(wait_until([&] { return peer.requests() > 0; })) << daemon.log();
    if (GetParam().is_told) {
        ASSERT_TRUE(wait_until([&] {
            return count(daemon.log(), "doesn't answer as HAProxy does") > 0;
        })) << daemon.log();
    }
    const unsigned before = peer.connections();
    EXPECT_FALSE(wait_until([&] { return peer.connections() > before + 15; }, milliseconds(2'000)));
    EXPECT_LE(count(daemon.log(), directory_ / "socket"), 1) << daemon.log();
    expect_stop(daemon);
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenSocket,
    testing::Values(SocketCase{"Nonsense",
                               [](const std::string&) {
                                   return FakeAnswer{"nonsense\n\n> ", {}, {}, false};
                               },
                               true},
                    SocketCase{"NonsenseThatDiffers",
                               after_greeting({"Name: x\nPid: 7\n\n> ", {}, {}, false}), false},
                    SocketCase{"Endless",
                               [](const std::string&) {
                                   return FakeAnswer{"", "nonsense ", {}, false};
                               },
                               true},
                    SocketCase{"Dripping", after_greeting({"x", "x", milliseconds(20), false}),
                               false},
                    SocketCase{"Silent", after_greeting({}), false},
                    SocketCase{"ClosesAtOnce",
                               [](const std::string&) {
                                   return FakeAnswer{"", {}, {}, true};
                               },
                               false}),
    [](const auto& test) { return test.param.name; });

TEST_F(BrokenPeers, AnEtcdThatDripsKeepsNobodyFromStopping) {
    const FakePeer peer([](const std::string&) {
        return FakeAnswer{"HTTP/1.1 200 OK\r\nX-Etcd-Index: 5\r\n\r\n{\"", "x", milliseconds(20),
                          false};
    });
    Process daemon = start({"-node", peer.url()});
    ASSERT_TRUE(wait_until([&] { return peer.requests() > 0; })) << daemon.log();
    expect_stop(daemon);
}

TEST_F(BrokenPeers, AnEtcdWhoseAnswersAreNoneTakesNoServersAway) {
    std::atomic<bool> broken = false;
    const FakePeer peer([&](const std::string& request) {
        if (request.find("wait=true") != std::string::npos)
            return FakeAnswer{"HTTP/1.1 200 OK\r\nX-Etcd-Index: 5\r\n\r\n", {}, {}, false};
        return FakePeer::http(200, "X-Etcd-Index: 5\r\n",
                              broken
                                  ? R"({"node":{}})"
                                  : R"({"action":"get","node":{"key":"/app","dir":true,"nodes":[)"
                                    R"({"key":"/app/web1","value":"127.0.0.1:80"}]}})");
    });
    Process daemon = start({"-node", peer.url(), "-sync-only", "-interval", "1"});
    const std::string dest = directory_ / "haproxy.cfg";
    ASSERT_TRUE(wait_until([&] { return count(read_text(dest), "server web1") == 1; }))
        << daemon.log();
    broken = true;
    const unsigned before = peer.requests();
    ASSERT_TRUE(wait_until([&] { return peer.requests() > before + 3; })) << daemon.log();
    EXPECT_THAT(read_text(dest), HasSubstr("server web1"));
    EXPECT_EQ(count(daemon.log(), "something else than etcd's v2 API"), 1) << daemon.log();
    expect_stop(daemon);
}

TEST_F(BrokenPeers, AnEmptyFileOfKeysIsToldAndWaitedFor) {
    directory_.write("keys.yaml", "");
    Process daemon = start({"-backend", "file", "-file", directory_ / "keys.yaml", "-sync-only"});
    ASSERT_TRUE(wait_until([&] { return count(daemon.log(), "it is empty") > 0; }));
    EXPECT_EQ(read_text(directory_ / "haproxy.cfg"), "");
    directory_.write("keys.yaml", "app: {web1: 127.0.0.1:80}\n");
    EXPECT_TRUE(wait_until([&] {
        return count(read_text(directory_ / "haproxy.cfg"), "server web1") == 1;
    })) << daemon.log();
    EXPECT_EQ(count(daemon.log(), "it is empty"), 1) << daemon.log();
    expect_stop(daemon);
}

TEST_F(BrokenPeers, APortThatIsNoneIsRefusedAtTheStart) {
    Process daemon = start({"-node", "http://127.0.0.1:99999"});
    EXPECT_EQ(daemon.wait_exit(), 1);
    EXPECT_EQ(count(daemon.log(), "a port is a number from 1 to 65535"), 1) << daemon.log();
    EXPECT_EQ(count(daemon.log(), "\n"), 1) << daemon.log();
}

} // namespace
} // namespace hitless::test
