#pragma once

#include "hitless/registration/registration.hpp"

#include "registration/keys.hpp"
#include "support/etcd_server.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <string>
#include <vector>

namespace hitless::registration {

using test::EtcdServer;
using test::Process;
using test::read_text;
using test::wait_until;
using testing::HasSubstr;
using testing::Not;

constexpr const char* value = "127.0.0.1:8080";

/// hitless-register against a real etcd of its own, in both APIs.
class RegisterTest : public testing::TestWithParam<etcd::Settings::Api> {
  protected:
    /// The flags that every run has (no drain), then `flags`, then a command if there is one.
    [[nodiscard]] std::vector<std::string> arguments(std::vector<std::string> flags,
                                                     const std::string& script = "") const {
        std::vector<std::string> all{HITLESS_REGISTER,
                                     "--node",
                                     etcd_.url(),
                                     "--backend",
                                     GetParam() == etcd::Settings::Api::v2 ? "etcd" : "etcdv3",
                                     "--drain",
                                     "0"};
        all.insert(all.end(), flags.begin(), flags.end());
        if (!script.empty())
            all.insert(all.end(), {"--", "sh", "-c", script});
        return all;
    }
    Process start(std::vector<std::string> flags, const std::string& script = "",
                  const std::vector<std::string>& environment = {}) {
        return {arguments(std::move(flags), script), new_log(), environment};
    }
    /// With the key /app/a and a TTL of 2 s.
    Process start_a(std::vector<std::string> flags = {}, const std::string& script = "") {
        std::vector<std::string> all{"--key", "/app/a", "--value", value, "--ttl", "2"};
        all.insert(all.end(), flags.begin(), flags.end());
        return start(std::move(all), script);
    }
    static std::vector<std::string> with(std::vector<std::string> flags,
                                         const std::vector<std::string>& more) {
        flags.insert(flags.end(), more.begin(), more.end());
        return flags;
    }
    int exit_of(std::vector<std::string> flags) {
        return start(std::move(flags)).wait_exit().value_or(-1);
    }
    std::string new_log() { return directory_ / (std::to_string(++logs_) + ".log"); }

    [[nodiscard]] static bool wait_log(const Process& process, const std::string& text) {
        return wait_until([&] { return process.log().find(text) != std::string::npos; });
    }
    /// A command that does nothing until SIGTERM, and then `at_term`. It writes "up" first.
    static std::string service(const std::string& at_term) {
        return "trap '" + at_term + "' TERM; echo up; while :; do sleep 0.02; done";
    }
    /// The number that a command has written to the file, once it has.
    [[nodiscard]] pid_t pid_in(const std::string& file) const {
        pid_t pid = 0;
        static_cast<void>(
            wait_until([&] { return (std::ifstream(file) >> pid).good() && pid > 0; }));
        return pid;
    }

    test::TemporaryDirectory directory_;
    EtcdServer etcd_;
    test::Keys keys_{etcd_.url(), GetParam()};

  private:
    int logs_ = 0;
};

inline std::string api_name(const testing::TestParamInfo<etcd::Settings::Api>& info) {
    return info.param == etcd::Settings::Api::v2 ? "V2" : "V3";
}

} // namespace hitless::registration
