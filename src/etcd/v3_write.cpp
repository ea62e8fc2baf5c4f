#include "etcd/v3_write.hpp"

#include "hitless/base/text.hpp"

#include "etcd/base64.hpp"
#include "etcd/v3.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace hitless::etcd::v3 {
namespace {

using nlohmann::json;

/// gRPC's status codes (grpc/status.h).
constexpr int not_found = 5;
constexpr int failed_precondition = 9;

Request post(const char* target, const json& body) {
    return {Request::Method::post, target, body.dump(), "application/json"};
}

json parse(std::string_view body) {
    json document = json::parse(body, nullptr, false);
    return document.is_object() ? document : json::object();
}

/// A member that is an object, or an empty one.
json part(const json& object, const char* name) {
    const auto member = object.find(name);
    return member != object.end() && member->is_object() ? *member : json::object();
}

/// 64-bit numbers are strings in JSON made of protobuf, and those that are 0 are left out.
std::int64_t number(const json& object, const char* name) {
    const auto member = object.find(name);
    std::int64_t value = 0;
    if (member == object.end())
        return 0;
    if (member->is_number_integer())
        return member->get<std::int64_t>();
    if (member->is_string()) {
        const auto& text = member->get_ref<const std::string&>();
        std::from_chars(text.data(), text.data() + text.size(), value);
    }
    return value;
}

std::string bytes(const json& object, const char* name) {
    const auto member = object.find(name);
    if (member == object.end() || !member->is_string())
        return {};
    return decode_base64(member->get_ref<const std::string&>()).value_or("");
}

std::string text(const json& object, const char* name) {
    const auto member = object.find(name);
    return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

/// What gRPC says; 0 when it isn't the gateway that answers.
int code_of(const json& document) {
    return static_cast<int>(number(document, "code"));
}

Refusal senseless(std::string_view body) {
    return {Refusal::Kind::unavailable,
            fmt::format("it answers with something else than etcd's v3 API does: '{}'",
                        base::printable(base::trim(body), 80))};
}

json compare(std::string_view key, const Condition& condition) {
    const std::string name = encode_base64(key);
    switch (condition.kind) {
    case Condition::Kind::none:
        return json::array();
    case Condition::Kind::absent:
        return json::array({{{"key", name}, {"target", "CREATE"}, {"create_revision", "0"}}});
    case Condition::Kind::unchanged:
        return json::array({{{"key", name},
                             {"target", "MOD"},
                             {"mod_revision", std::to_string(condition.revision)}}});
    }
    return json::array();
}

} // namespace

Request grant(std::uint64_t lease, std::chrono::seconds ttl) {
    return post("/v3/lease/grant",
                {{"ID", std::to_string(lease)}, {"TTL", std::to_string(ttl.count())}});
}

Answer<void> parse_grant(const Head& head, std::string_view body) {
    if (head.status == 200)
        return {};
    const json document = parse(body);
    if (code_of(document) == failed_precondition &&
        text(document, "error").find("lease already exists") != std::string::npos)
        return {};
    return parse_refusal(head, body);
}

Request keep_alive(std::uint64_t lease) {
    return post("/v3/lease/keepalive", {{"ID", std::to_string(lease)}});
}

Answer<bool> parse_keep_alive(const Head& head, std::string_view body) {
    if (is_lost_lease(head, body))
        return false;
    if (head.status != 200)
        return parse_refusal(head, body);
    const json document = parse(body);
    const json result = part(document, "result");
    if (!result.contains("ID"))
        return document.contains("error")
                   ? parse_refusal({503, 0, {}}, part(document, "error").dump())
                   : senseless(body);
    return number(result, "TTL") > 0; // without a TTL, it is gone
}

Request time_to_live(std::uint64_t lease) {
    return post("/v3/lease/timetolive", {{"ID", std::to_string(lease)}});
}

Answer<std::optional<std::chrono::seconds>> parse_time_to_live(const Head& head,
                                                               std::string_view body) {
    if (is_lost_lease(head, body))
        return std::optional<std::chrono::seconds>();
    if (head.status != 200)
        return parse_refusal(head, body);
    const auto left = number(parse(body), "TTL"); // -1: gone
    return left < 0 ? std::nullopt : std::optional(std::chrono::seconds(left));
}

Request revoke(std::uint64_t lease) {
    return post("/v3/lease/revoke", {{"ID", std::to_string(lease)}});
}

Answer<bool> parse_revoke(const Head& head, std::string_view body) {
    if (is_lost_lease(head, body))
        return false;
    if (head.status != 200)
        return parse_refusal(head, body);
    return true;
}

Request read_key(std::string_view key) {
    return post("/v3/kv/range", {{"key", encode_base64(key)}});
}

Answer<std::optional<Holding>> parse_reading(const Head& head, std::string_view body) {
    if (head.status != 200)
        return parse_refusal(head, body);
    const json document = parse(body);
    if (!document.contains("header"))
        return senseless(body);
    const auto found = document.find("kvs");
    if (found == document.end() || !found->is_array() || found->empty() ||
        !found->front().is_object())
        return std::optional<Holding>();
    const json& pair = found->front();
    return std::optional(
        Holding{bytes(pair, "value"), static_cast<std::uint64_t>(number(pair, "lease")),
                static_cast<std::uint64_t>(number(pair, "mod_revision")), std::nullopt});
}

Request put_key(const Registration& wanted, std::uint64_t lease, Condition condition) {
    const json put = {{"key", encode_base64(wanted.key)},
                      {"value", encode_base64(wanted.value)},
                      {"lease", std::to_string(lease)}};
    return post("/v3/kv/txn", {{"compare", compare(wanted.key, condition)},
                               {"success", json::array({{{"request_put", put}}})}});
}

Request delete_key(std::string_view key, std::uint64_t revision) {
    const json range = {{"key", encode_base64(key)}};
    return post("/v3/kv/txn", {{"compare", compare(key, {Condition::Kind::unchanged, revision})},
                               {"success", json::array({{{"request_delete_range", range}}})}});
}

Answer<std::optional<std::uint64_t>> parse_write(const Head& head, std::string_view body) {
    if (head.status != 200)
        return parse_refusal(head, body);
    const json document = parse(body);
    if (!document.contains("header"))
        return senseless(body);
    const auto succeeded = document.find("succeeded");
    if (succeeded == document.end() || *succeeded != true)
        return std::optional<std::uint64_t>();
    return std::optional(static_cast<std::uint64_t>(number(part(document, "header"), "revision")));
}

bool is_lost_lease(const Head& head, std::string_view body) {
    return head.status != 200 && code_of(parse(body)) == not_found;
}

} // namespace hitless::etcd::v3
