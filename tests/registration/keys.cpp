#include "registration/keys.hpp"

#include "etcd/base64.hpp"
#include "support/http.hpp"
#include "support/wait_until.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <stdexcept>

namespace hitless::test {
namespace {

using etcd::decode_base64;
using etcd::encode_base64;
using nlohmann::json;

bool is_v2(etcd::Settings::Api api) {
    return api == etcd::Settings::Api::v2;
}

json parse(const std::string& text) {
    return json::parse(text, nullptr, false);
}

} // namespace

std::string Keys::ask(const std::string& target, const std::string& body) const {
    return http("POST", url_ + target, body, std::chrono::seconds(10), "application/json").body;
}

std::optional<std::string> Keys::get(const std::string& key) const {
    if (is_v2(api_)) {
        const json answer = parse(http("GET", url_ + "/v2/keys" + key).body);
        if (!answer.is_object() || !answer.contains("node"))
            return std::nullopt;
        return answer["node"].value("value", "");
    }
    const json answer = parse(ask("/v3/kv/range", json{{"key", encode_base64(key)}}.dump()));
    if (!answer.is_object() || !answer.contains("kvs"))
        return std::nullopt;
    return decode_base64(answer["kvs"][0].value("value", ""));
}

std::map<std::string, std::string> Keys::below(const std::string& directory) const {
    std::map<std::string, std::string> found;
    if (is_v2(api_)) {
        const json answer = parse(http("GET", url_ + "/v2/keys" + directory).body);
        if (answer.is_object() && answer.contains("node") && answer["node"].contains("nodes"))
            for (const json& node : answer["node"]["nodes"])
                found[node.at("key")] = node.value("value", "");
        return found;
    }
    const json range = {{"key", encode_base64(directory + "/")},
                        {"range_end", encode_base64(directory + "0")}};
    const json answer = parse(ask("/v3/kv/range", range.dump()));
    if (answer.is_object() && answer.contains("kvs"))
        for (const json& pair : answer["kvs"])
            found[*decode_base64(pair.at("key").get<std::string>())] =
                *decode_base64(pair.value("value", ""));
    return found;
}

void Keys::put(const std::string& key, const std::string& value) const {
    if (is_v2(api_)) {
        const auto answer = http("PUT", url_ + "/v2/keys" + key, "value=" + url_encoded(value));
        if (answer.status / 100 != 2)
            throw std::runtime_error("can't put " + key + ": " + answer.body);
        return;
    }
    ask("/v3/kv/put", json{{"key", encode_base64(key)}, {"value", encode_base64(value)}}.dump());
}

void Keys::remove(const std::string& key) const {
    if (is_v2(api_))
        http("DELETE", url_ + "/v2/keys" + key);
    else
        ask("/v3/kv/deleterange", json{{"key", encode_base64(key)}}.dump());
}

std::uint64_t Keys::last_event(const std::string& key) const {
    if (is_v2(api_)) {
        const json answer = parse(http("GET", url_ + "/v2/keys" + key).body);
        return answer.at("node").at("createdIndex");
    }
    const json answer = parse(ask("/v3/kv/range", json{{"key", encode_base64(key)}}.dump()));
    return std::stoull(answer.at("kvs").at(0).at("mod_revision").get<std::string>());
}

std::string Keys::expiration(const std::string& key) const {
    const json answer = parse(http("GET", url_ + "/v2/keys" + key).body);
    return answer.is_object() && answer.contains("node") ? answer["node"].value("expiration", "")
                                                         : "";
}

bool Keys::wait_renewals(const std::string& key, int count) const {
    if (is_v2(api_)) {
        std::string last = expiration(key);
        return wait_until([&] {
            const std::string now = expiration(key);
            count -= std::exchange(last, now) != now ? 1 : 0;
            return count == 0;
        });
    }
    // v3 tells the time that is left in whole seconds; but a key that outlives its TTL was renewed.
    const json range = parse(ask("/v3/kv/range", json{{"key", encode_base64(key)}}.dump()));
    const json lease = {{"ID", range.at("kvs").at(0).at("lease")}};
    const json left = parse(ask("/v3/lease/timetolive", lease.dump()));
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::seconds(std::stoi(left.at("grantedTTL").get<std::string>())) +
                     std::chrono::seconds(1);
    bool there = true;
    return wait_until([&] {
               there = there && get(key).has_value();
               return !there || std::chrono::steady_clock::now() > end;
           }) &&
           there;
}

std::string Keys::shell_look(const std::string& key) const {
    if (is_v2(api_))
        return fmt::format("curl -s {}/v2/keys{} | grep -q '\"node\"' && echo there || echo gone",
                           url_, key);
    return fmt::format("curl -s {}/v3/kv/range -d '{{\"key\":\"{}\"}}' | grep -q kvs && echo there "
                       "|| echo gone",
                       url_, encode_base64(key));
}

bool Keys::wait_value(const std::string& key, const std::optional<std::string>& value,
                      std::chrono::milliseconds limit) const {
    return wait_until([&] { return get(key) == value; }, limit);
}

} // namespace hitless::test
