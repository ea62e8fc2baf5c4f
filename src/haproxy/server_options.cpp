#include "hitless/haproxy/server_options.hpp"

#include "hitless/base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hitless::haproxy {
namespace {

constexpr ServerKeyword flag(std::string_view name, int dynamic_since) {
    return {name, 0, dynamic_since, false, {}, {}};
}
constexpr ServerKeyword value(std::string_view name, int dynamic_since) {
    return {name, 1, dynamic_since, false, {}, {}};
}
constexpr ServerKeyword list(std::string_view name, int dynamic_since) {
    return {name, -1, dynamic_since, false, {}, {}};
}
constexpr ServerKeyword at_start(std::string_view name) {
    return {name, 1, 0, true, {}, {}};
}
constexpr ServerKeyword either(std::string_view name, int dynamic_since, std::string_view group) {
    return {name, 0, dynamic_since, false, group, {}};
}
constexpr ServerKeyword opposite(std::string_view name, std::string_view takes_away) {
    return {name, 0, 0, false, {}, takes_away};
}

// Sorted by name. The numbers are from the fields `dynamic_ok` in the source of each version.
constexpr std::array keywords = {
    value("addr", 205),
    value("agent-addr", 205),
    flag("agent-check", 205),
    value("agent-inter", 205),
    value("agent-port", 205),
    value("agent-send", 205),
    flag("allow-0rtt", 205),
    value("alpn", 205),
    flag("backup", 204),
    value("ca-file", 205),
    value("cc", 0),
    flag("check", 205),
    value("check-alpn", 205),
    value("check-pool-conn-name", 302),
    value("check-proto", 205),
    flag("check-reuse-pool", 302),
    flag("check-send-proxy", 205),
    value("check-sni", 205),
    either("check-sni-auto", 0, "check-sni-auto"),
    either("check-ssl", 205, "check-ssl"),
    flag("check-via-socks4", 205),
    value("ciphers", 205),
    value("ciphersuites", 205),
    value("client-sigalgs", 209),
    value("cookie", 300),
    value("crl-file", 205),
    value("crt", 205),
    value("curves", 209),
    flag("disabled", 204),
    value("downinter", 205),
    opposite("enabled", "disabled"),
    value("error-limit", 205),
    value("fall", 205),
    value("fastinter", 205),
    flag("force-sslv3", 205),
    flag("force-tlsv10", 205),
    flag("force-tlsv11", 205),
    flag("force-tlsv12", 205),
    flag("force-tlsv13", 205),
    value("guid", 300),
    value("hash-key", 300),
    value("healthcheck", 304),
    value("id", 204),
    value("idle-ping", 302),
    at_start("init-addr"),
    value("init-state", 301),
    value("inter", 205),
    value("ktls", 303),
    value("log-bufsize", 0),
    value("log-proto", 0),
    value("max-reuse", 0),
    value("maxconn", 204),
    value("maxqueue", 204),
    value("minconn", 204),
    value("namespace", 0),
    opposite("no-agent-check", "agent-check"),
    opposite("no-backup", "backup"),
    opposite("no-check", "check"),
    opposite("no-check-reuse-pool", "check-reuse-pool"),
    opposite("no-check-send-proxy", "check-send-proxy"),
    either("no-check-sni-auto", 304, "check-sni-auto"),
    // Says more than a check-ssl that isn't there: see inherit_check_transport() in server.cpp.
    either("no-check-ssl", 0, "check-ssl"),
    either("no-renegotiate", 303, "renegotiate"),
    opposite("no-send-proxy", "send-proxy"),
    opposite("no-send-proxy-v2", "send-proxy-v2"),
    opposite("no-send-proxy-v2-ssl", "send-proxy-v2-ssl"),
    opposite("no-send-proxy-v2-ssl-cn", "send-proxy-v2-ssl-cn"),
    either("no-sni-auto", 304, "sni-auto"),
    opposite("no-ssl", "ssl"),
    flag("no-ssl-reuse", 205),
    flag("no-sslv3", 205),
    opposite("no-tfo", "tfo"),
    either("no-tls-tickets", 205, "tls-tickets"),
    flag("no-tlsv10", 205),
    flag("no-tlsv11", 205),
    flag("no-tlsv12", 205),
    flag("no-tlsv13", 205),
    flag("non-stick", 0),
    value("npn", 205),
    value("observe", 205),
    value("on-error", 205),
    value("on-marked-down", 205),
    value("on-marked-up", 205),
    value("pool-conn-name", 300),
    value("pool-low-conn", 204),
    value("pool-max-conn", 204),
    value("pool-purge-delay", 204),
    value("port", 205),
    value("proto", 204),
    value("proxy-v2-options", 204),
    value("quic-cc-algo", 0),
    value("redir", 0),
    either("renegotiate", 303, "renegotiate"),
    at_start("resolve-net"),
    at_start("resolve-opts"),
    at_start("resolve-prefer"),
    value("resolvers", 0),
    value("rise", 205),
    flag("send-proxy", 204),
    flag("send-proxy-v2", 204),
    flag("send-proxy-v2-ssl", 205),
    flag("send-proxy-v2-ssl-cn", 205),
    value("set-proxy-v2-tlv-fmt", 209),
    value("shard", 207),
    value("sigalgs", 209),
    value("slowstart", 205),
    value("sni", 205),
    either("sni-auto", 0, "sni-auto"),
    value("socks4", 0),
    list("source", 204),
    flag("ssl", 205),
    value("ssl-max-ver", 205),
    value("ssl-min-ver", 205),
    opposite("ssl-reuse", "no-ssl-reuse"),
    opposite("stick", "non-stick"),
    flag("strict-maxconn", 302),
    value("tcp-md5sig", 0),
    value("tcp-ut", 0),
    flag("tfo", 204),
    either("tls-tickets", 205, "tls-tickets"),
    value("track", 205),
    value("verify", 205),
    value("verifyhost", 205),
    value("weight", 204),
    value("ws", 205),
};
static_assert(std::ranges::is_sorted(keywords, {}, &ServerKeyword::name));

/// `source ADDR [usesrc ADDR2 | usesrc hdr_ip(name[,occ]) | interface NAME]`
std::size_t source_arguments(std::span<const std::string> words) {
    std::size_t count = std::min<std::size_t>(1, words.size());
    while (count + 1 < words.size() && (words[count] == "usesrc" || words[count] == "interface"))
        count += 2;
    return count;
}

/// `b` with what `a` says and it doesn't: the flags of `proxy-v2-options`, and the `usesrc` and
/// `interface` of `source` (srv_parse_proxy_v2_options, srv_parse_source).
ServerOption accumulate(const ServerOption& a, ServerOption b) {
    if (b.keyword == "proxy-v2-options") {
        for (const std::string_view flag : base::split(a.arguments.front(), ',')) {
            const auto flags = base::split(b.arguments.front(), ',');
            if (std::ranges::find(flags, flag) == flags.end())
                b.arguments.front() += fmt::format(",{}", flag);
        }
    } else if (b.keyword == "source") {
        for (std::size_t i = 1; i + 1 < a.arguments.size(); i += 2) {
            if (std::ranges::find(b.arguments, a.arguments[i]) == b.arguments.end())
                b.arguments.insert(b.arguments.end(), {a.arguments[i], a.arguments[i + 1]});
        }
    }
    return b;
}

/// "set-proxy-v2-tlv-fmt(0x20)" carries an argument in the keyword.
std::string_view without_parentheses(std::string_view word) {
    return word.starts_with("set-proxy-v2-tlv-fmt(") ? word.substr(0, word.find('(')) : word;
}

} // namespace

