#include "support/etcd_server.hpp"
#include "support/free_port.hpp"
#include "support/haproxy_server.hpp"
#include "support/http.hpp"
#include "support/http_backend.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

namespace hitless::test {
namespace {

using testing::HasSubstr;

TEST(TemporaryDirectory, GoesAwayWithItsScope) {
    std::filesystem::path path;
    {
        const TemporaryDirectory directory;
        path = directory.path();
        EXPECT_EQ(read_text(directory.write("a/b", "text")), "text");
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Process, TellsStatusAndOutput) {
    const TemporaryDirectory directory;
    Process process({"sh", "-c", "echo out; echo $WHAT >&2; exit 3"}, directory / "log",
                    {"WHAT=error"});
    EXPECT_EQ(process.wait_exit(), 3);
    EXPECT_EQ(process.log(), "out\nerror\n");
}

TEST(Process, EndsOnASignalOrInItsDestructor) {
    const TemporaryDirectory directory;
    pid_t left = 0;
    {
        Process first({"sleep", "100"}, directory / "log");
        EXPECT_TRUE(first.running());
        first.signal(SIGTERM);
        EXPECT_EQ(first.wait_exit(), 128 + SIGTERM);
        left = Process({"sleep", "100"}, directory / "log").pid();
    }
    EXPECT_NE(::kill(left, 0), 0);
}

TEST(EtcdServer, KeepsItsDataOverARestart) {
    EtcdServer etcd;
    etcd.put("/a/b c", "x&y=z");
    etcd.put_dir("/d");
    etcd.put("/d/k", "v", std::chrono::seconds(100));
    etcd.remove("/d");
    const auto index = etcd.index();
    etcd.stop();
    etcd.start();
    EXPECT_GE(etcd.index(), index);
    EXPECT_THAT(http("GET", etcd.url() + "/v2/keys/a/b%20c").body,
                HasSubstr("\"value\":\"x\\u0026y=z\""));
    etcd.stop();
    etcd.start(false);
    EXPECT_EQ(http("GET", etcd.url() + "/v2/keys/a").status, 404U);
    EXPECT_THROW(etcd.remove("/a"), std::runtime_error);
}

TEST(HaproxyServer, ServesBackendsAndReloads) {
    HttpBackend backend(2);
    const auto port = free_port();
    const std::string configuration =
        fmt::format("global\n  stats socket @DIR@/admin.sock level admin expose-fd listeners\n"
                    "defaults\n  mode http\n  timeout connect 1s\n  timeout client 10s\n"
                    "  timeout server 10s\nlisten app\n  bind 127.0.0.1:{}\n  server web {}\n",
                    port, backend.address(1));
    const std::string url = fmt::format("http://127.0.0.1:{}/", port);
    for (const auto mode : {HaproxyServer::Mode::master, HaproxyServer::Mode::plain}) {
        HaproxyServer haproxy(configuration, mode);
        EXPECT_EQ(http("GET", url).body, "s2");
        EXPECT_THAT(haproxy.command("show servers state"), HasSubstr("web"));
        const pid_t pid = haproxy.pid();
        if (mode == HaproxyServer::Mode::master) {
            haproxy.reload();
            EXPECT_NE(haproxy.process().pid(), haproxy.pid());
        } else {
            haproxy.stop();
            haproxy.start();
        }
        EXPECT_NE(haproxy.pid(), pid);
        EXPECT_EQ(http("GET", url).body, "s2");
    }
    EXPECT_EQ(backend.requests(1), 4U);
    EXPECT_EQ(backend.requests(0), 0U);
}

TEST(HttpBackend, HoldsAndDelaysAnswers) {
    HttpBackend backend({"alpha"});
    const std::string url = "http://" + backend.address(0);
    backend.hold(0);
    EXPECT_EQ(http("GET", url, "", std::chrono::milliseconds(50)).status, 0U);
    ASSERT_TRUE(wait_until([&] { return backend.held(0) == 1; }));
    backend.release(0);
    EXPECT_TRUE(wait_until([&] { return backend.held(0) == 0; }));
    backend.delay(0, std::chrono::milliseconds(30));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(http("GET", url).body, "alpha");
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(30));
    EXPECT_EQ(http("GET", "http://127.0.0.1:1/").status, 0U);
}

} // namespace
} // namespace hitless::test
