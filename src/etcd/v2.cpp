#include "etcd/v2.hpp"

#include "hitless/base/result.hpp"
#include "hitless/base/text.hpp"

#include "etcd/json.hpp"
#include "etcd/v2_tree.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace hitless::etcd::v2 {
namespace {

using nlohmann::json;

/// etcd's error codes (Documentation/v2/errorcode.md).
constexpr int not_a_directory = 104;
constexpr int unauthorized = 110;
constexpr int index_outdated = 401;

/// Each comes with a status of its own. With another one it is something else than etcd that
/// speaks.
bool is_key_not_found(unsigned status, int code) {
    return status == 404 && code == key_not_found;
}
bool is_not_a_directory(unsigned status, int code) {
    return status == 400 && code == not_a_directory;
}
bool is_index_outdated(unsigned status, int code) {
    return status == 400 && code == index_outdated;
}

Refusal senseless(std::string_view body) {
    return {Refusal::Kind::unavailable, "it answers with something else than etcd's v2 API does",
            base::printable(base::trim(body), 80)};
}

std::string text_of(const json& object, const char* name) {
    const auto member = object.find(name);
    return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

/// The errorCode of a JSON error, or 0.
int error_code(const json& error) {
    const auto code = error.is_object() ? error.find("errorCode") : error.end();
    return code != error.end() && code->is_number_integer() ? code->get<int>() : 0;
}

/// A plain 404 comes from a server that has no v2 API at all.
Refusal without_code(const Head& head, std::string_view body) {
    if (head.status == 404)
        return {Refusal::Kind::unavailable,
                "it has no v2 API: start etcd (up to 3.5) with --enable-v2=true, or read its v3 "
                "store with -backend etcdv3 (which holds other keys)"};
    if (head.status == 401 || head.status == 403)
        return {Refusal::Kind::unauthorized,
                fmt::format("it refuses us (HTTP {}): check user name, password and client "
                            "certificate",
                            head.status)};
    return {Refusal::Kind::unavailable, fmt::format("it answers with HTTP {}", head.status),
            base::printable(base::trim(body), 80)};
}

enum class ActionKind { writing, update, removal };

/// What an event's action does; nullopt when events have none of that name. ("get" is none: a
/// server that answers with it hasn't waited.)
std::optional<ActionKind> kind_of(std::string_view action) {
    constexpr std::pair<std::string_view, ActionKind> kinds[] = {
        {"set", ActionKind::writing},
        {"create", ActionKind::writing},
        {"compareAndSwap", ActionKind::writing},
        {"update", ActionKind::update},
        {"delete", ActionKind::removal},
        {"expire", ActionKind::removal},
        {"compareAndDelete", ActionKind::removal}};
    for (const auto& [name, kind] : kinds)
        if (name == action)
            return kind;
    return std::nullopt;
}

/// Whether events of the key reach a watch of the root.
bool is_near(std::string_view key, std::string_view root) {
    return key.starts_with('/') && (keys::is_within(key, root) || keys::is_within(root, key));
}

keys::Event event_of(json& node, bool removed) {
    using Kind = keys::Event::Kind;
    keys::Event event{removed ? Kind::remove : Kind::put,
                      std::move(node["key"].get_ref<std::string&>()),
                      {},
                      false};
    if (!removed)
        event.value = std::move(node["value"].get_ref<std::string&>());
    return event;
}

} // namespace

std::string key_target(std::string_view key, std::string_view query) {
    return fmt::format("/v2/keys{}?{}",
                       boost::urls::encode(key, boost::urls::unreserved_chars + '/'), query);
}

std::string read_target(std::string_view root) {
    return key_target(root, "recursive=true&quorum=true");
}

std::string watch_target(std::string_view root, std::uint64_t index, bool stream) {
    return key_target(root, fmt::format("wait=true&recursive=true{}&waitIndex={}",
                                        stream ? "&stream=true" : "", index));
}

std::string probe_target(std::string_view root) {
    // A hidden key that nobody has: the answer is short, and a user who may read the root may ask.
    return key_target(fmt::format("{}/_hitless", root == "/" ? "" : root), "quorum=true");
}

Answer<Reading> parse_reading(std::string_view root, const Head& head, std::string_view body) {
    Reading reading;
    reading.index = head.index;
    reading.cluster = head.cluster;
    if (head.status == 200) {
        if (head.index == 0 || !parse_tree(root, head.index, body, reading.entries))
            return senseless(body);
        return reading;
    }
    const json error = parse_json(body);
    const int code = error_code(error);
    if (!is_key_not_found(head.status, code) && !is_not_a_directory(head.status, code))
        return parse_refusal(head, body);
    // The cause is the first key on the way to the root that isn't there, or is no directory.
    const std::string cause = error.is_object() ? text_of(error, "cause") : "";
    if (head.index == 0 || !cause.starts_with('/') || !keys::is_within(root, cause))
        return senseless(body);
    return reading;
}

Answer<Change> parse_change(std::string_view root, std::string_view line) {
    json document = parse_json(line);
    if (!document.is_object() || !document["node"].is_object())
        return senseless(line);
    json& node = document["node"];
    const auto kind = kind_of(text_of(document, "action"));
    const std::string key = text_of(node, "key");
    const json& index = node["modifiedIndex"];
    const json& dir = node["dir"];
    if (!kind || !is_near(key, root) || !index.is_number_unsigned() || index == 0 ||
        index > most_index || !(dir.is_boolean() || dir.is_null()))
        return senseless(line);
    Change change;
    change.index = index.get<std::uint64_t>();
    // A directory that is set or created is empty, and replaces a plain key if there was one. One
    // that is updated (its ttl) keeps what it holds.
    if (*kind == ActionKind::removal || (dir == true && *kind != ActionKind::update))
        change.events.push_back(event_of(node, true));
    else if (node["value"].is_string())
        change.events.push_back(event_of(node, false));
    else if (dir != true)
        return senseless(line);
    return change;
}

std::vector<std::string> parse_members(std::string_view body) {
    std::vector<std::string> urls;
    const json document = parse_json(body);
    const json none = json::array();
    const auto list = [&](const json& object, const char* name) -> const json& {
        const auto member = object.is_object() ? object.find(name) : object.end();
        return member != object.end() && member->is_array() ? *member : none;
    };
    for (const json& member : list(document, "members"))
        for (const json& url : list(member, "clientURLs"))
            if (url.is_string())
                urls.push_back(url.get<std::string>());
    return urls;
}

Refusal parse_refusal(const Head& head, std::string_view body) {
    const json error = parse_json(body);
    const int code = error_code(error);
    if (code == 0)
        return without_code(head, body);
    if (is_index_outdated(head.status, code))
        return {Refusal::Kind::outdated, "the events since the last one known are no longer kept"};
    if (code == unauthorized || head.status == 401 || head.status == 403)
        return {Refusal::Kind::unauthorized,
                fmt::format("it refuses us ({}): check user name and password, and that this "
                            "user's role may read the keys",
                            base::printable(text_of(error, "cause")))};
    return {Refusal::Kind::unavailable,
            fmt::format("it answers with error {}: {}", code,
                        base::printable(text_of(error, "message"), 80)),
            base::printable(text_of(error, "cause"), 200)};
}

} // namespace hitless::etcd::v2
