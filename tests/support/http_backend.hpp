#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hitless::test {

/// Small HTTP servers on free ports of 127.0.0.1, all in one thread. Each answers every request
/// with 200 and its own name as the body, and keeps connections open. All functions may be called
/// from any thread.
class HttpBackend {
  public:
    /// One server a name.
    explicit HttpBackend(const std::vector<std::string>& names);
    /// `count` servers named "s1", "s2", …
    explicit HttpBackend(std::size_t count);
    ~HttpBackend();

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] std::uint16_t port(std::size_t server) const;
    [[nodiscard]] const std::string& name(std::size_t server) const;
    /// "127.0.0.1:PORT"
    [[nodiscard]] std::string address(std::size_t server) const;

    /// Requests that came in so far.
    [[nodiscard]] std::uint64_t requests(std::size_t server) const;
    /// Responses that are held now.
    [[nodiscard]] std::uint64_t held(std::size_t server) const;

    /// Every answer of the server waits so long first.
    void delay(std::size_t server, std::chrono::milliseconds time);
    /// From now on its answers send their headers, then wait for release() with their bodies.
    void hold(std::size_t server);
    void release(std::size_t server);

  private:
    struct Implementation;
    std::unique_ptr<Implementation> self_;
};

} // namespace hitless::test
