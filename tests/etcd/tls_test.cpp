// https nodes, with certificates made for the occasion.
#include "hitless/etcd/reader.hpp"

#include "etcd/recorder.hpp"
#include "support/etcd_server.hpp"
#include "support/free_port.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <optional>

namespace hitless::etcd {
namespace {

using test::EtcdServer;
using test::Process;
using test::Recorder;
using test::TemporaryDirectory;
using testing::HasSubstr;

/// Makes NAME.pem and NAME.key, signed by `authority` or, when that is empty, by itself.
void make_certificate(const TemporaryDirectory& directory, const std::string& name,
                      const std::string& authority) {
    std::vector<std::string> arguments{"openssl",
                                       "req",
                                       "-x509",
                                       "-newkey",
                                       "ec",
                                       "-pkeyopt",
                                       "ec_paramgen_curve:prime256v1",
                                       "-nodes",
                                       "-days",
                                       "2",
                                       "-subj",
                                       "/CN=" + name,
                                       "-keyout",
                                       directory / (name + ".key"),
                                       "-out",
                                       directory / (name + ".pem")};
    if (!authority.empty())
        arguments.insert(arguments.end(), {"-addext", "subjectAltName=IP:127.0.0.1", "-CA",
                                           directory / (authority + ".pem"), "-CAkey",
                                           directory / (authority + ".key")});
    Process openssl(arguments, directory / "openssl.log");
    ASSERT_EQ(openssl.wait_exit(std::chrono::seconds(20)), 0) << openssl.log();
}

class TlsTest : public testing::Test {
  protected:
    void SetUp() override {
        make_certificate(directory_, "ca", "");
        make_certificate(directory_, "stranger", "");
        make_certificate(directory_, "server", "ca");
        make_certificate(directory_, "client", "ca");
        test::EtcdOptions options;
        options.client_port = test::free_port();
        // Plain too, for the test's own writes.
        options.arguments = {
            "--listen-client-urls",
            fmt::format("http://127.0.0.1:{},https://127.0.0.1:{}", options.client_port, port_),
            "--cert-file",
            directory_ / "server.pem",
            "--key-file",
            directory_ / "server.key",
            "--trusted-ca-file",
            directory_ / "ca.pem",
            "--client-cert-auth"};
        server_.emplace(options);
        server_->put("/app/a", "1");
    }

    /// The files' names without directory and ending; empty for none.
    Settings settings(const std::string& ca, const std::string& client,
                      const std::string& host = "127.0.0.1") const {
        Settings settings;
        settings.nodes = {fmt::format("https://{}:{}", host, port_)};
        settings.ca_file = ca.empty() ? "" : directory_ / (ca + ".pem");
        settings.cert_file = client.empty() ? "" : directory_ / (client + ".pem");
        settings.key_file = client.empty() ? "" : directory_ / (client + ".key");
        return settings;
    }

    static Result<Snapshot> read_now(const Settings& settings) {
        boost::asio::io_context context;
        auto result =
            boost::asio::co_spawn(context, read(settings, "/app"), boost::asio::use_future);
        context.run();
        return result.get();
    }

    TemporaryDirectory directory_;
    std::uint16_t port_ = test::free_port();
    std::optional<EtcdServer> server_;
};

TEST_F(TlsTest, CarriesReadsAndEvents) {
    Recorder recorder(settings("ca", "client"), "/app");
    ASSERT_TRUE(recorder.wait_for({{"/app/a", "1"}}));
    server_->put("/app/b", "2");
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
        {settings("none", "client"), directory_ / "none.pem"},
        {settings("ca", "none"), directory_ / "none.pem"},
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
    std::filesystem::copy(directory_ / "ca.pem", directory_ / "used.pem");
    EXPECT_TRUE(read_now(with));
}

TEST_F(TlsTest, ExplainsAPlainServer) {
    Settings with = settings("ca", "client");
    with.nodes = {fmt::format("https://127.0.0.1:{}", server_->port())};
    const auto result = read_now(with);
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("does it speak https"));
}

} // namespace
} // namespace hitless::etcd
