#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace hitless::test {

/// The floor to measure against: a thread that long-polls etcd and sends the commands for each new
/// key straight to HAProxy's socket. It renders, compares, reads back and writes nothing.
class Forwarder {
  public:
    Forwarder(std::string etcd, std::string root, std::string socket, std::string backend);
    ~Forwarder();

  private:
    void run(std::uint64_t index);

    std::string etcd_;
    std::string root_;
    std::string socket_;
    std::string backend_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

} // namespace hitless::test
