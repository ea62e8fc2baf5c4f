#include "equal/scenario.hpp"

#include "support/haproxy_server.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

namespace hitless::test {

std::string filled(std::string text, const BackendServers& backends) {
    for (std::size_t i = 0; i < backends.size(); ++i) {
        const std::string number = std::to_string(i + 1);
        boost::replace_all(text, "@" + number + "@", fmt::format("127.0.0.1:{}", backends.port(i)));
        boost::replace_all(text, "@N" + number + "@", number);
        boost::replace_all(text, "@P" + number + "@", std::to_string(backends.port(i)));
        boost::replace_all(text, "@A" + number + "@", std::to_string(backends.agent_port(i)));
    }
    const std::uint16_t extra = backends.port(backends.size() - 1);
    boost::replace_all(text, "@X@", fmt::format("127.0.0.1:{}", extra));
    boost::replace_all(text, "@PX@", std::to_string(extra));
    boost::replace_all(text, "@CERT@", backends.certificate());
    return text;
}

std::string configuration(const Scenario& scenario, const Scenario::Servers& servers,
                          const BackendServers& backends, std::uint16_t port) {
    std::string text = "global\n"
                       "    stats socket @DIR@/admin.sock level admin expose-fd listeners\n" +
                       scenario.global +
                       "defaults\n"
                       "    mode http\n"
                       "    retries 0\n" // each would wait for a second
                       "    timeout connect 1s\n"
                       "    timeout client 5s\n"
                       "    timeout server 5s\n"
                       "    timeout check 300ms\n" +
                       scenario.defaults +
                       fmt::format("frontend in\n    bind 127.0.0.1:{}\n", port) +
                       scenario.frontend + "    default_backend app\nbackend app\n    balance " +
                       scenario.balance + "\n" + scenario.backend;
    for (const auto& [name, words] : servers)
        text += fmt::format("    server {} {}\n", name, words);
    return filled(text + scenario.more, backends);
}

namespace {

bool has_tls() {
    static const bool has = [] {
        const TemporaryDirectory directory;
        Process program({haproxy_program(), "-vv"}, directory / "log");
        static_cast<void>(program.wait_exit());
        return program.log().find("+OPENSSL ") != std::string::npos;
    }();
    return has;
}

bool needs_tls(const Scenario& scenario) {
    std::string text = scenario.global + scenario.defaults + scenario.backend;
    for (const Scenario::Servers& servers : scenario.steps) {
        for (const auto& [name, words] : servers)
            text += words;
    }
    return text.find("ssl") != std::string::npos;
}

} // namespace

bool lacks_tls(const Scenario& scenario) {
    return needs_tls(scenario) && !has_tls();
}

} // namespace hitless::test
