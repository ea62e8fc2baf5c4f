#include "support/haproxy_server.hpp"

#include "hitless/base/text.hpp"

#include "support/wait_until.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace hitless::test {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at))
        text.replace(at, from.size(), to);
    return text;
}

/// A descriptor that closes itself.
struct Socket {
    int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Socket() = default;
    ~Socket() { ::close(fd); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
};

void connect(const Socket& socket, const std::string& path, std::chrono::milliseconds limit) {
    const timeval time{limit.count() / 1'000, (limit.count() % 1'000) * 1'000};
    ::setsockopt(socket.fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::connect(socket.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("can't connect to " + path + ": " + std::strerror(errno));
}

} // namespace

std::string haproxy_program() {
    const char* const chosen = std::getenv("HITLESS_HAPROXY");
    return chosen == nullptr ? "haproxy" : chosen;
}

int haproxy_version() {
    static const int version = [] {
        const TemporaryDirectory directory;
        Process program({haproxy_program(), "-v"}, directory / "log");
        static_cast<void>(program.wait_exit());
        int major = 0;
        int minor = 0; // "HAProxy version 2.6.12-1 2023/03/28", "HA-Proxy version 2.0.5 …"
        const std::string log = program.log();
        const std::size_t at = log.find("version ");
        if (at == std::string::npos ||
            std::sscanf(log.c_str() + at + 8, "%d.%d", &major, &minor) != 2)
            throw std::runtime_error(haproxy_program() + " doesn't say its version: " + log);
        return 100 * major + minor;
    }();
    return version;
}

std::string haproxy_command(const std::string& socket, const std::string& text,
                            std::chrono::milliseconds limit) {
    const Socket connection;
    connect(connection, socket, limit);
    const std::string line = text + '\n';
    if (::send(connection.fd, line.data(), line.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(line.size()))
        throw std::runtime_error("can't write to " + socket + ": " + std::strerror(errno));
    ::shutdown(connection.fd, SHUT_WR); // the master's CLI would wait for more
    std::string answer;
    char buffer[16'384];
    for (;;) {
        const ssize_t size = ::recv(connection.fd, buffer, sizeof buffer, 0);
        if (size < 0)
            throw std::runtime_error("no answer from " + socket + ": " + std::strerror(errno));
        if (size == 0)
            return std::string(base::trim(answer));
        answer.append(buffer, static_cast<std::size_t>(size));
    }
}

HaproxyServer::HaproxyServer(const std::string& configuration, Mode mode) : mode_(mode) {
    configure(configuration);
    start();
}

HaproxyServer::~HaproxyServer() {
    stop();
}

void HaproxyServer::configure(const std::string& configuration) const {
    static_cast<void>(directory_.write(
        "haproxy.cfg", replaced(configuration, "@DIR@", directory_.path().string())));
}

void HaproxyServer::start() {
    std::vector<std::string> arguments{haproxy_program(), "-f", config_file(), "-db"};
    if (mode_ == Mode::master)
        arguments.insert(arguments.end(), {"-W", "-S", master_socket()});
    process_.emplace(std::move(arguments), directory_ / "haproxy.log");
    const auto up = [this] { return (pid() != 0 && master_listens()) || !process_->running(); };
    if (!wait_until(up) || !process_->running())
        throw std::runtime_error("HAProxy doesn't start:\n" + process_->log());
}

void HaproxyServer::stop() {
    // The master passes SIGTERM on to all its workers, old ones too.
    process_->stop(std::chrono::seconds(2));
    process_->kill();
}

void HaproxyServer::reload() {
    const pid_t old = pid();
    for (int times = 0; times < 3; ++times) { // 2.4 loses one now and then
        process_->signal(SIGUSR2);
        if (wait_replaced(old, std::chrono::seconds(5)) != 0 &&
            wait_until([this] { return master_listens(); }, std::chrono::seconds(5)))
            return;
    }
    throw std::runtime_error("HAProxy doesn't reload:\n" + process_->log());
}

bool HaproxyServer::master_listens() const {
    // While it loads it loses signals; once it answers it doesn't.
    if (mode_ == Mode::plain)
        return true;
    try {
        return !haproxy_command(master_socket(), "show proc").empty();
    } catch (const std::exception&) {
        return false;
    }
}

pid_t HaproxyServer::pid() const {
    try {
        const std::string info = command("show info");
        const std::size_t at = info.find("\nPid: ");
        return at == std::string::npos ? 0 : std::stoi(info.substr(at + 6));
    } catch (const std::exception&) {
        return 0;
    }
}

pid_t HaproxyServer::wait_replaced(pid_t old, std::chrono::milliseconds limit) const {
    constexpr int enough = 10;
    pid_t replaced = 0;
    const bool settled = wait_until(
        [&] {
            for (int times = 0; times < enough; ++times) {
                replaced = pid();
                if (replaced == 0 || replaced == old)
                    return false;
            }
            return true;
        },
        limit);
    return settled ? replaced : 0;
}

std::string HaproxyServer::command(const std::string& text) const {
    return haproxy_command(socket(), text);
}

} // namespace hitless::test
