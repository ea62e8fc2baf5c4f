// https nodes.
#include "hitless/etcd/reader.hpp"

#include "etcd/recorder.hpp"
#include "support/tls_etcd.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

namespace hitless::etcd {
namespace {

using test::Recorder;
using testing::HasSubstr;

class TlsTest : public testing::Test {
  protected:
    void SetUp() override { server_.plain().put("/app/a", "1"); }

    /// By the names of certificates; empty for none.
    Settings settings(const std::string& ca, const std::string& client,
                      const std::string& host = "127.0.0.1") const {
        Settings settings;
        settings.nodes = {server_.url(host)};
        settings.ca_file = ca.empty() ? "" : server_.certificate(ca);
        settings.cert_file = client.empty() ? "" : server_.certificate(client);
        settings.key_file = client.empty() ? "" : server_.key(client);
        return settings;
    }

    static Result<Snapshot> read_now(const Settings& settings) {
        boost::asio::io_context context;
        auto result =
            boost::asio::co_spawn(context, read(settings, "/app"), boost::asio::use_future);
        context.run();
        return result.get();
    }

    test::TlsEtcd server_;
};

TEST_F(TlsTest, CarriesReadsAndEvents) {
    Recorder recorder(settings("ca", "client"), "/app");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}}));
    server_.plain().put("/app/b", "2");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}, {"/app/b", "2"}}));
    EXPECT_EQ(recorder.snapshots(), 1U);
    EXPECT_TRUE(recorder.stop());
}

TEST_F(TlsTest, SaysWhatIsWrong) {
    const struct {
        Settings settings;
        std::string trouble;
    } cases[] = {
        {settings("stranger", "client"), "its certificate is not accepted"},
        {settings("", "client"), "its certificate is not accepted"},
        {settings("ca", "client", "localhost"), "the certificate names localhost"},
        {settings("ca", ""), "client certificate"},
        {settings("ca", "stranger"), "client certificate"},
        {settings("none", "client"), server_.certificate("none")},
        {settings("ca", "none"), server_.certificate("none")},
    };
    for (const auto& [with, trouble] : cases) {
        const auto result = read_now(with);
        ASSERT_FALSE(result) << trouble;
        EXPECT_THAT(result.error().message, HasSubstr(trouble));
    }
}

TEST_F(TlsTest, AcceptsAnyCertificateWhenToldSo) {
    Settings with = settings("stranger", "client", "localhost");
    EXPECT_FALSE(read_now(with));
    with.verify = false;
    const auto result = read_now(with);
    EXPECT_TRUE(result) << result.error().message;
}

TEST_F(TlsTest, TakesNewCertificatesUp) {
    const Settings with = settings("used", "client");
    EXPECT_FALSE(read_now(with));
    std::filesystem::copy(server_.certificate("ca"), server_.certificate("used"));
    EXPECT_TRUE(read_now(with));
}

TEST_F(TlsTest, ExplainsAPlainServer) {
    Settings with = settings("ca", "client");
    with.nodes = {fmt::format("https://127.0.0.1:{}", server_.plain().port())};
    const auto result = read_now(with);
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("does it speak https"));
}

} // namespace
} // namespace hitless::etcd
