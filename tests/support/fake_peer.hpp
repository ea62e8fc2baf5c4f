#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace hitless::test {

/// What a FakePeer does with a request.
struct FakeAnswer {
    std::string text;                     ///< is sent at once
    std::string endless;                  ///< is sent after it, over and over; empty: nothing is
    std::chrono::milliseconds interval{}; ///< between two of these
    bool close = false;                   ///< the connection, instead of a wait for a next request
};

/// Something that listens where a real server should, and answers whatever it likes. It runs in a
/// thread of its own; functions may be called from any thread.
class FakePeer {
  public:
    /// Gets a request as it came; is called in the peer's thread.
    using Handler = std::function<FakeAnswer(const std::string& request)>;

    /// Speaks HTTP at a port of 127.0.0.1: a request is a head, and the body that it announces.
    explicit FakePeer(Handler handler);
    /// Listens at this path: a request is a line.
    FakePeer(const std::string& path, Handler handler);
    ~FakePeer();

    /// "http://127.0.0.1:PORT"
    [[nodiscard]] std::string url() const;
    [[nodiscard]] unsigned connections() const;
    [[nodiscard]] unsigned requests() const;

    /// An answer of HTTP with that body.
    static FakeAnswer http(unsigned status, const std::string& headers, const std::string& body);

  private:
    struct Implementation;
    std::unique_ptr<Implementation> self_;
};

} // namespace hitless::test
