#include "hitless/haproxy/server_options.hpp"

#include <algorithm>
#include <array>

namespace hitless::haproxy {
namespace {

constexpr ServerKeyword flag(std::string_view name) {
    return {name, 0, true, false, {}};
}
constexpr ServerKeyword value(std::string_view name) {
    return {name, 1, true, false, {}};
}
constexpr ServerKeyword fixed(std::string_view name, int arguments) {
    return {name, arguments, false, false, {}};
}
constexpr ServerKeyword at_start(std::string_view name, int arguments) {
    return {name, arguments, false, true, {}};
}

// Sorted by name. A `no-` form stands here where it says more than taking the other one away.
constexpr std::array keywords = {
    value("addr"),
    value("agent-addr"),
    flag("agent-check"),
    value("agent-inter"),
    value("agent-port"),
    value("agent-send"),
    flag("allow-0rtt"),
    value("alpn"),
    flag("backup"),
    value("ca-file"),
    fixed("cc", 1),
    flag("check"),
    value("check-alpn"),
    value("check-pool-conn-name"),
    value("check-proto"),
    flag("check-reuse-pool"),
    flag("check-send-proxy"),
    value("check-sni"),
    ServerKeyword{"check-sni-auto", 0, false, false, "check-sni-auto"},
    flag("check-ssl"),
    flag("check-via-socks4"),
    value("ciphers"),
    value("ciphersuites"),
    value("client-sigalgs"),
    fixed("cookie", 1),
    value("crl-file"),
    value("crt"),
    value("curves"),
    ServerKeyword{"disabled", 0, true, true, "disabled"},
    value("downinter"),
    ServerKeyword{"enabled", 0, false, true, "disabled"},
    value("error-limit"),
    value("fall"),
    value("fastinter"),
    flag("force-sslv3"),
    flag("force-tlsv10"),
    flag("force-tlsv11"),
    flag("force-tlsv12"),
    flag("force-tlsv13"),
    value("guid"),
    value("hash-key"),
    value("healthcheck"),
    value("id"),
    value("idle-ping"),
    at_start("init-addr", 1),
    value("init-state"),
    value("inter"),
    value("ktls"),
    fixed("log-bufsize", 1),
    fixed("log-proto", 1),
    fixed("max-reuse", 1),
    value("maxconn"),
    value("maxqueue"),
    value("minconn"),
    fixed("namespace", 1),
    ServerKeyword{"no-check-sni-auto", 0, true, false, "check-sni-auto"},
    ServerKeyword{"no-renegotiate", 0, true, false, "renegotiate"},
    ServerKeyword{"no-sni-auto", 0, true, false, "sni-auto"},
    ServerKeyword{"no-ssl-reuse", 0, true, false, "ssl-reuse"},
    flag("no-sslv3"),
    ServerKeyword{"no-tls-tickets", 0, true, false, "tls-tickets"},
    flag("no-tlsv10"),
    flag("no-tlsv11"),
    flag("no-tlsv12"),
    flag("no-tlsv13"),
    ServerKeyword{"non-stick", 0, false, false, "stick"},
    value("npn"),
    value("observe"),
    value("on-error"),
    value("on-marked-down"),
    value("on-marked-up"),
    value("pool-conn-name"),
    value("pool-low-conn"),
    value("pool-max-conn"),
    value("pool-purge-delay"),
    value("port"),
    value("proto"),
    value("proxy-v2-options"),
    fixed("redir", 1),
    ServerKeyword{"renegotiate", 0, true, false, "renegotiate"},
    at_start("resolve-net", 1),
    at_start("resolve-opts", 1),
    at_start("resolve-prefer", 1),
    fixed("resolvers", 1),
    value("rise"),
    flag("send-proxy"),
    flag("send-proxy-v2"),
    flag("send-proxy-v2-ssl"),
    flag("send-proxy-v2-ssl-cn"),
    ServerKeyword{"set-proxy-v2-tlv-fmt", -1, true, false, {}},
    value("shard"),
    value("sigalgs"),
    value("slowstart"),
    value("sni"),
    ServerKeyword{"sni-auto", 0, false, false, "sni-auto"},
    fixed("socks4", 1),
    ServerKeyword{"source", -1, true, false, {}},
    flag("ssl"),
    value("ssl-max-ver"),
    value("ssl-min-ver"),
    ServerKeyword{"ssl-reuse", 0, false, true, "ssl-reuse"},
    ServerKeyword{"stick", 0, false, true, "stick"},
    flag("strict-maxconn"),
    fixed("tcp-md5sig", 1),
    fixed("tcp-ut", 1),
    flag("tfo"),
    ServerKeyword{"tls-tickets", 0, true, false, "tls-tickets"},
    value("track"),
    value("verify"),
    value("verifyhost"),
    value("weight"),
    value("ws"),
};
static_assert(std::ranges::is_sorted(keywords, {}, &ServerKeyword::name));

/// `source ADDR [usesrc ADDR2 | usesrc hdr_ip(name[,occ]) | interface NAME]`
std::size_t source_arguments(std::span<const std::string> words) {
    std::size_t count = std::min<std::size_t>(1, words.size());
    while (count + 1 < words.size() && (words[count] == "usesrc" || words[count] == "interface"))
        count += 2;
    return count;
}

/// How many of `words` are the keyword's arguments.
Result<std::size_t> count_arguments(const ServerKeyword& keyword,
                                    std::span<const std::string> words) {
    const std::size_t count = keyword.name == "source" ? source_arguments(words)
                              : keyword.arguments < 0  ? std::min<std::size_t>(1, words.size())
                                                      : static_cast<std::size_t>(keyword.arguments);
    if (count > words.size() || (keyword.arguments < 0 && count == 0))
        return fail("option '{}' lacks its value", keyword.name);
    return count;
}

} // namespace

const ServerKeyword* find_server_keyword(std::string_view name) {
    const auto* const found = std::ranges::lower_bound(keywords, name, {}, &ServerKeyword::name);
    return found != keywords.end() && found->name == name ? found : nullptr;
}

Result<void> ServerOptions::merge(std::span<const std::string> words) {
    while (!words.empty()) {
        // "set-proxy-v2-tlv-fmt(0x20)" carries its first argument in the keyword.
        const std::string_view word = words.front();
        const auto* const keyword = find_server_keyword(word.substr(0, word.find('(')));
        words = words.subspan(1);
        if (keyword == nullptr && word.starts_with("no-") &&
            find_server_keyword(word.substr(3)) != nullptr) {
            erase(word.substr(3));
            continue;
        }
        if (keyword == nullptr) {
            put({std::string(word), {}}, {});
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
    std::erase_if(options_, [&](const ServerOption& other) {
        if (other.keyword == option.keyword)
            return true;
        const auto* const known = group.empty() ? nullptr : find_server_keyword(other.keyword);
        return known != nullptr && known->group == group;
    });
    options_.push_back(std::move(option));
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
