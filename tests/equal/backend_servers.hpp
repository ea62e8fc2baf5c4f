#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hitless::test {

/// Servers for HAProxy to check and to send requests to, in a thread of their own, which note all
/// that a connection tells of HAProxy's configuration. Each takes what comes at its port: a PROXY
/// header or none, TLS or none, HTTP/1, HTTP/2 or anything else; over IPv4 and IPv6. Beside it, at
/// another port, is its agent.
class BackendServers {
  public:
    /// "s1", "s2", …
    explicit BackendServers(std::size_t count);
    ~BackendServers();

    /// What a server has seen.
    struct Seen {
        /// Each kind of check ("TLSv1.3 sni=a.example, OPTIONS / HTTP/1.0"), and how often.
        std::map<std::string, int> checks;
        std::map<std::string, int> traffic; ///< the same of requests whose path begins with /t/
        std::map<std::string, int> agents;  ///< what was sent to its agent
        std::size_t checked = 0;            ///< times, by checks or the agent's
        int connections = 0;                ///< that brought a request
        int requests = 0;
        std::vector<std::chrono::milliseconds> gaps; ///< between one check and the next
    };

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] std::uint16_t port(std::size_t server) const;
    [[nodiscard]] std::uint16_t agent_port(std::size_t server) const;

    /// What all agents answer from now on, without the line's end.
    void set_agent(std::string answer);
    /// Forgets what was seen. What older connections still bring doesn't count.
    void forget();
    [[nodiscard]] Seen seen(std::size_t server) const;

    /// Answers to requests below /t/hold wait for release().
    [[nodiscard]] int held() const;
    void release();

    /// A PEM file with the servers' certificate and its key; a client may use it too.
    [[nodiscard]] std::string certificate() const;

  private:
    struct Implementation;
    std::unique_ptr<Implementation> self_;
};

} // namespace hitless::test
