#pragma once

#include "support/free_port.hpp"
#include "support/haproxy_server.hpp"
#include "support/hitlessctl.hpp"
#include "support/http.hpp"
#include "support/http_backend.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace hitless::test {

/// A real HAProxy with two real servers, and hitlessctl's commands on it.
class CtlTest : public testing::Test {
  protected:
    CtlTest() : web_(3), port_(free_port()), haproxy_(configuration()) {}

    /// Runs hitlessctl with the socket of this HAProxy.
    [[nodiscard]] Ended run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"-s", haproxy_.socket()});
        return run_bare(std::move(arguments));
    }
    [[nodiscard]] static Ended run_bare(const std::vector<std::string>& arguments) {
        return run_hitlessctl(arguments);
    }
    /// The output as JSON.
    [[nodiscard]] nlohmann::json json(std::vector<std::string> arguments) const {
        arguments.emplace_back("--json");
        return nlohmann::json::parse(run(std::move(arguments)).out);
    }
    /// The row of a server.
    [[nodiscard]] nlohmann::json server(const std::string& name) const {
        const auto rows = json({"servers", "app/" + name});
        return rows.empty() ? nlohmann::json() : rows.at(0);
    }
    [[nodiscard]] bool wait_state(const std::string& name, const std::string& state) const {
        return wait_until([&] { return server(name)["state"] == state; });
    }
    [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}/", port_); }

    [[nodiscard]] std::string configuration() const {
        std::string text = R"(global
    stats socket @DIR@/admin.sock level admin expose-fd listeners
    stats socket @DIR@/user.sock level user
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
frontend web
    bind 127.0.0.1:@PORT@
    default_backend app
backend app
    default-server check inter 100ms
    server w1 @W1@
    server w2 @W2@ weight 5
backend fixed
    balance static-rr
    server f1 @W1@
)";
        boost::replace_all(text, "@PORT@", std::to_string(port_));
        boost::replace_all(text, "@W1@", web_.address(0));
        boost::replace_all(text, "@W2@", web_.address(1));
        return text;
    }

    HttpBackend web_;
    std::uint16_t port_;
    HaproxyServer haproxy_;
};

} // namespace hitless::test
