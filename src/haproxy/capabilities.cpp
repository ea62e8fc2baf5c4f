#include "hitless/haproxy/capabilities.hpp"

#include "hitless/haproxy/words.hpp"

#include <vector>

namespace hitless::haproxy {
namespace {

/// The words of the last line of `section`, or else of its defaults, that begins with `keyword`.
std::vector<std::string> last_setting(const Config& config, const Section& section,
                                      std::string_view keyword) {
    for (const Section* const from : {&section, config.defaults_of(section)}) {
        if (from == nullptr)
            continue;
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

bool is_static(const Config& config, const Section& backend) {
    const std::string name = algorithm(config, backend);
    if (name == "static-rr")
        return true;
    if (name != "source" && name != "uri" && name != "hdr" && name != "url_param" &&
        name != "rdp-cookie" && name != "hash")
        return false;
    const auto hash = last_setting(config, backend, "hash-type");
    return hash.size() < 2 || hash[1] != "consistent";
}

} // namespace

std::optional<std::string> no_dynamic_servers(const Info& info, const Config& config,
                                              const Section& backend) {
    if (!info.at_least(2, 5))
        return fmt::format("HAProxy {} has no usable 'add server' (2.5 and later have)",
                           info.version);
    if (is_static(config, backend))
        return fmt::format(
            "'balance {}' is static; 'hash-type consistent' or another algorithm would "
            "take servers at runtime",
            algorithm(config, backend));
    return std::nullopt;
}

std::optional<std::string> no_dynamic_option(const Info& info, const Server& server) {
    for (const ServerOption& option : server.options.all()) {
        const auto* const keyword = find_server_keyword(option.keyword);
        if (keyword == nullptr || keyword->dynamic || keyword->start_only)
            continue;
        if (keyword->name == "cookie" && info.at_least(3, 0))
            continue;
        return fmt::format("HAProxy {} takes no '{}' at runtime", info.version, keyword->name);
    }
    if (server.address.text.find('$') != std::string::npos)
        return std::string("an environment variable is HAProxy's to expand");
    return std::nullopt;
}

bool has_dynamic_weights(const Config& config, const Section& backend) {
    return !is_static(config, backend);
}

} // namespace hitless::haproxy
