#include "hitless/haproxy/capabilities.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace hitless::haproxy {
namespace {

/// The words of the last line that begins with `keyword` in `section`, or else in the nearest
/// defaults section that has one.
std::vector<std::string> last_setting(const Config& config, const Section& section,
                                      std::string_view keyword) {
    for (const Section* const from : config.lineage(section)) {
        for (auto line = from->settings.rbegin(); line != from->settings.rend(); ++line) {
            if (first_word(line->text) != keyword)
                continue;
            if (auto words = split_words(line->text))
                return std::move(*words);
        }
    }
    return {};
}

std::string algorithm(const Config& config, const Section& backend) {
    const auto words = last_setting(config, backend, "balance");
    const std::string name = words.size() > 1 ? words[1] : "roundrobin";
    return name.substr(0, name.find('(')); // "hdr(host)", "rdp-cookie(name)"
}

constexpr std::array<std::string_view, 7> hashes = {"source",     "uri",  "hdr",     "url_param",
                                                    "rdp-cookie", "hash", "log-hash"};

bool is_hash(std::string_view algorithm) {
    return std::ranges::find(hashes, algorithm) != hashes.end();
}

/// The last `option` or `no option` line of the names decides, in the section or else in the
/// nearest defaults section that has one: "allbackups", or "no allbackups".
std::string last_option(const Config& config, const Section& section,
                        std::span<const std::string_view> names) {
    for (const Section* const from : config.lineage(section)) {
        for (auto line = from->settings.rbegin(); line != from->settings.rend(); ++line) {
            const std::string begin = first_word(line->text);
            if (begin != "option" && begin != "no")
                continue; // most lines are others, and need not be taken apart
            const auto words = split_words(line->text);
            const bool is_no = words && words->size() > 2 && (*words)[0] == "no";
            const std::size_t at = is_no ? 1 : 0;
            if (!words || words->size() < at + 2 || (*words)[at] != "option" ||
                std::ranges::find(names, (*words)[at + 1]) == names.end())
                continue;
            return is_no ? "no " + (*words)[at + 1] : (*words)[at + 1];
        }
    }
    return {};
}

/// Static algorithms take neither new servers nor new weights (configuration.txt, "balance" and
/// "hash-type").
bool is_static(const Config& config, const Section& backend) {
    const std::string name = algorithm(config, backend);
    if (name == "static-rr")
        return true;
    if (!is_hash(name))
        return false;
    const auto hash = last_setting(config, backend, "hash-type");
    return hash.size() < 2 || hash[1] != "consistent";
}

bool takes(const Info& info, const ServerKeyword& keyword) {
    if (!info.server_keywords.empty())
        return std::ranges::binary_search(info.server_keywords, keyword.name);
    return keyword.dynamic_since != 0 &&
           info.at_least(keyword.dynamic_since / 100, keyword.dynamic_since % 100);
}

} // namespace

bool is_disabled(const Config& config, const Section& section) {
    for (const Section* const from : config.lineage(section)) {
        for (auto line = from->settings.rbegin(); line != from->settings.rend(); ++line) {
            const std::string word = first_word(line->text);
            if (word == "disabled" || word == "enabled")
                return word == "disabled";
        }
    }
    return false;
}

std::string balance_of(const Config& config, const Section& backend) {
    const auto words = last_setting(config, backend, "balance");
    return words.size() > 1 ? words[1] : std::string();
}

std::optional<std::string> no_dynamic_servers(const Info& info, const Config& config,
                                              const Section& backend) {
    if (!info.at_least(2, 4))
        return fmt::format("HAProxy {} has no 'add server' (2.4 and later have)", info.version);
    if (is_static(config, backend))
        return fmt::format(
            "'balance {}' is static; 'hash-type consistent' or another algorithm would "
            "take servers at runtime",
            algorithm(config, backend));
    if (is_disabled(config, backend))
        return std::string("the backend is disabled");
    const auto mode = last_setting(config, backend, "mode");
    if (mode.size() > 1 && mode[1] == "log")
        return std::string("a backend in mode log takes no servers at runtime");
    if (!info.at_least(2, 5) && !last_setting(config, backend, "stick").empty())
        return fmt::format("HAProxy {} gives servers that are added no number for `stick` to find "
                           "them by",
                           info.version);
    return std::nullopt;
}

