#include "support/free_port.hpp"

#include <netinet/in.h>
#include <random>
#include <set>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace hitless::test {
namespace {

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

} // namespace

std::uint16_t free_port() {
    static std::mt19937 random(std::random_device{}());
    static std::set<std::uint16_t> given; // its server may not listen yet
    std::uniform_int_distribution<unsigned> range(20'000, 32'000);
    for (int attempt = 0; attempt < 1'000; ++attempt) {
        const auto port = static_cast<std::uint16_t>(range(random));
        if (is_free(port) && given.insert(port).second)
            return port;
    }
    throw std::runtime_error("no free TCP port on 127.0.0.1 between 20000 and 32000");
}

} // namespace hitless::test
