#include "support/free_port.hpp"

#include <cstddef>
#include <netinet/in.h>
#include <random>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace hitless::test {
namespace {

/// Keeps the port from other callers, also in other processes, until this one ends: its server may
/// not listen yet, or not just now. By an abstract socket of that name, which leaves nothing
/// behind.
bool reserve(std::uint16_t port) {
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = "hitless-test-port-" + std::to_string(port);
    name.copy(address.sun_path + 1, name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0;
    if (!bound)
        ::close(fd);
    return bound;
}

} // namespace

bool is_free(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return bound;
}

std::uint16_t free_port() {
    static std::mt19937 random(std::random_device{}());
    std::uniform_int_distribution<unsigned> range(20'000, 32'000);
    for (int attempt = 0; attempt < 1'000; ++attempt) {
        const auto port = static_cast<std::uint16_t>(range(random));
        if (is_free(port) && reserve(port))
            return port;
    }
    throw std::runtime_error("no free TCP port on 127.0.0.1 between 20000 and 32000");
}

} // namespace hitless::test
