#include "live/forwarder.hpp"

#include "support/haproxy_server.hpp"
#include "support/http.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thread>

namespace hitless::test {

Forwarder::Forwarder(std::string etcd, std::string root, std::string socket, Commands commands)
    : etcd_(std::move(etcd)),
      root_(std::move(root)),
      socket_(std::move(socket)),
      commands_(std::move(commands)) {
    const auto now = http("GET", fmt::format("{}/v2/keys{}", etcd_, root_));
    thread_ =
        std::thread([this, index = std::stoull(now.headers.at("x-etcd-index"))] { run(index); });
}

Forwarder::~Forwarder() {
    stopping_ = true;
    http("PUT", fmt::format("{}/v2/keys{}/stop", etcd_, root_), "value=stop"); // ends the poll
    thread_.join();
}

void Forwarder::run(std::uint64_t index) {
    while (!stopping_) {
        const auto answer = http("GET",
                                 fmt::format("{}/v2/keys{}?wait=true&recursive=true&waitIndex={}",
                                             etcd_, root_, index + 1),
                                 {}, std::chrono::minutes(1));
        if (answer.status != 200 || stopping_)
            continue;
        const auto node = nlohmann::json::parse(answer.body).at("node");
        index = node.at("modifiedIndex");
        const std::string key = node.at("key");
        haproxy_command(socket_, commands_(key.substr(key.rfind('/') + 1),
                                           node.at("value").get<std::string>()));
    }
}

} // namespace hitless::test
