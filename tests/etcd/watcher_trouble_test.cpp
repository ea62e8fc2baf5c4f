// What a Watcher makes of an etcd, or a network, that fails.
#include "hitless/etcd/reader.hpp"

#include "etcd/log_capture.hpp"
#include "etcd/recorder.hpp"
#include "etcd/relay.hpp"
#include "support/etcd_server.hpp"
#include "support/free_port.hpp"
#include "support/http.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace hitless::etcd {
namespace {

using std::chrono::milliseconds;
using Api = Settings::Api;
using keys::Update;
using test::EtcdServer;
using test::LogCapture;
using test::Recorder;
using test::Relay;
using testing::HasSubstr;

/// Short times, so that the tests are.
Settings settings_for(std::vector<std::string> nodes, Api api = Api::v2) {
    Settings settings;
    settings.api = api;
    settings.nodes = std::move(nodes);
    settings.timing.probe = milliseconds(300);
    settings.timing.probe_answer = milliseconds(1'000);
    settings.timing.longest_pause = milliseconds(200);
    return settings;
}

std::string dead_node() {
    return fmt::format("http://127.0.0.1:{}", test::free_port());
}

Result<Snapshot> read_now(const Settings& settings, const std::string& root) {
    boost::asio::io_context context;
    auto result = boost::asio::co_spawn(context, read(settings, root), boost::asio::use_future);
    context.run();
    return result.get();
}

/// Those that know no difference between the APIs.
class TroublesOfEither : public testing::TestWithParam<Api> {
  protected:
    static test::EtcdOptions options() {
        test::EtcdOptions options;
        options.api = GetParam();
        return options;
    }
};

INSTANTIATE_TEST_SUITE_P(Both, TroublesOfEither, testing::Values(Api::v2, Api::v3), test::api_name);

TEST(Troubles, ADeadNodeIsPassedOver) {
    EtcdServer etcd;
    etcd.put("/app/a", "1");
    LogCapture log;
    const std::string dead = dead_node();
    Recorder recorder(settings_for({dead, etcd.url()}), "/app");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}}));
    etcd.put("/app/a", "2");
    EXPECT_TRUE(recorder.wait_for({{"/app/a", "2"}}));
    EXPECT_TRUE(recorder.stop());
    EXPECT_EQ(log.count(dead), 1) << log.text();
    EXPECT_THAT(log.text(), HasSubstr("nobody listens there"));
}

TEST(Troubles, AreToldOnceEach) {
    LogCapture log;
    const std::string dead = dead_node();
    Settings settings = settings_for({dead});
    settings.timing.longest_pause = milliseconds(5);
    Recorder recorder(settings, "/app");
    Relay late(1);
    EXPECT_FALSE(test::wait_until([&] { return recorder.snapshots() > 0; }, milliseconds(200)));
    EXPECT_TRUE(recorder.stop());
    EXPECT_EQ(log.count(dead), 1) << log.text();
}

TEST_P(TroublesOfEither, ANodeThatHangsIsLeft) {
    EtcdServer etcd(options());
    Relay relay(etcd.port());
    Recorder recorder(settings_for({relay.url(), etcd.url()}, GetParam()), "/app");
    ASSERT_TRUE(recorder.wait_for_snapshots(1));
    etcd.put("/app/a", "1");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}}));
    relay.hang();
    etcd.put("/app/a", "2");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "2"}}));
    EXPECT_FALSE(recorder.updates().back().other_store);
    EXPECT_TRUE(recorder.stop());
}

TEST_P(TroublesOfEither, ANodeThatHangsFromTheStartIsLeft) {
    EtcdServer etcd(options());
    etcd.put("/app/a", "1");
    Relay relay(etcd.port());
    relay.hang();
    Settings settings = settings_for({relay.url(), etcd.url()}, GetParam());
    settings.timing.answer = milliseconds(200);
    Recorder recorder(settings, "/app");
    EXPECT_TRUE(recorder.wait_for({{"/app/a", "1"}}));
}

