#include "hitless/haproxy/conditions.hpp"

#include "hitless/haproxy/words.hpp"

#include "haproxy/is_one_of.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace hitless::haproxy {
namespace {

/// True for `option` lines that say how servers are checked, or which of them take requests.
bool is_option_of_servers(std::string_view option) {
    constexpr std::array<std::string_view, 11> options = {
        "allbackups",  "external-check", "httpchk",     "ldap-check",
        "mysql-check", "pgsql-check",    "redis-check", "smtpchk",
        "spop-check",  "ssl-hello-chk",  "tcp-check"};
    return is_one_of(options, option);
}

/// True when the line says something of the section's servers, or may do so.
bool counts_for_servers(std::string_view line) {
    constexpr std::array<std::string_view, 9> keywords = {
        "balance", "cookie",    "default-server", "disabled",       "dynamic-cookie-key",
        "enabled", "hash-type", "mode",           "server-template"};
    const auto words = parse_words(line);
    if (!words || words->empty())
        return true;
    const std::string& keyword = words->front().text;
    if (is_one_of(keywords, keyword))
        return true;
    const std::size_t at = keyword == "no" || keyword == "default" ? 1 : 0;
    if (words->size() < at + 2 || (*words)[at].text != "option")
        return false;
    return (*words)[at + 1].environment || is_option_of_servers((*words)[at + 1].text);
}

} // namespace

std::optional<std::string> undecided_servers(const Config& config, const Section& backend) {
    for (const Section* const section : config.lineage(backend)) {
        const auto decides = [](const Line& line) {
            return line.conditional && counts_for_servers(line.text);
        };
        if (section->conditional || std::ranges::any_of(section->settings, decides))
            return std::string("lines within .if decide what its servers have");
        const auto varies = [](const Line& line) { return has_variable(line.text, 0); };
        if (std::ranges::any_of(section->settings, varies))
            return std::string("a line of which the first word is an environment variable may "
                               "decide what its servers have");
    }
    return std::nullopt;
}

} // namespace hitless::haproxy
