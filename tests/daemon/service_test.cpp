// hitlessd as a service of systemd's Type=notify, and with keys of a file or the environment.
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace hitless::test {
namespace {

using testing::HasSubstr;

/// The socket of a service manager, and what it was told.
class ServiceManager {
  public:
    explicit ServiceManager(const std::string& path)
        : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("can't bind " + path);
    }
    ~ServiceManager() { ::close(socket_); }
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    /// Each message so far on a line of its own, after an empty one.
    const std::string& told() {
        std::array<char, 4'096> buffer{};
        for (;;) {
            const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
            if (size < 0)
                return told_;
            told_ += '\n' + std::string(buffer.data(), static_cast<std::size_t>(size)) + '\n';
        }
    }
    bool wait_for(const std::string& message) {
        return wait_until([&] { return told().find(message) != std::string::npos; });
    }
    /// Forgets what was told so far.
    void forget() {
        told();
        told_.clear();
    }

  private:
    int socket_;
    std::string told_;
};

class Service : public testing::Test {
  protected:
    Service() {
        directory_.write("confd/conf.d/app.toml", "[template]\nsrc = \"app.tmpl\"\ndest = \"" +
                                                      (directory_ / "app.conf") +
                                                      "\"\nkeys = [\"/app\"]\n");
        directory_.write("confd/templates/app.tmpl",
                         "{{range gets \"/app/servers/*\"}}{{.Value}};{{end}}\n");
        directory_.write("keys.yaml", "app: {servers: {web1: 10.0.0.1:80}}\n");
    }

    [[nodiscard]] Process start(std::vector<std::string> flags,
                                const std::vector<std::string>& environment = {}) const {
        flags.insert(flags.begin(), {HITLESSD, "-confdir", directory_ / "confd"});
        return {std::move(flags), directory_ / "log", environment};
    }
    [[nodiscard]] Process start_with_file(const std::vector<std::string>& environment = {}) const {
        return start({"-backend", "file", "-file", directory_ / "keys.yaml"}, environment);
    }
    [[nodiscard]] bool wait_dest(const std::string& text) const {
        return wait_until([&] { return read_text(directory_ / "app.conf") == text; });
    }

    TemporaryDirectory directory_;
};

TEST_F(Service, TellsItsManager) {
    ServiceManager manager(directory_ / "notify");
    Process daemon =
        start_with_file({"NOTIFY_SOCKET=" + (directory_ / "notify"), "WATCHDOG_USEC=100000"});
    ASSERT_TRUE(manager.wait_for("READY=1\nSTATUS=keeps 1 template resource(s) in step\n"))
        << daemon.log();
    manager.forget();
    ASSERT_TRUE(manager.wait_for("\nWATCHDOG=1\n"));
    manager.forget();
    ASSERT_TRUE(manager.wait_for("\nWATCHDOG=1\n")) << "again and again";
    daemon.signal(SIGHUP);
    ASSERT_TRUE(manager.wait_for("RELOADING=1\nMONOTONIC_USEC="));
    ASSERT_TRUE(manager.wait_for("READY=1"));
    daemon.signal(SIGTERM);
    ASSERT_TRUE(manager.wait_for("\nSTOPPING=1\n"));
    EXPECT_EQ(daemon.wait_exit(), 0) << daemon.log();
}

TEST_F(Service, FollowsAFileOfKeys) {
    Process daemon = start_with_file();
    ASSERT_TRUE(wait_dest("10.0.0.1:80;\n")) << daemon.log();
    directory_.write("keys.yaml", "app: {servers: {web1: 10.0.0.1:80, web2: 10.0.0.2:80}}\n");
    ASSERT_TRUE(wait_dest("10.0.0.1:80;10.0.0.2:80;\n")) << daemon.log();
    directory_.write("keys.yaml", "app: {servers: [\n");
    EXPECT_TRUE(wait_until([&] {
        return daemon.log().find("the keys stay as they were") != std::string::npos;
    })) << daemon.log();
    EXPECT_THAT(daemon.log(), HasSubstr(directory_ / "keys.yaml"));
    EXPECT_EQ(read_text(directory_ / "app.conf"), "10.0.0.1:80;10.0.0.2:80;\n");
    EXPECT_EQ(daemon.stop(), 0) << daemon.log();
}

TEST_F(Service, RendersTheEnvironment) {
    Process daemon = start({"-backend", "env", "-onetime"}, {"APP_SERVERS_WEB9=10.0.0.9:80"});
    EXPECT_EQ(daemon.wait_exit(), 0) << daemon.log();
    EXPECT_EQ(read_text(directory_ / "app.conf"), "10.0.0.9:80;\n");
}

} // namespace
} // namespace hitless::test
