#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace hitless::test {

/// A steady load on one HTTP address: kept connections that each send a request, wait for its
/// answer, pause and begin again, in a thread of their own.
class Load {
  public:
    struct Counts {
        std::uint64_t requests = 0; ///< answered with 200
        std::uint64_t errors = 0;   ///< another status, or a connection that broke
        std::string first_error;
    };

    Load(std::uint16_t port, std::size_t connections, std::chrono::microseconds pause);
    ~Load();

    /// So far; from any thread.
    [[nodiscard]] Counts counts() const;

    /// Lets each connection end its request, then counts for the last time.
    Counts stop();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> self_;
};

} // namespace hitless::test
