#include "registration/docker/wish.hpp"

#include "hitless/base/text.hpp"

#include "base/network.hpp"
#include "registration/probe.hpp"
#include "registration/value.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace hitless::registration::docker {
namespace {

namespace asio = boost::asio;
constexpr int most_weight = 256;
/// Far more than a server needs. Whoever starts a container could fill etcd, the note and the log.
constexpr std::size_t longest_key = 1'024;
constexpr std::size_t longest_value = 4'096;

/// The label's value; nullptr without one.
const std::string* label(const Container& container, const char* name) {
    const auto found = container.labels.find(name);
    return found == container.labels.end() ? nullptr : &found->second;
}

template <class... Args>
Error bad_label(const Container& container, const char* name, fmt::format_string<Args...> format,
                Args&&... args) {
    return fail("label {}='{}': {}", name, base::printable(*label(container, name), 100),
                fmt::format(format, std::forward<Args>(args)...));
}

/// Labels of ours that mean nothing: somebody has mistyped one.
Result<void> check_names(const Container& container) {
    constexpr std::array known{"hitless.key",      "hitless.port",  "hitless.value",
                               "hitless.weight",   "hitless.ready", "hitless.network",
                               "hitless.published"};
    for (const auto& [name, value] : container.labels)
        if (name.starts_with("hitless.") && std::ranges::find(known, name) == known.end())
            return fail("there is no label {}; those are {}", base::printable(name, 60),
                        fmt::join(known, ", "));
    return {};
}

Result<int> number(const Container& container, const char* name, int least, int most) {
    const std::string& text = *label(container, name);
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
        return bad_label(container, name, "must be a number from {} to {}", least, most);
    return value;
}

// The key

/// The service that Swarm or Compose has made the container for.
std::string service_name(const Container& container) {
    for (const char* const name : {"com.docker.swarm.service.name", "com.docker.compose.service"})
        if (const std::string* const service = label(container, name))
            return *service;
    return {};
}

Result<std::string> key_asked_for(const Container& container, const Docker& docker) {
    if (const std::string* const key = label(container, "hitless.key")) {
        if (!key->ends_with('/'))
            return *key;
        return *key + container.name;
    }
    const std::string service = service_name(container);
    if (docker.prefix.empty())
        return Error{"the label hitless.key is missing, as in hitless.key=/app/servers/ (or start "
                     "hitless-register with --docker-prefix)"};
    if (service.empty())
        return Error{"the label hitless.key is missing, and no service of Swarm or Compose gives "
                     "it a name"};
    return fmt::format("{}{}/{}", docker.prefix, service, container.name);
}

Result<std::string> key_of(const Container& container, const Docker& docker) {
    auto key = key_asked_for(container, docker);
    if (!key)
        return key;
    if (key->size() > longest_key)
        return fail("the key {}… has {} bytes; the most are {}",
                    base::printable(key->substr(0, 40)), key->size(), longest_key);
    if (const auto good = check_key(*key); !good)
        return good.error();
    const bool goes_up = key->find("/../") != std::string::npos || key->ends_with("/..") ||
                         key->find("/./") != std::string::npos || key->ends_with("/.");
    if (goes_up)
        return fail("the key {} has . or .. between its slashes", base::printable(*key));
    const auto allows = [&](const std::string& prefix) { return key->starts_with(prefix); };
    if (!docker.allowed.empty() && std::ranges::none_of(docker.allowed, allows))
        return fail("it may not claim the key {}: --docker-allow has {}", base::printable(*key),
                    fmt::join(docker.allowed, ", "));
    return key;
}

// The address

Result<std::string> network_address(const Container& container) {
    auto networks = container.networks;
    if (const std::string* const wanted = label(container, "hitless.network")) {
        const auto found = networks.find(*wanted);
        if (found == networks.end())
            return bad_label(container, "hitless.network", "it has no address in that network");
        return found->second;
    }
    networks.erase("ingress"); // Swarm's own, for published ports
    networks.erase("docker_gwbridge");
    if (networks.empty() && container.network_mode.starts_with("container:"))
        return Error{"it shares the network of another container: put the labels there"};
    if (networks.empty())
        return Error{"it has no address in a network; hitless.value tells the whole value"};
    if (networks.size() == 1)
        return networks.begin()->second;
    std::vector<std::string> names;
    for (const auto& [name, address] : networks)
        names.push_back(base::printable(name, 60));
    return fail("it is in several networks: the label hitless.network must name that whose address "
                "HAProxy can reach, of {}",
                fmt::join(names, ", "));
}

Result<std::string> host_address(const Result<std::string>& host, const std::string& interface) {
    if (!host)
        return host;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(*host, error);
    if (!error && address.is_loopback() && interface.empty())
        return fail("the host's address would be {}, which no other machine can reach, as etcd is "
                    "reached through it: start hitless-register with --interface NAME",
                    *host);
    return host;
}

/// What a port is published on: all addresses of a kind, or one.
enum class Family { v4, v6, loopback, own };

Family family_of(const std::string& text) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(text, error);
    if (error)
        return Family::v4; // empty: all
    if (address.is_loopback())
        return Family::loopback;
    if (address.is_unspecified())
        return address.is_v6() ? Family::v6 : Family::v4;
    return Family::own;
}

