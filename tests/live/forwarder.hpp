#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace hitless::test {

/// The floor to measure against: a thread that long-polls etcd and sends the commands for each key
/// that is put straight to HAProxy's socket. It renders, compares, reads back and writes nothing.
class Forwarder {
  public:
    /// The commands for a key, by the last part of its name, and its value.
    using Commands = std::function<std::string(const std::string& name, const std::string& value)>;

    Forwarder(std::string etcd, std::string root, std::string socket, Commands commands);
    ~Forwarder();

  private:
    void run(std::uint64_t index);

    std::string etcd_;
    std::string root_;
    std::string socket_;
    Commands commands_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

} // namespace hitless::test
