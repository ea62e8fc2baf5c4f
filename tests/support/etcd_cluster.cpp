#include "support/etcd_cluster.hpp"

#include "support/free_port.hpp"
#include "support/http.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace hitless::test {

EtcdCluster::EtcdCluster(std::size_t size, etcd::Settings::Api api) {
    std::vector<EtcdOptions> all(size);
    std::string members;
    for (std::size_t i = 0; i < size; ++i) {
        all[i].name = fmt::format("node{}", i);
        all[i].peer_port = free_port();
        members += fmt::format("{}{}=http://127.0.0.1:{}", i == 0 ? "" : ",", all[i].name,
                               all[i].peer_port);
    }
    for (EtcdOptions& options : all) {
        options.initial_cluster = members;
        options.api = api;
        nodes_.push_back(std::make_unique<EtcdServer>(options));
    }
    for (const auto& node : nodes_)
        if (!node->wait_healthy(std::chrono::seconds(60)))
            throw std::runtime_error("etcd's cluster doesn't start:\n" + node->process().log());
}

std::vector<std::string> EtcdCluster::urls() const {
    std::vector<std::string> urls;
    for (const auto& node : nodes_)
        urls.push_back(node->url());
    return urls;
}

std::size_t EtcdCluster::leader() const {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const auto self =
            http("GET", nodes_[i]->url() + "/v2/stats/self", "", std::chrono::seconds(1));
        if (self.body.find("\"StateLeader\"") != std::string::npos)
            return i;
    }
    return nodes_.size();
}

} // namespace hitless::test
