#pragma once

#include "hitless/etcd/claim.hpp"

#include "support/etcd_server.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace hitless::test {

/// The keys of one of a real etcd's two stores, as somebody else than hitless-register sees and
/// changes them.
class Keys {
  public:
    Keys(std::string url, etcd::Settings::Api api) : url_(std::move(url)), api_(api) {}

    [[nodiscard]] std::optional<std::string> get(const std::string& key) const;
    /// Keys with their values, below a directory.
    [[nodiscard]] std::map<std::string, std::string> below(const std::string& directory) const;
    void put(const std::string& key, const std::string& value) const;
    void remove(const std::string& key) const;

    /// Grows when the key is set, and stays when it is renewed.
    [[nodiscard]] std::uint64_t last_event(const std::string& key) const;
    /// Waits until the key was renewed so many times; in v3 at least once.
    [[nodiscard]] bool wait_renewals(const std::string& key, int count) const;
    /// A shell command that prints "there" or "gone".
    [[nodiscard]] std::string shell_look(const std::string& key) const;

    [[nodiscard]] bool wait_value(const std::string& key, const std::optional<std::string>& value,
                                  std::chrono::milliseconds limit = std::chrono::seconds(10)) const;

  private:
    std::string ask(const std::string& target, const std::string& body) const;
    /// In v2: when the key goes away.
    [[nodiscard]] std::string expiration(const std::string& key) const;

    std::string url_;
    etcd::Settings::Api api_;
};

} // namespace hitless::test
