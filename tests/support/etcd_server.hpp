#pragma once

#include "hitless/etcd/settings.hpp"

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hitless::test {

/// How an EtcdServer is started. What is left out is chosen.
struct EtcdOptions {
    bool v2 = true;
    etcd::Settings::Api api = etcd::Settings::Api::v2; ///< of the store that put() and so on change
    std::string name = "one";
    std::uint16_t client_port = 0;
    std::uint16_t peer_port = 0;
    std::string initial_cluster; ///< "one=http://127.0.0.1:PORT,two=…" for a member of a cluster
    std::string client_scheme = "http";
    std::vector<std::string> arguments; ///< further flags
};

/// A real etcd on free ports of 127.0.0.1 with its data in a temporary directory.
class EtcdServer {
  public:
    /// Starts it and, unless it is a member of a cluster or speaks https, waits until it serves.
    /// Throws with its log when it doesn't.
    explicit EtcdServer(EtcdOptions options = {});

    /// "http://127.0.0.1:PORT"
    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::uint16_t port() const { return options_.client_port; }
    [[nodiscard]] Process& process() { return *process_; }

    /// The answers throw unless they are 2xx. `key` begins with "/".
    void put(const std::string& key, const std::string& value) const;
    /// A key, or one renewed, that goes away after `ttl`.
    void put(const std::string& key, const std::string& value, std::chrono::seconds ttl) const;
    /// Directories are v2's.
    void put_dir(const std::string& key) const;
    void put_dir(const std::string& key, std::chrono::seconds ttl) const;
    /// The key, or the directory and all below it. One that isn't there is an error.
    void remove(const std::string& key) const;
    /// X-Etcd-Index, or the revision, now.
    [[nodiscard]] std::uint64_t index() const;

    /// Ends it (SIGTERM, as a service manager does); start() brings it back on the same ports.
    void stop();
    /// Asks the v3 gateway; `message` is JSON. Throws unless the answer is 200.
    std::string ask_v3(const std::string& path, const std::string& message) const;

    /// With the data it had, or with none.
    void start(bool with_data = true);
    /// True once it answers /health with true.
    [[nodiscard]] bool
    wait_healthy(std::chrono::milliseconds limit = std::chrono::seconds(20)) const;

  private:
    [[nodiscard]] bool is_v3() const { return options_.api == etcd::Settings::Api::v3; }
    void change(const std::string& method, const std::string& key, const std::string& query,
                const std::string& body) const;

    TemporaryDirectory directory_;
    EtcdOptions options_;
    std::optional<Process> process_;
};

} // namespace hitless::test
