#include "support/etcd_server.hpp"

#include "etcd/base64.hpp"
#include "support/free_port.hpp"
#include "support/http.hpp"
#include "support/wait_until.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <stdexcept>

namespace hitless::test {

using etcd::encode_base64;
using nlohmann::json;

EtcdServer::EtcdServer(EtcdOptions options) : options_(std::move(options)) {
    if (options_.client_port == 0)
        options_.client_port = free_port();
    if (options_.peer_port == 0)
        options_.peer_port = free_port();
    start();
}

std::string EtcdServer::url() const {
    return fmt::format("{}://127.0.0.1:{}", options_.client_scheme, options_.client_port);
}

void EtcdServer::start(bool with_data) {
    const std::string data = directory_ / "data";
    if (!with_data)
        std::filesystem::remove_all(data);
    const bool alone = options_.initial_cluster.empty();
    const std::string peer = fmt::format("http://127.0.0.1:{}", options_.peer_port);
    const std::string cluster =
        alone ? fmt::format("{}={}", options_.name, peer) : options_.initial_cluster;
    std::vector<std::string> arguments{
        "etcd", "--name", options_.name, "--data-dir", data, "--logger", "zap", "--log-level",
        "warn", "--listen-client-urls", url(), "--advertise-client-urls", url(),
        "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster",
        cluster, "--initial-cluster-state", "new", fmt::format("--enable-v2={}", options_.v2),
        // Short elections: one alone needs none, three on a busy machine need some patience.
        "--heartbeat-interval", alone ? "10" : "50", "--election-timeout", alone ? "50" : "500"};
    arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
    process_.emplace(std::move(arguments), directory_ / "etcd.log");
    if (alone && options_.client_scheme == "http" && !wait_healthy())
        throw std::runtime_error("etcd doesn't start:\n" + process_->log());
}

void EtcdServer::stop() {
    process_->stop();
}

bool EtcdServer::wait_healthy(std::chrono::milliseconds limit) const {
    return wait_until(
        [&] { return http("GET", url() + "/health").body.find("true") != std::string::npos; },
        limit);
}

void EtcdServer::change(const std::string& method, const std::string& key, const std::string& query,
                        const std::string& body) const {
    const std::string target = fmt::format("{}/v2/keys{}{}", url(), url_encoded(key), query);
    const HttpAnswer answer = http(method, target, body);
    if (answer.status / 100 != 2)
        throw std::runtime_error(
            fmt::format("{} {}: {} {}", method, target, answer.status, answer.body));
}

std::string EtcdServer::ask_v3(const std::string& path, const std::string& message) const {
    HttpAnswer answer = http("POST", url() + path, message);
    if (answer.status != 200)
        throw std::runtime_error(fmt::format("{} {}: {}", path, message, answer.body));
    return std::move(answer.body);
}

void EtcdServer::put(const std::string& key, const std::string& value) const {
    if (is_v3()) {
        const json message{{"key", encode_base64(key)}, {"value", encode_base64(value)}};
        ask_v3("/v3/kv/put", message.dump());
        return;
    }
    change("PUT", key, "", "value=" + url_encoded(value));
}

void EtcdServer::put(const std::string& key, const std::string& value,
                     std::chrono::seconds ttl) const {
    if (is_v3()) {
        const json granted =
            json::parse(ask_v3("/v3/lease/grant", json{{"TTL", ttl.count()}}.dump()));
        const json message{{"key", encode_base64(key)},
                           {"value", encode_base64(value)},
                           {"lease", granted.at("ID")}};
        ask_v3("/v3/kv/put", message.dump());
        return;
    }
    change("PUT", key, "", fmt::format("value={}&ttl={}", url_encoded(value), ttl.count()));
}

void EtcdServer::put_dir(const std::string& key) const {
    change("PUT", key, "", "dir=true");
}

void EtcdServer::put_dir(const std::string& key, std::chrono::seconds ttl) const {
    change("PUT", key, "", fmt::format("dir=true&ttl={}", ttl.count()));
}

void EtcdServer::remove(const std::string& key) const {
    if (is_v3()) {
        const auto deletion = [](const json& range) {
            return json{{"request_delete_range", range}};
        };
        const json message{{"success",
                            {deletion({{"key", encode_base64(key)}}),
                             deletion({{"key", encode_base64(key + "/")},
                                       {"range_end", encode_base64(key + "0")}})}}};
        if (ask_v3("/v3/kv/txn", message.dump()).find("\"deleted\"") == std::string::npos)
            throw std::runtime_error("there was no " + key);
        return;
    }
    change("DELETE", key, "?recursive=true", "");
}

std::uint64_t EtcdServer::index() const {
    if (is_v3()) {
        const json answer =
            json::parse(ask_v3("/v3/kv/range", json{{"key", encode_base64("/")}}.dump()));
        return std::stoull(answer.at("header").at("revision").get<std::string>());
    }
    return std::stoull(http("GET", url() + "/v2/keys/").headers.at("x-etcd-index"));
}

} // namespace hitless::test
