#include "hitless/apply/proxy.hpp"

#include "support/haproxy_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

namespace hitless::apply {
namespace {

namespace asio = boost::asio;

/// A Proxy to a real HAProxy with a backend `app`.
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
    Proxy proxy_{context_.get_executor(), haproxy_.socket()};
};

TEST_F(OnHaproxy, AsksAProcessOnceWhatItsServersCanHave) {
    const auto identify = [&] { return run(proxy_.identify()).value(); };
    EXPECT_EQ(identify(), Proxy::Identity::other);
    EXPECT_GT(proxy_.info().start_seconds, 1'700'000'000) << "2.4 and later say it";
    const auto keywords = proxy_.info().server_keywords;
    EXPECT_EQ(keywords.empty(), !proxy_.info().at_least(3, 2));
    if (!keywords.empty()) {
        EXPECT_THAT(keywords, testing::IsSupersetOf({"check", "inter", "weight"}));
    }
    EXPECT_EQ(identify(), Proxy::Identity::same);
    EXPECT_EQ(proxy_.info().server_keywords, keywords);
    haproxy_.reload();
    proxy_.disconnect();
    EXPECT_EQ(identify(), Proxy::Identity::other);
    EXPECT_EQ(proxy_.info().server_keywords, keywords);
}

} // namespace
} // namespace hitless::apply
