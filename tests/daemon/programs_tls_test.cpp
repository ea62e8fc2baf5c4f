// The programs with an etcd that speaks TLS and wants certificates of its clients.
#include "support/tls_etcd.hpp"
#include "support/wait_until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace hitless::test {
namespace {

using testing::HasSubstr;

class ProgramsTls : public testing::TestWithParam<etcd::Settings::Api> {
  protected:
    ProgramsTls() {
        directory_.write("templates/servers.tmpl",
                         "{{range gets \"/app/*\"}}{{base .Key}}={{.Value}}\n{{end}}");
        directory_.write("conf.d/servers.toml",
                         fmt::format("[template]\nsrc = \"servers.tmpl\"\ndest = \"{}\"\n"
                                     "keys = [\"/app\"]\n",
                                     dest_));
    }

    /// `program` with the etcd, what it needs to talk to it, and `more`.
    [[nodiscard]] Process start(const std::string& program, const std::string& authority,
                                const std::vector<std::string>& more) const {
        std::vector<std::string> command = {program,
                                            "-node",
                                            etcd_.url(),
                                            "-backend",
                                            GetParam() == etcd::Settings::Api::v2 ? "etcd"
                                                                                  : "etcdv3",
                                            "-client-ca-keys",
                                            etcd_.certificate(authority),
                                            "-client-cert",
                                            etcd_.certificate("client"),
                                            "-client-key",
                                            etcd_.key("client")};
        command.insert(command.end(), more.begin(), more.end());
        return {command, directory_ / (authority + std::to_string(more.size()) + ".log")};
    }

    [[nodiscard]] static std::vector<std::string> registration() {
        return {"-key", "/app/web1", "-value", "10.0.0.1:80", "-drain", "0", "--", "sleep", "60"};
    }

    TemporaryDirectory directory_;
    TlsEtcd etcd_{GetParam()};
    std::string dest_ = directory_ / "servers";
};

TEST_P(ProgramsTls, CarryAServiceFromItsStartToTheFileAndBack) {
    Process daemon = start(HITLESSD, "ca", {"-confdir", directory_.path().string()});
    Process service = start(HITLESS_REGISTER, "ca", registration());
    EXPECT_TRUE(wait_until([&] { return read_text(dest_) == "web1=10.0.0.1:80\n"; }))
        << service.log() << daemon.log();
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait_exit(), 128 + SIGTERM) << service.log();
    EXPECT_TRUE(wait_until([&] { return read_text(dest_).empty(); })) << daemon.log();
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait_exit(), 0) << daemon.log();
}

TEST_P(ProgramsTls, SayWhoseCertificateTheyDoNotAccept) {
    Process daemon = start(HITLESSD, "stranger", {"-confdir", directory_.path().string()});
    Process service = start(HITLESS_REGISTER, "stranger", registration());
    for (Process* const process : {&daemon, &service}) {
        EXPECT_TRUE(wait_until([&] {
            return process->log().find("its certificate is not accepted") != std::string::npos;
        })) << process->log();
        EXPECT_THAT(process->log(), HasSubstr(etcd_.url()));
    }
    EXPECT_EQ(read_text(dest_), "");
}

INSTANTIATE_TEST_SUITE_P(Both, ProgramsTls,
                         testing::Values(etcd::Settings::Api::v2, etcd::Settings::Api::v3),
                         [](const auto& api) {
                             return api.param == etcd::Settings::Api::v2 ? "v2" : "v3";
                         });

} // namespace
} // namespace hitless::test