std::optional<std::string> no_dynamic_option(const Info& info, const Server& server) {
    if (server.environment)
        return std::string("an environment variable is HAProxy's to expand");
    for (const ServerOption& option : server.options.all()) {
        const auto* const keyword =
            find_server_keyword(option.keyword.substr(0, option.keyword.find('(')));
        if (keyword == nullptr || keyword->start_only || takes(info, *keyword))
            continue;
        // Without a name there is nothing to resolve, and it is left out of the command.
        if (keyword->name == "resolvers" && server.address.kind != Address::Kind::name)
            continue;
        return fmt::format("HAProxy {} takes no '{}' at runtime", info.version, keyword->name);
    }
    return std::nullopt;
}

std::optional<std::string> inexact_addition(const Info& info, const Server& server) {
    const auto protocols = base::split(server.options.argument("alpn"), ',');
    const bool http2 = server.options.argument("proto") == "h2" ||
                       std::ranges::find(protocols, "h2") != protocols.end();
    if (!http2 || info.at_least(3, 0))
        return std::nullopt;
    return fmt::format("HAProxy {} opens a new HTTP/2 connection for each request to a server that "
                       "was added at runtime, until it is reloaded",
                       info.version);
}

Server as_dynamic(const Info& info, Server server) {
    const auto unless_said = [&](std::string_view keyword, std::string_view value) {
        const std::array<std::string, 2> words = {std::string(keyword), std::string(value)};
        if (!server.options.has(keyword))
            (void)server.options.merge(words);
    };
    if (!info.at_least(3, 0)) {
        unless_said("pool-max-conn", "-1");
        unless_said("pool-purge-delay", "5s");
        if (server.options.has("observe") && info.at_least(2, 5)) {
            unless_said("on-error", "fail-check");
            unless_said("error-limit", "10");
        }
    }
    if (const Limits limits = limits_of(server.options);
        !info.at_least(2, 8) && limits.maxconn != 0) {
        unless_said("minconn", std::to_string(limits.minconn));
        const std::array<std::string, 2> words = {"maxconn", std::to_string(limits.maxconn)};
        if (server.options.argument("maxconn") != words[1])
            (void)server.options.merge(words);
    }
    return server;
}

OrderMatters order_matters(const Config& config, const Section& backend, const Info* info) {
    constexpr std::array<std::string_view, 1> all_backups = {"allbackups"};
    const bool is_random_by_default = info != nullptr && info->at_least(3, 3);
    const std::string name = is_random_by_default && balance_of(config, backend).empty()
                                 ? "random"
                                 : algorithm(config, backend);
    OrderMatters order;
    // What an environment variable says may be each of them.
    order.first = name == "first" || name.find('$') != std::string::npos;
    const bool is_map = is_hash(name) && is_static(config, backend);
    order.keyed = is_hash(name) && !is_map;
    order.by_id = order.first || name == "random" || order.keyed;
    order.by_line = is_map;
    order.one_backup = last_option(config, backend, all_backups) != "allbackups";
    return order;
}

bool has_external_checks(const Config& config, const Section& backend) {
    constexpr std::array<std::string_view, 10> types = {
        "external-check", "httpchk",     "tcp-check",   "ssl-hello-chk", "smtpchk",
        "ldap-check",     "mysql-check", "pgsql-check", "redis-check",   "spop-check"};
    return last_option(config, backend, types) == "external-check";
}

bool needs_dynamic_cookies(const Info& info, const Config& config, const Section& backend) {
    const auto cookie = last_setting(config, backend, "cookie");
    return !info.at_least(3, 0) && std::ranges::find(cookie, "dynamic") != cookie.end();
}

bool agents_begin_up(const Info& info, const Config& config, const Section& backend) {
    return !info.at_least(3, 3) ||
           std::ranges::any_of(config.lineage(backend), [](const Section* section) {
               return std::ranges::any_of(section->settings, [](const Line& line) {
                   return first_word(line.text) == "default-server";
               });
           });
}

bool has_dynamic_weights(const Config& config, const Section& backend) {
    return !is_static(config, backend);
}

bool can_delete(const Info& info, bool in_file) {
    return info.at_least(2, in_file ? 5 : 4);
}

} // namespace hitless::haproxy
