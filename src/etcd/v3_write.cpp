#include "etcd/v3_write.hpp"

#include "etcd/base64.hpp"
#include "etcd/json.hpp"
#include "etcd/v3.hpp"
#include "etcd/v3_json.hpp"

#include <nlohmann/json.hpp>

namespace hitless::etcd::v3 {
namespace {

using nlohmann::json;

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
    const json document = parse_json(body);
    if (member(document, "code") == code::failed_precondition &&
        text_of(document, "error").find("lease already exists") != std::string::npos)
        return {};
    return parse_refusal(head, body);
}

Request keep_alive(std::uint64_t lease) {
    return post("/v3/lease/keepalive", {{"ID", std::to_string(lease)}});
}

Answer<bool> parse_keep_alive(std::uint64_t lease, const Head& head, std::string_view body) {
    if (is_lost_lease(head, body))
        return false;
    if (head.status != 200)
        return parse_refusal(head, body);
    const json document = parse_json(body);
    const json& result = member(document, "result");
    if (unsigned_of(result, "ID") != lease)
        return document.contains("error")
                   ? parse_refusal({503, 0, {}}, member(document, "error").dump())
                   : senseless(body);
    return number_of(result, "TTL") > 0; // without a TTL, it is gone
}

Request time_to_live(std::uint64_t lease) {
    return post("/v3/lease/timetolive", {{"ID", std::to_string(lease)}});
}

Answer<std::optional<std::chrono::seconds>>
parse_time_to_live(std::uint64_t lease, const Head& head, std::string_view body) {
    if (is_lost_lease(head, body))
        return std::optional<std::chrono::seconds>();
    if (head.status != 200)
        return parse_refusal(head, body);
    const json document = parse_json(body);
    if (unsigned_of(document, "ID") != lease)
        return senseless(body);
    const auto left = number_of(document, "TTL"); // -1: gone
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

Answer<std::optional<Holding>> parse_reading(std::string_view key, const Head& head,
                                             std::string_view body) {
    if (head.status != 200)
        return parse_refusal(head, body);
    const json document = parse_json(body);
    const json& found = member(document, "kvs");
    if (unsigned_of(member(document, "header"), "revision") == 0)
        return senseless(body);
    if (found.is_null())
        return std::optional<Holding>();
    if (!found.is_array() || found.size() != 1)
        return senseless(body);
    const json& pair = found.front();
    const auto value = decode_base64(text_of(pair, "value"));
    if (decode_base64(text_of(pair, "key")) != key || !value ||
        unsigned_of(pair, "mod_revision") == 0)
        return senseless(body);
    return std::optional(Holding{*value, unsigned_of(pair, "lease"),
                                 unsigned_of(pair, "mod_revision"), std::nullopt});
}

Request look_below(std::string_view key) {
    const std::string name(key);
    return post("/v3/kv/range", {{"key", encode_base64(name + '/')},
                                 {"range_end", encode_base64(name + static_cast<char>('/' + 1))},
                                 {"limit", "1"},
                                 {"keys_only", true}});
}

Answer<bool> parse_look_below(const Head& head, std::string_view body) {
    if (head.status != 200)
        return parse_refusal(head, body);
    const json document = parse_json(body);
    if (unsigned_of(member(document, "header"), "revision") == 0)
        return senseless(body);
    const json& found = member(document, "kvs");
    return found.is_array() && !found.empty();
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
    const json document = parse_json(body);
    if (unsigned_of(member(document, "header"), "revision") == 0)
        return senseless(body);
    if (member(document, "succeeded") != true)
        return std::optional<std::uint64_t>();
    return std::optional(unsigned_of(member(document, "header"), "revision"));
}

bool is_lost_lease(const Head& head, std::string_view body) {
    return head.status == 404 && member(parse_json(body), "code") == code::not_found;
}

} // namespace hitless::etcd::v3
