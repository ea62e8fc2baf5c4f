#include "etcd/v2_write.hpp"

#include "hitless/base/text.hpp"

#include "etcd/json.hpp"
#include "etcd/v2.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <nlohmann/json.hpp>

namespace hitless::etcd::v2 {
namespace {

using nlohmann::json;

/// etcd's error codes (Documentation/v2/errorcode.md).
constexpr int compare_failed = 101;
constexpr int not_a_file = 102;
constexpr int not_a_directory = 104;
constexpr int key_exists = 105;

constexpr const char* form = "application/x-www-form-urlencoded";

Request put(const Registration& wanted, std::string_view query) {
    return {Request::Method::put, key_target(wanted.key, query),
            fmt::format("value={}&ttl={}",
                        boost::urls::encode(wanted.value, boost::urls::unreserved_chars),
                        wanted.ttl.count()),
            form};
}

std::uint64_t index_of(const json& node, const char* name) {
    const auto member = node.find(name);
    return member != node.end() && member->is_number_unsigned() ? member->get<std::uint64_t>() : 0;
}

std::string text_of(const json& object, const char* name) {
    const auto member = object.find(name);
    return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

Refusal is_directory(std::string_view key) {
    return {Refusal::Kind::misplaced,
            fmt::format("{} is a directory in etcd, which holds other keys and no value",
                        base::printable(key))};
}

/// `above`: the key that etcd has found in the place of a directory, if it has named it.
Refusal lies_below_value(std::string_view key, const std::string& above) {
    return {Refusal::Kind::misplaced,
            fmt::format("{} can't be below {}, which is a key with a value in etcd",
                        base::printable(key),
                        above.empty() ? "the key before its last /" : base::printable(above))};
}

Answer<std::optional<Holding>> senseless(std::string_view body) {
    return Refusal{Refusal::Kind::unavailable, "it answers with something else than the key",
                   base::printable(base::trim(body), 80)};
}

} // namespace

Request read_key(std::string_view key) {
    return Request::get(key_target(key, "quorum=true"));
}

Request create_key(const Registration& wanted) {
    return put(wanted, "prevExist=false");
}

Request set_key(const Registration& wanted) {
    return put(wanted, "");
}

Request refresh_key(const Registration& wanted, std::uint64_t version) {
    return {Request::Method::put,
            key_target(wanted.key, fmt::format("prevExist=true&prevIndex={}", version)),
            fmt::format("refresh=true&ttl={}", wanted.ttl.count()), form};
}

Request delete_key(std::string_view key, std::uint64_t version) {
    return {Request::Method::remove, key_target(key, fmt::format("prevIndex={}", version)), {}, ""};
}

Answer<std::optional<Holding>> parse_key(std::string_view key, const Head& head,
                                         std::string_view body) {
    json document = parse_json(body);
    if (!document.is_object())
        return head.status / 100 == 2 ? senseless(body) : parse_refusal(head, body);
    if (head.status / 100 != 2) {
        const std::uint64_t code = index_of(document, "errorCode");
        const bool is_absent = head.status == 404 && code == key_not_found;
        const bool is_another =
            head.status == 412 && (code == compare_failed || code == key_exists);
        if (is_absent || is_another)
            return std::optional<Holding>();
        if (code == not_a_file)
            return is_directory(key);
        if (code == not_a_directory)
            return lies_below_value(key, text_of(document, "cause"));
        return parse_refusal(head, body);
    }
    const json& node = document["node"];
    if (!node.is_object() || index_of(node, "modifiedIndex") == 0 || text_of(node, "key") != key)
        return senseless(body);
    if (node.contains("dir"))
        return is_directory(key);
    Holding holding;
    const auto value = node.find("value");
    const bool is_gone = text_of(document, "action").ends_with("elete");
    if (value != node.end() && value->is_string())
        holding.value = value->get<std::string>();
    else if (!is_gone)
        return senseless(body);
    holding.owner = index_of(node, "createdIndex");
    holding.version = index_of(node, "modifiedIndex");
    if (node.contains("expiration")) // "ttl" is left out when it is 0
        holding.ttl = std::chrono::seconds(index_of(node, "ttl"));
    return std::optional(holding);
}

} // namespace hitless::etcd::v2
