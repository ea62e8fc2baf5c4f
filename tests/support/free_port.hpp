#pragma once

#include <cstdint>

namespace hitless::test {

/// A TCP port of 127.0.0.1 on which nobody listens now, and which no other call gives, here or in
/// another process, as long as this process lives. It is below the range from which the kernel
/// takes the ports of outgoing connections, so it stays free while a server restarts, and a client
/// that tries it too early can't connect to itself.
std::uint16_t free_port();

/// Nobody listens on the port of 127.0.0.1 now.
bool is_free(std::uint16_t port);

} // namespace hitless::test
