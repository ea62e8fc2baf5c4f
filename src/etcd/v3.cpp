#include "etcd/v3.hpp"

#include "hitless/base/text.hpp"
#include "hitless/keys/key_tree.hpp"

#include "etcd/base64.hpp"
#include "etcd/json.hpp"
#include "etcd/v3_json.hpp"
#include "etcd/v3_range.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace hitless::etcd::v3 {
namespace {

using nlohmann::json;

/// The first key behind the range that has the whole subtree.
std::string end_of_range(std::string_view root) {
    std::string end(root);
    if (root == "/")
        end.pop_back();
    end += static_cast<char>('/' + 1);
    return end;
}

json range_of(std::string_view root) {
    return {{"key", encode_base64(root)}, {"range_end", encode_base64(end_of_range(root))}};
}

/// Whether the key is one that was asked for, also if it lies beside the subtree.
bool in_range(std::string_view key, std::string_view root) {
    return key >= root && key < end_of_range(root);
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// What etcd says when user name, password, token or rights won't do.
bool is_about_access(std::string_view message) {
    return contains(message, "permission denied") || contains(message, "user name is empty") ||
           contains(message, "invalid user ID or password") ||
           contains(message, "invalid auth token");
}

Refusal refuses_us(std::string_view message) {
    return {Refusal::Kind::unauthorized,
            fmt::format("it refuses us ({}): check user name and password (-basic-auth), and that "
                        "this user's role may read the keys",
                        base::printable(message, 200))};
}

/// Adds what happened to a key, unless that is beside the subtree.
bool add_event(std::string_view root, const json& event, Change& change) {
    const json& kv = member(event, "kv");
    const auto key = decode_base64(text_of(kv, "key"));
    auto value = decode_base64(text_of(kv, "value"));
    const std::string type = text_of(event, "type");
    const bool has_type = event.contains("type");
    if (!key || !value || !in_range(*key, root) ||
        (has_type && type != "PUT" && type != "DELETE") ||
        (kv.contains("value") && !kv["value"].is_string()))
        return false;
    std::string clean = keys::clean(*key);
    if (!keys::is_within(clean, root))
        return true;
    change.unclean = change.unclean || clean != *key;
    const bool removed = type == "DELETE";
    change.events.push_back({removed ? keys::Event::Kind::remove : keys::Event::Kind::put,
                             std::move(clean), removed ? std::string() : std::move(*value), true});
    return true;
}

Answer<WatchLine> parse_canceled(const json& result) {
    if (member(result, "compact_revision").is_string())
        return Refusal{Refusal::Kind::outdated,
                       "the events since the last one known are compacted"};
    const std::string reason = text_of(result, "cancel_reason");
    if (contains(reason, "invalid auth token"))
        return Refusal{Refusal::Kind::unavailable, "it takes our token no longer"};
    if (is_about_access(reason))
        return refuses_us(reason);
    return Refusal{Refusal::Kind::unavailable, "it cancels the watch",
                   base::printable(reason, 200)};
}

} // namespace

Request range(std::string_view root) {
    return post("/v3/kv/range", range_of(root));
}

Answer<Reading> parse_range(std::string_view root, const Head& head, std::string_view body) {
    if (head.status != 200)
        return parse_refusal(head, body);
    Range range;
    if (!parse_range_body(body, range))
        return senseless(body);
    Reading reading;
    reading.index = range.revision;
    reading.cluster = std::move(range.cluster);
    std::vector<keys::Entry> spelt_otherwise;
    for (keys::Entry& entry : range.entries) {
        if (!in_range(entry.key, root))
            return senseless(body);
        std::string clean = keys::clean(entry.key);
        if (!keys::is_within(clean, root))
            continue;
        const bool is_clean = clean == entry.key;
        entry.key = std::move(clean);
        (is_clean ? reading.entries : spelt_otherwise).push_back(std::move(entry));
    }
    reading.unclean = !spelt_otherwise.empty();
    // Of two entries for one key the later one counts.
    reading.entries.insert(reading.entries.begin(),
                           std::make_move_iterator(spelt_otherwise.begin()),
                           std::make_move_iterator(spelt_otherwise.end()));
    return reading;
}

Request watch(std::string_view root, std::uint64_t from) {
    json create = range_of(root);
    create["start_revision"] = std::to_string(from);
    create["progress_notify"] = true;
    return post("/v3/watch", {{"create_request", std::move(create)}});
}

Answer<WatchLine> parse_line(std::string_view root, std::string_view line) {
    const json document = parse_json(line);
    const json& result = member(document, "result");
    if (!result.is_object()) {
        const std::string message = text_of(member(document, "error"), "message");
        if (message.empty())
            return senseless(line);
        return Refusal{Refusal::Kind::unavailable, "it ends the watch",
                       base::printable(message, 200)};
    }
    if (member(result, "canceled") == true)
        return parse_canceled(result);
    const json& header = member(result, "header");
    const json& events = member(result, "events");
    if (unsigned_of(header, "revision") == 0 || !(events.is_array() || events.is_null()))
        return senseless(line);
    WatchLine parsed;
    if (member(result, "created") == true)
        parsed.begin = Head{200, unsigned_of(header, "revision"), text_of(header, "cluster_id")};
    for (const json& event : events) {
        const std::uint64_t revision = unsigned_of(member(event, "kv"), "mod_revision");
        if (revision == 0)
            return senseless(line);
        if (parsed.changes.empty() || parsed.changes.back().index != revision)
            parsed.changes.emplace_back().index = revision;
        if (!add_event(root, event, parsed.changes.back()))
            return senseless(line);
    }
    // A notice of progress: everything up to this revision was told.
    if (!parsed.begin && events.empty())
        parsed.changes.emplace_back().index = unsigned_of(header, "revision");
    return parsed;
}

Request probe(std::string_view root) {
    // A key that nobody has: the answer is short, and a user who may read the root may ask.
    const std::string key = fmt::format("{}/_hitless", root == "/" ? "" : root);
    return post("/v3/kv/range", {{"key", encode_base64(key)}});
}

Request members() {
    return post("/v3/cluster/member/list", json::object());
}

Request log_in(const std::string& name, const std::string& password) {
    return post("/v3/auth/authenticate", {{"name", name}, {"password", password}});
}

Answer<std::string> parse_token(const Head& head, std::string_view body) {
    const json document = parse_json(body);
    if (head.status == 200) {
        std::string token = text_of(document, "token");
        if (token.empty())
            return senseless(body);
        return token;
    }
    // "authentication is not enabled": then nobody asks for a token either.
    if (member(document, "code") == code::failed_precondition)
        return std::string();
    return parse_refusal(head, body);
}

Refusal parse_refusal(const Head& head, std::string_view body) {
    const json error = parse_json(body);
    const std::string message = text_of(error, "message");
    const json& number = member(error, "code");
    const int status = number.is_number_integer() ? number.get<int>() : 0;
    if (message.empty() && head.status == 404)
        return {Refusal::Kind::unavailable,
                "it has no v3 JSON gateway: that needs etcd 3.4 or later, without "
                "--enable-grpc-gateway=false (-backend etcd reads the v2 store)"};
    if (status == code::permission_denied || status == code::unauthenticated ||
        head.status == 401 || head.status == 403 || is_about_access(message))
        return refuses_us(message);
    return {Refusal::Kind::unavailable, fmt::format("it answers with HTTP {}", head.status),
            base::printable(base::trim(message.empty() ? body : message), 200)};
}

} // namespace hitless::etcd::v3
