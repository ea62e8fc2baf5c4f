#pragma once

#include <map>
#include <memory>
#include <string>

namespace hitless::test {

/// Something that speaks as a container engine does (Docker 20.10), at a Unix socket. Runs in
/// threads of its own.
class FakeEngine {
  public:
    explicit FakeEngine(std::string socket);
    ~FakeEngine();

    /// A container, as the engine would have it.
    struct Container {
        std::string name;
        std::map<std::string, std::string> labels;
        std::map<std::string, std::string> networks; ///< name → address
        std::string mode = "bridge";                 ///< NetworkMode
        std::string health;                          ///< empty: no HEALTHCHECK
        std::string stop_signal;
        bool running = true;
        bool paused = false;
        std::string ports = "{}";                         ///< JSON
        std::string started = "2026-11-27T05:43:31.594Z"; ///< StartedAt
    };
    /// What GET /containers/ID/json answers.
    static std::string describe(const std::string& id, const Container& container);

    /// It is so from now on; nobody is told.
    void put(const std::string& id, Container container);
    void remove(const std::string& id);
    /// Tells all who follow the events.
    void tell(const std::string& id, const std::string& action, const std::string& signal = "");
    /// A line of any kind.
    void tell_line(const std::string& line);
    /// Answers so to a path from now on; with an empty body, as it should again.
    void spoil(const std::string& path, const std::string& body, unsigned status = 200);

    void stop();
    void start();
    [[nodiscard]] unsigned followers() const;
    [[nodiscard]] unsigned asked(const std::string& path) const;

  private:
    struct Implementation;
    std::unique_ptr<Implementation> self_;
};

} // namespace hitless::test
