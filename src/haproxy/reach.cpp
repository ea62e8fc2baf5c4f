#include "hitless/haproxy/reach.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/address.hpp"
#include "hitless/haproxy/server_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hitless::haproxy {
namespace {

struct Entry {
    std::string_view keyword;
    std::string_view why;
};

constexpr std::string_view reads_file = "makes HAProxy read a file of its host";
constexpr std::string_view sends_from_elsewhere =
    "lets HAProxy connect under another address or by another way";
constexpr std::string_view reveals = "can send what HAProxy knows of its host and of requests";

constexpr std::array reaching = {
    Entry{"agent-send", "sends bytes of its choice to the agent"},
    Entry{"ca-file", reads_file},
    Entry{"check-via-socks4", sends_from_elsewhere},
    Entry{"cookie", "has characters that can end the header that HAProxy sends it in"},
    Entry{"crl-file", reads_file},
    Entry{"crt", "makes HAProxy use a certificate and key of its host"},
    Entry{"guid", "can be another server's"},
    Entry{"healthcheck", "sends the checks that the template has for others"},
    Entry{"id", "can be another server's"},
    Entry{"log-bufsize", "takes as much memory as it says"},
    Entry{"namespace", sends_from_elsewhere},
    Entry{"on-marked-up", "ends the sessions of other servers"},
    Entry{"pool-conn-name", reveals},
    Entry{"redir", "sends clients to another place"},
    Entry{"resolvers", "uses a resolver that the template has for others"},
    Entry{"set-proxy-v2-tlv-fmt", reveals},
    Entry{"sni", reveals},
    Entry{"socks4", sends_from_elsewhere},
    Entry{"source", sends_from_elsewhere},
    Entry{"track", "ties the server to another one, which then can't be deleted"},
};

bool is_host_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    });
}

/// Nothing that ends a cookie or a header.
bool is_cookie(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return is_host_name(std::string_view(&c, 1)) || c == '=' || c == '+' || c == '/';
    });
}

/// Expressions that tell the server no more than the request itself does.
bool is_harmless_expression(std::string_view text) {
    constexpr std::array<std::string_view, 5> known = {"ssl_fc_sni", "req.hdr(host)",
                                                       "req.hdr(Host)", "hdr(host)", "hdr(Host)"};
    constexpr std::array<std::string_view, 4> converters = {"", ",lower", ",host_only",
                                                            ",field(1,:)"};
    for (const std::string_view fetch : known) {
        if (text.starts_with(fetch) &&
            std::ranges::find(converters, text.substr(fetch.size())) != converters.end())
            return true;
    }
    return text.starts_with("str(") && text.ends_with(")") &&
           is_host_name(text.substr(4, text.size() - 5));
}

bool is_built_in(std::string_view file) {
    return file == "@system-ca";
}

} // namespace

std::optional<std::string> reach_of_option(std::string_view keyword,
                                           std::span<const std::string> arguments) {
    const std::string_view name = keyword.substr(0, keyword.find('('));
    const std::string_view argument = arguments.empty() ? std::string_view() : arguments.front();
    if (name == "addr" || name == "agent-addr")
        return reach_of_address(argument);
    if (name == "init-addr") {
        for (const std::string_view one : base::split(argument, ',')) {
            if (auto why = one == "none" || one == "last" || one == "libc" ? std::nullopt
                                                                           : reach_of_address(one))
                return why;
        }
        return std::nullopt;
    }
    const auto* const entry = std::ranges::find(reaching, name, &Entry::keyword);
    if (entry == reaching.end())
        return std::nullopt;
    if (entry->why == reads_file && is_built_in(argument))
        return std::nullopt;
    if (name == "cookie" && is_cookie(argument))
        return std::nullopt;
    if ((name == "sni" || name == "pool-conn-name") && is_harmless_expression(argument))
        return std::nullopt;
    return fmt::format("option '{}' {}", name, entry->why);
}

std::optional<std::string> reach_of_address(std::string_view address) {
    if (address.find('$') != std::string_view::npos)
        return std::string("an environment variable in its address stands for something that "
                           "HAProxy alone knows");
    constexpr std::array<std::string_view, 13> prefixes = {
        "/",         "unix@",  "uxst@", "uxdg@",   "abns@",  "abnsz@", "fd@",
        "sockpair@", "rhttp@", "rev@",  "stream+", "dgram+", "quic+"};
    if (std::ranges::any_of(prefixes, [&](auto prefix) { return address.starts_with(prefix); }))
        return std::string("its address is a socket or a descriptor of HAProxy's host, not a place "
                           "in the network");
    const auto parsed = parse_address(address);
    if (parsed && parsed->kind == Address::Kind::ip &&
        (parsed->host == "0.0.0.0" || parsed->host == "::"))
        return std::string("its address is none: HAProxy would connect to wherever the client "
                           "wanted to go");
    return std::nullopt;
}

std::vector<Reach> reaches_of(std::span<const Word> words, std::size_t first) {
    std::vector<Reach> found;
    const std::size_t address = first - 1; // of a default-server line: its keyword
    if (address > 0 && address < words.size()) {
        if (auto why = reach_of_address(words[address].text))
            found.push_back({address, 1, std::move(*why)});
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool is_known = i == address && !found.empty();
        if (words[i].environment && i >= 1 && !is_known)
            found.push_back({i, 1, "an environment variable of HAProxy stands in it"});
    }
    for (std::size_t at = first; at < words.size();) {
        const std::string_view keyword = words[at].text;
        const auto* const known = find_server_keyword(keyword.substr(0, keyword.find('(')));
        std::vector<std::string> arguments;
        for (std::size_t i = at + 1; i < std::min(words.size(), at + 9); ++i)
            arguments.push_back(words[i].text);
        const auto count =
            known != nullptr ? count_arguments(*known, arguments) : Result<std::size_t>(0U);
        arguments.resize(count ? *count : arguments.size());
        if (auto why = reach_of_option(keyword, arguments))
            found.push_back({at, 1 + arguments.size(), std::move(*why)});
        at += 1 + arguments.size();
    }
    return found;
}

} // namespace hitless::haproxy