const ServerKeyword* find_server_keyword(std::string_view name) {
    const auto* const found = std::ranges::lower_bound(keywords, name, {}, &ServerKeyword::name);
    return found != keywords.end() && found->name == name ? found : nullptr;
}

bool is_server_keyword(std::string_view word) {
    return find_server_keyword(without_parentheses(word)) != nullptr;
}

Result<std::size_t> count_arguments(const ServerKeyword& keyword,
                                    std::span<const std::string> words) {
    const std::size_t count = keyword.arguments < 0 ? source_arguments(words)
                                                    : static_cast<std::size_t>(keyword.arguments);
    if (count > words.size() || (keyword.arguments < 0 && count == 0))
        return fail("option '{}' lacks its value", keyword.name);
    return count;
}

Result<void> ServerOptions::merge(std::span<const std::string> words) {
    while (!words.empty()) {
        const std::string_view word = words.front();
        const auto* const keyword = find_server_keyword(without_parentheses(word));
        words = words.subspan(1);
        if (keyword == nullptr) {
            put({std::string(word), {}}, {});
            continue;
        }
        if (!keyword->takes_away.empty()) {
            erase(keyword->takes_away);
            continue;
        }
        const auto count = count_arguments(*keyword, words);
        if (!count)
            return count.error();
        put({std::string(word),
             {words.begin(), words.begin() + static_cast<std::ptrdiff_t>(*count)}},
            keyword->group);
        words = words.subspan(*count);
    }
    return {};
}

void ServerOptions::put(ServerOption option, std::string_view group) {
    if (const ServerOption* const before = find(option.keyword))
        option = accumulate(*before, std::move(option));
    std::erase_if(options_, [&](const ServerOption& other) {
        if (other.keyword == option.keyword)
            return true;
        const auto* const known = group.empty() ? nullptr : find_server_keyword(other.keyword);
        return known != nullptr && known->group == group;
    });
    options_.push_back(std::move(option));
}

bool operator==(const ServerOptions& a, const ServerOptions& b) {
    return std::ranges::is_permutation(a.options_, b.options_);
}

const ServerOption* ServerOptions::find(std::string_view keyword) const {
    const auto found = std::ranges::find(options_, keyword, &ServerOption::keyword);
    return found == options_.end() ? nullptr : &*found;
}

std::string_view ServerOptions::argument(std::string_view keyword) const {
    const auto* const option = find(keyword);
    return option == nullptr || option->arguments.empty() ? std::string_view{}
                                                          : option->arguments.front();
}

void ServerOptions::erase(std::string_view keyword) {
    std::erase_if(options_, [&](const ServerOption& option) { return option.keyword == keyword; });
}

} // namespace hitless::haproxy
