#include "hitless/apply/session.hpp"

#include "support/fake_peer.hpp"
#include "support/haproxy_server.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

#include <atomic>
#include <string>

namespace hitless::apply {
namespace {

namespace asio = boost::asio;

/// A Session to a real HAProxy with a backend `app`.
class OnHaproxy : public testing::Test {
  protected:
    template <class Operation>
    auto run(Operation operation) {
        auto result = asio::co_spawn(context_, std::move(operation), asio::use_future);
        context_.restart();
        context_.run();
        return result.get();
    }

    test::HaproxyServer haproxy_{"global\n stats socket @DIR@/admin.sock level admin expose-fd "
                                 "listeners\n"
                                 "defaults\n timeout connect 2s\n timeout client 2s\n"
                                 " timeout server 2s\n"
                                 "backend app\n server x 127.0.0.1:9\n"};
    asio::io_context context_;
    Session proxy_{context_.get_executor(), haproxy_.socket()};
};

TEST_F(OnHaproxy, AsksAProcessOnceWhatItsServersCanHave) {
    const auto identify = [&] { return run(proxy_.identify()).value(); };
    EXPECT_EQ(identify(), Session::Identity::other);
    EXPECT_GT(proxy_.info().start_seconds, 1'700'000'000) << "2.4 and later say it";
    const auto keywords = proxy_.info().server_keywords;
    EXPECT_EQ(keywords.empty(), !proxy_.info().at_least(3, 2));
    if (!keywords.empty()) {
        EXPECT_THAT(keywords, testing::IsSupersetOf({"check", "inter", "weight"}));
    }
    EXPECT_EQ(identify(), Session::Identity::same);
    EXPECT_EQ(proxy_.info().server_keywords, keywords);
    haproxy_.reload();
    proxy_.disconnect();
    EXPECT_EQ(identify(), Session::Identity::other);
    EXPECT_EQ(proxy_.info().server_keywords, keywords);
}

/// A server that leaves is parked to close its idle connections, and has its own address back at
/// the next try: never in the same batch, which HAProxy 3.0 and later take for no change.
TEST_F(OnHaproxy, ParksALeavingServerForAMomentOnly) {
    const test::TemporaryDirectory directory;
    std::vector<std::string> addresses; ///< that it was given, a batch each
    const test::FakePeer between(directory / "socket", [&](const std::string& line) {
        std::string answer;
        if (line.starts_with("show"))
            answer = haproxy_.command(line.substr(0, line.find('\n')));
        else if (line.find(" addr ") != std::string::npos)
            addresses.push_back(line.substr(0, line.find('\n')));
        else if (line.starts_with("del server"))
            answer = "Server still has connections attached to it, cannot remove it.";
        return test::FakeAnswer{answer + "\n\n> ", {}, {}, false};
    });
    Session proxy(context_.get_executor(), directory / "socket");
    ASSERT_TRUE(run(proxy.identify()));
    ASSERT_TRUE(run(proxy.observe_all()));
    plan::Plan plan;
    plan::Step& leaves = plan.steps.emplace_back();
    leaves.phase = plan::Phase::withdraw;
    leaves.object.scope = "app";
    leaves.object.name = "x";
    leaves.commands = {"set server app/x state maint"};
    leaves.server().after = *haproxy::find_server(proxy.observed().servers, "app", "x");
    leaves.server().after.leaving = true;
    ASSERT_TRUE(run(proxy.run(plan.steps)));
    while (addresses.size() < 4) {
        const std::size_t before = addresses.size();
        ASSERT_TRUE(run(proxy.departures().collect(std::chrono::hours(1))));
        EXPECT_LE(addresses.size(), before + 1);
    }
    EXPECT_THAT(addresses, testing::ElementsAre("set server app/x addr 127.0.0.1 port 1",
                                                "set server app/x addr 127.0.0.1 port 9",
                                                "set server app/x addr 127.0.0.1 port 1",
                                                "set server app/x addr 127.0.0.1 port 9"));
}

/// An answer that is well formed, but lacks servers, must not make anybody add them once more.
TEST_F(OnHaproxy, TakesNoAnswerThatLacksServersForTheWholeState) {
    const test::TemporaryDirectory directory;
    std::atomic<bool> cut = false;
    const test::FakePeer between(directory / "socket", [&](const std::string& line) {
        std::string answer =
            line.starts_with("show") ? haproxy_.command(line.substr(0, line.find('\n'))) : "";
        if (cut && line.starts_with("show servers state"))
            answer.erase(answer.find('\n', answer.find('#')) + 1);
        return test::FakeAnswer{answer + "\n\n> ", {}, {}, false};
    });
    Session proxy(context_.get_executor(), directory / "socket");
    ASSERT_TRUE(run(proxy.identify()));
    ASSERT_TRUE(run(proxy.observe_all()));
    ASSERT_NE(haproxy::find_server(proxy.observed().servers, "app", "x"), nullptr);
    cut = true;
    for (const bool all : {true, false}) {
        const auto read =
            all ? run(proxy.observe_all())
                : run(proxy.observe(*live::find_kind(plan::ObjectId::Kind::server), {"app"}));
        ASSERT_FALSE(read);
        EXPECT_THAT(read.error().message, testing::HasSubstr("app/x"));
        EXPECT_NE(haproxy::find_server(proxy.observed().servers, "app", "x"), nullptr);
    }
    cut = false;
    EXPECT_TRUE(run(proxy.observe_all()));
}

TEST_F(OnHaproxy, SeesThatAnotherHasDeletedAServer) {
    ASSERT_TRUE(run(proxy_.identify()));
    if (!proxy_.info().at_least(2, 5))
        GTEST_SKIP() << "it deletes no servers of its file";
    ASSERT_TRUE(run(proxy_.observe_all()));
    const std::string answer =
        haproxy_.command("experimental-mode on; set server app/x state maint; del server app/x");
    ASSERT_THAT(answer, testing::HasSubstr("deleted"));
    ASSERT_TRUE(run(proxy_.observe_all()));
    EXPECT_EQ(haproxy::find_server(proxy_.observed().servers, "app", "x"), nullptr);
}

} // namespace
} // namespace hitless::apply
