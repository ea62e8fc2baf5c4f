#include "registration/value.hpp"

#include "hitless/base/text.hpp"

#include "base/network.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace hitless::registration {
namespace {

std::string as_json(const HostPort& place, const Content& content) {
    nlohmann::ordered_json document = {
        {"host", place.host}, {"port", place.port}, {"weight", content.weight}};
    for (const auto& [name, value] : content.meta)
        document["meta"][name] = value;
    return document.dump();
}

} // namespace

Result<HostPort> parse_host_port(std::string_view text) {
    const auto bad = [&] {
        return fail("'{}' is no HOST:PORT, as in 10.0.0.7:8080 or [2001:db8::7]:8080",
                    base::printable(text, 80));
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return bad();
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string_view::npos)
        return bad();
    HostPort place{std::string(host), 0};
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), place.port);
    constexpr int most = 65'535;
    if (host.empty() || host.find_first_of(" /[]") != std::string_view::npos ||
        error != std::errc{} || end != port.data() + port.size() || place.port < 1 ||
        place.port > most)
        return bad();
    return place;
}

bool needs_address(const Content& content) {
    return content.value.empty();
}

Result<std::string> make_value(const Content& content, const std::string& address) {
    if (!content.json)
        return content.value.empty() ? base::host_port(address, content.port) : content.value;
    if (content.value.empty())
        return as_json({address, content.port}, content);
    const auto place = parse_host_port(content.value);
    if (!place)
        return place.error();
    return as_json(*place, content);
}

} // namespace hitless::registration