Result<HostPort> published_place(const Container& container, int port,
                                 const Result<std::string>& host) {
    const auto found = container.published.find(fmt::format("{}/tcp", port));
    if (found == container.published.end() || found->second.empty())
        return fail("its port {} is not published, as hitless.published wants", port);
    const Container::Published* reachable = nullptr; // the best
    for (const Container::Published& place : found->second) {
        const auto family = family_of(place.address);
        if (family == Family::own)
            return HostPort{asio::ip::make_address(place.address).to_string(), place.port};
        const bool fits = host && (host->find(':') != std::string::npos) == (family == Family::v6);
        if (family != Family::loopback && (reachable == nullptr || fits))
            reachable = &place;
    }
    if (reachable == nullptr)
        return fail("its port {} is published on {} only, which no other machine can reach", port,
                    found->second.front().address);
    if (!host)
        return host.error();
    return HostPort{*host, reachable->port};
}

bool is_published(const Container& container) {
    const std::string* const text = label(container, "hitless.published");
    return text != nullptr && base::parse_bool(*text).value_or(false);
}

/// Where others reach the container's port.
Result<HostPort> place_of(const Container& container, int port, const Options& options,
                          const Result<std::string>& host) {
    const bool on_host = container.network_mode == "host";
    if (is_published(container) && !on_host)
        return published_place(container, port, host_address(host, options.content.interface));
    const auto address =
        on_host ? host_address(host, options.content.interface) : network_address(container);
    if (!address)
        return address.error();
    return HostPort{*address, port};
}

// The rest

Result<std::optional<Probe>> probe_of(const Container& container, int port, const Options& options,
                                      const Result<std::string>& host) {
    const std::string* const text = label(container, "hitless.ready");
    if (text == nullptr)
        return std::optional<Probe>();
    auto probe = parse_probe(*text);
    if (!probe || probe->host != "127.0.0.1" || !check_text(*text))
        return bad_label(container, "hitless.ready", "must be tcp:PORT or http:PORT/PATH");
    if (is_published(container) && probe->port != port)
        return bad_label(container, "hitless.ready",
                         "with hitless.published, its port must be that of hitless.port");
    const auto place = place_of(container, probe->port, options, host);
    if (!place)
        return place.error();
    probe->host = place->host;
    probe->port = place->port;
    return std::optional<Probe>(*probe);
}

Result<std::string> value_of(const Container& container, int port, const Options& options,
                             const Result<std::string>& host) {
    const bool has_weight = label(container, "hitless.weight") != nullptr;
    if (const std::string* const value = label(container, "hitless.value")) {
        if (has_weight)
            return bad_label(container, "hitless.weight", "has no meaning beside hitless.value");
        if (value->size() > longest_value)
            return bad_label(container, "hitless.value", "has {} bytes; the most are {}",
                             value->size(), longest_value);
        if (const auto good = check_value(*value); !good || value->empty())
            return bad_label(container, "hitless.value", "{}",
                             value->empty() ? "must not be empty" : good.error().message);
        return *value;
    }
    if (port == 0)
        return Error{"the label hitless.port is missing (or hitless.value, for a whole value)"};
    Content content = options.content;
    content.port = port;
    if (has_weight) {
        const auto weight = number(container, "hitless.weight", 0, most_weight);
        if (!weight)
            return weight.error();
        if (!content.json)
            return bad_label(container, "hitless.weight",
                             "needs JSON values: start hitless-register with --json");
        content.weight = *weight;
    }
    const auto place = place_of(container, port, options, host);
    if (!place)
        return place.error();
    content.port = place->port;
    return make_value(content, place->host);
}

Result<Service> service_of(const Container& container, const Options& options,
                           const Result<std::string>& host) {
    if (const auto good = check_names(container); !good)
        return good.error();
    auto key = key_of(container, options.docker);
    if (!key)
        return key.error();
    int port = 0;
    if (label(container, "hitless.port") != nullptr) {
        constexpr int most_port = 65'535;
        const auto told = number(container, "hitless.port", 1, most_port);
        if (!told)
            return told.error();
        port = *told;
    }
    const std::string* const published = label(container, "hitless.published");
    if (published != nullptr && !base::parse_bool(*published))
        return bad_label(container, "hitless.published", "must be true or false");
    auto value = value_of(container, port, options, host);
    if (!value)
        return value.error();
    auto probe = probe_of(container, port, options, host);
    if (!probe)
        return probe.error();
    return Service{std::move(*key), std::move(*value), std::move(*probe)};
}

} // namespace

Wish wish_of(const Container& container, const Options& options, const Result<std::string>& host) {
    if (!container.running)
        return {};
    auto service = service_of(container, options, host);
    if (!service)
        return {std::nullopt, service.error().message};
    const bool is_well = container.health.empty() || container.health == "healthy" ||
                         (container.health == "starting" && service->ready);
    if (!is_well)
        return {};
    return {std::move(*service), ""};
}

} // namespace hitless::registration::docker
