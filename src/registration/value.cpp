#include "registration/value.hpp"

#include "hitless/base/text.hpp"

#include "base/network.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace hitless::registration {
namespace {

constexpr int highest_port = 65'535;

std::string as_json(const HostPort& place, const Content& content) {
    nlohmann::ordered_json document = {
        {"host", place.host}, {"port", place.port}, {"weight", content.weight}};
    for (const auto& [name, value] : content.meta)
        document["meta"][name] = value;
    return document.dump();
}

/// The texts of a JSON document, and the names in it: its escapes may stand for anything.
Result<void> check_json(std::string_view document) {
    Result<void> good;
    const auto look = [&](int, nlohmann::json::parse_event_t, const nlohmann::json& part) {
        if (good && part.is_string())
            good = check_text(part.get_ref<const std::string&>());
        return true;
    };
    const auto parsed = nlohmann::json::parse(document, look, false);
    return parsed.is_discarded() ? Result<void>() : good;
}

} // namespace

Result<void> check_text(std::string_view text) {
    if (!base::is_utf8(text))
        return Error{"it holds bytes that aren't UTF-8"};
    if (base::has_control(text) || base::has_wide_control(text))
        return Error{"it holds a line break or another control character"};
    return {};
}

Result<void> check_key(const std::string& key) {
    if (key.empty() || key.front() != '/' || key.back() == '/' ||
        key.find("//") != std::string::npos)
        return fail("'{}' is no key: it must be like /app/servers/web1", base::printable(key));
    if (const auto good = check_text(key); !good)
        return fail("the key '{}' can't be used: {}", base::printable(key), good.error().message);
    return {};
}

Result<void> check_value(std::string_view value) {
    if (auto good = check_text(value); !good)
        return good;
    const bool may_be_json = value.find_first_of("{[") == value.find_first_not_of(" \t");
    return may_be_json ? check_json(value) : Result<void>();
}

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
    if (host.empty() || host.find_first_of(" \t/[]") != std::string_view::npos ||
        error != std::errc{} || end != port.data() + port.size() || place.port < 1 ||
        place.port > highest_port)
        return bad();
    return place;
}

std::string address_in(std::string_view value) {
    if (const auto place = parse_host_port(value))
        return place->host.find('@') == std::string::npos ? std::string(value) : std::string();
    const auto document = nlohmann::json::parse(value, nullptr, false);
    if (!document.is_object())
        return {};
    const auto host = document.find("host");
    const auto port = document.find("port");
    if (host == document.end() || port == document.end() || !host->is_string() ||
        !port->is_number_unsigned() || port->get<std::uint64_t>() > highest_port)
        return {};
    const std::string bracketed = base::host_port(host->get<std::string>(), port->get<unsigned>());
    const auto place = parse_host_port(bracketed);
    return place && place->host.find('@') == std::string::npos ? bracketed : std::string();
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
