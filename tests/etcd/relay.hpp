#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace hitless::test {

/// Passes TCP connections on to a port of 127.0.0.1, until told to misbehave. All functions may be
/// called from any thread.
class Relay {
  public:
    explicit Relay(std::uint16_t target);
    ~Relay();

    /// "http://127.0.0.1:PORT"
    [[nodiscard]] std::string url() const;

    /// Takes connections and data, but passes nothing on: a peer that hangs.
    void hang();
    /// Ends all connections, and each new one at once.
    void cut();
    /// Passes data on again.
    void mend();

    /// Connections that were taken so far.
    [[nodiscard]] unsigned connections() const;

  private:
    struct Implementation;
    std::unique_ptr<Implementation> self_;
};

} // namespace hitless::test