TEST_P(TroublesOfEither, EventsThatAreNoLongerKeptLeadToARead) {
    EtcdServer etcd(options());
    etcd.put("/app/a", "1");
    etcd.put("/app/b", "1");
    Relay relay(etcd.port());
    Recorder recorder(settings_for({relay.url()}, GetParam()), "/app");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}, {"/app/b", "1"}}));
    relay.cut();
    etcd.put("/app/a", "2");
    etcd.remove("/app/b");
    for (int i = 0; i < 1'100; ++i)
        etcd.put("/foreign", std::to_string(i));
    if (GetParam() == Api::v3) // keeps all until told otherwise
        etcd.ask_v3("/v3/kv/compaction", fmt::format(R"({{"revision":"{}"}})", etcd.index()));
    etcd.put("/app/c", "3");
    relay.mend();
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "2"}, {"/app/c", "3"}}));
    etcd.put("/app/c", "4");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "2"}, {"/app/c", "4"}}));
    for (const Update& update : recorder.updates())
        EXPECT_FALSE(update.other_store);
}

TEST_P(TroublesOfEither, CutConnectionsLoseNothing) {
    EtcdServer etcd(options());
    Relay relay(etcd.port());
    Recorder recorder(settings_for({relay.url()}, GetParam()), "/app");
    ASSERT_TRUE(recorder.wait_for_snapshots(1));
    keys::KeyTree::Map expected;
    for (int i = 0; i < 300; ++i) {
        const std::string key = fmt::format("/app/k{}", i % 10);
        expected[key] = std::to_string(i);
        etcd.put(key, expected[key]);
        if (i % 30 == 29) {
            relay.cut();
            relay.mend();
        }
    }
    EXPECT_TRUE(recorder.wait_for(expected));
    EXPECT_LT(relay.connections(), 100U);
}

TEST_P(TroublesOfEither, ARestartWithItsDataGoesUnnoticed) {
    EtcdServer etcd(options());
    etcd.put("/app/a", "1");
    Recorder recorder(settings_for({etcd.url()}, GetParam()), "/app");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}}));
    etcd.stop();
    etcd.start();
    etcd.put("/app/b", "2");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}, {"/app/b", "2"}}));
    for (const Update& update : recorder.updates())
        EXPECT_FALSE(update.other_store);
}

TEST_P(TroublesOfEither, ALossOfDataIsToldAsAnotherStore) {
    EtcdServer etcd(options());
    etcd.put("/app/a", "1");
    etcd.put("/app/b", "1");
    LogCapture log;
    Recorder recorder(settings_for({etcd.url()}, GetParam()), "/app");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}, {"/app/b", "1"}}));
    etcd.stop();
    etcd.start(false);
    ASSERT_TRUE(recorder.wait_for({}));
    etcd.put("/app/c", "2");
    ASSERT_TRUE(recorder.wait_for({{"/app/c", "2"}}));
    const auto updates = recorder.updates();
    EXPECT_TRUE(std::ranges::any_of(updates, [](const auto& u) { return u.other_store; }));
    EXPECT_TRUE(recorder.stop());
    EXPECT_EQ(log.count("another store"), 1) << log.text();
}

TEST(Troubles, AnEtcdWithoutV2IsExplained) {
    test::EtcdOptions options;
    options.v2 = false;
    EtcdServer etcd(options);
    const auto result = read_now(settings_for({etcd.url()}), "/app");
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message,
                AllOf(HasSubstr("--enable-v2=true"), HasSubstr("-backend etcdv3")));
    LogCapture log;
    Recorder recorder(settings_for({etcd.url()}), "/app");
    EXPECT_FALSE(test::wait_until([&] { return recorder.snapshots() > 0; }, milliseconds(300)));
    EXPECT_TRUE(recorder.stop());
    EXPECT_EQ(log.count("--enable-v2=true"), 1) << log.text();
}

TEST(Read, TriesEveryNode) {
    EtcdServer etcd;
    etcd.put("/app/a/b", "1");
    const auto found = read_now(settings_for({dead_node(), etcd.url()}), "/app");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->entries, (std::vector<keys::Entry>{{"/app/a/b", "1"}}));
    EXPECT_EQ(found->index, etcd.index());
    EXPECT_TRUE(read_now(settings_for({etcd.url()}), "/none").value().entries.empty());
    const std::string one = dead_node();
    const std::string two = dead_node();
    const auto failed = read_now(settings_for({one, two}), "/app");
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message, HasSubstr(one));
    EXPECT_THAT(failed.error().message, HasSubstr(two));
    EXPECT_THAT(failed.error().message, HasSubstr("perhaps etcd does not run"));
    EXPECT_FALSE(read_now(settings_for({"ftp://x"}), "/app"));
}

TEST(BasicAuthentication, IsSentAndItsRefusalExplained) {
    EtcdServer etcd;
    etcd.put("/app/a", "1");
    const auto manage = [&](const std::string& method, const std::string& what,
                            const std::string& body) {
        const auto answer = test::http(method, etcd.url() + "/v2/auth/" + what, body);
        ASSERT_EQ(answer.status / 100, 2U) << what << ": " << answer.body;
    };
    manage("PUT", "users/root", R"({"user":"root","password":"s3cret:x"})");
    manage("PUT", "enable", "");
    Settings settings = settings_for({etcd.url()});
    settings.username = "root";
    settings.password = "s3cret:x";
    const auto found = read_now(settings, "/app");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->entries.size(), 1U);
    settings.password = "wrong";
    const auto refused = read_now(settings, "/app");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("check user name and password"));
    LogCapture log;
    Recorder recorder(settings, "/app");
    EXPECT_FALSE(test::wait_until([&] { return recorder.snapshots() > 0; }, milliseconds(300)));
    EXPECT_TRUE(recorder.stop());
    EXPECT_EQ(log.count("check user name and password"), 1) << log.text();
}

TEST(Troubles, AnEtcdWithoutTheGatewayIsExplained) {
    test::EtcdOptions options;
    options.arguments = {"--enable-grpc-gateway=false"};
    EtcdServer etcd(options);
    const auto result = read_now(settings_for({etcd.url()}, Api::v3), "/app");
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("it has no v3 JSON gateway"));
}

TEST(TokenAuthentication, LogsInAndExplainsARefusal) {
    test::EtcdOptions options;
    options.api = Api::v3;
    EtcdServer etcd(options);
    etcd.put("/app/a", "1");
    Settings settings = settings_for({etcd.url()}, Api::v3);
    settings.username = "joe";
    settings.password = "s3cret";
    EXPECT_TRUE(read_now(settings, "/app")) << "without authentication nobody needs a token";

    etcd.ask_v3("/v3/auth/user/add", R"({"name":"root","password":"r00t"})");
    etcd.ask_v3("/v3/auth/user/grant", R"({"user":"root","role":"root"})");
    etcd.ask_v3("/v3/auth/user/add", R"({"name":"joe","password":"s3cret"})");
    etcd.ask_v3("/v3/auth/role/add", R"({"name":"reader"})");
    // From /app to /app0.
    etcd.ask_v3("/v3/auth/role/grant", R"({"name":"reader",
        "perm":{"permType":"READ","key":"L2FwcA==","range_end":"L2FwcDA="}})");
    etcd.ask_v3("/v3/auth/user/grant", R"({"user":"joe","role":"reader"})");
    etcd.ask_v3("/v3/auth/enable", "{}");

    EXPECT_TRUE(read_now(settings, "/app"));
    const auto other = read_now(settings, "/other");
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message, HasSubstr("permission denied"));
    settings.password = "wrong";
    const auto refused = read_now(settings, "/app");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("check user name and password"));
    LogCapture log;
    Recorder stranger(settings, "/app");
    ASSERT_TRUE(test::wait_until([&] { return log.count("check user name and password") == 1; }));
    EXPECT_TRUE(stranger.stop());

    // A token that is known no longer, after a restart, is replaced.
    settings.password = "s3cret";
    Recorder recorder(settings, "/app");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}}));
    etcd.stop();
    etcd.start();
    recorder.read_again();
    EXPECT_TRUE(recorder.wait_for_snapshots(2)) << log.text();
    EXPECT_TRUE(recorder.stop());
}

} // namespace
} // namespace hitless::etcd
