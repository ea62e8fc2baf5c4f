#include "registration/docker/container.hpp"

#include "hitless/base/text.hpp"

#include "base/network.hpp"
#include "etcd/json.hpp"

#include <algorithm>
#include <array>
#include <csignal>

namespace hitless::registration::docker {
namespace {

using etcd::member;
using etcd::text_of;
using nlohmann::json;

constexpr std::string_view our_labels = "hitless.";

bool truth_of(const json& object, const char* name) {
    return member(object, name) == true;
}

bool has_our_label(const json& labels) {
    return labels.is_object() && std::ranges::any_of(labels.items(), [](const auto& label) {
               return label.key().starts_with(our_labels);
           });
}

std::map<std::string, std::string> labels_of(const json& labels) {
    std::map<std::string, std::string> all;
    if (labels.is_object())
        for (const auto& [name, value] : labels.items())
            if (value.is_string())
                all[name] = value.get<std::string>();
    return all;
}

std::map<std::string, std::string> networks_of(const json& networks) {
    std::map<std::string, std::string> all;
    if (!networks.is_object())
        return all;
    for (const auto& [name, network] : networks.items()) {
        std::string address = text_of(network, "IPAddress");
        if (address.empty())
            address = text_of(network, "GlobalIPv6Address");
        boost::system::error_code error;
        const auto parsed = boost::asio::ip::make_address(address, error);
        if (!error) // as we write it: a scope could bring any text
            all[name] = parsed.to_string();
    }
    return all;
}

std::vector<Container::Published> published_of(const json& places) {
    std::vector<Container::Published> all;
    if (!places.is_array())
        return all;
    for (const json& place : places)
        if (const auto port = base::parse_port(text_of(place, "HostPort")))
            all.push_back({text_of(place, "HostIp"), *port});
    return all;
}

Error senseless(const char* what, std::string_view answer) {
    return fail("it answers with something else than {}: '{}'", what,
                base::printable(base::trim(answer), 80));
}

/// The number of a signal that is written as "15", "TERM" or "SIGTERM"; 0: another one.
int number_of(std::string_view signal) {
    constexpr std::array<std::pair<std::string_view, int>, 9> names{{{"TERM", SIGTERM},
                                                                     {"KILL", SIGKILL},
                                                                     {"INT", SIGINT},
                                                                     {"QUIT", SIGQUIT},
                                                                     {"HUP", SIGHUP},
                                                                     {"USR1", SIGUSR1},
                                                                     {"USR2", SIGUSR2},
                                                                     {"WINCH", SIGWINCH},
                                                                     {"ABRT", SIGABRT}}};
    if (signal.starts_with("SIG"))
        signal.remove_prefix(3);
    for (const auto& [name, number] : names)
        if (signal == name || signal == std::to_string(number))
            return number;
    return 0;
}

Event::Kind kind_of(std::string_view action) {
    using Kind = Event::Kind;
    constexpr std::array looks{"unpause",    "rename",  "update",
                               "disconnect", "connect", "health_status: healthy"};
    constexpr std::array leaves{"die", "stop", "destroy", "pause", "health_status: unhealthy"};
    if (action == "start" || action == "restart")
        return Kind::start;
    if (std::ranges::find(looks, action) != looks.end())
        return Kind::look;
    if (std::ranges::find(leaves, action) != leaves.end())
        return Kind::leave;
    return action == "kill" ? Kind::kill : Kind::nothing;
}

} // namespace

bool is_id(std::string_view text) {
    constexpr std::size_t longest = 128;
    return !text.empty() && text.size() <= longest &&
           text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
}

Result<Container> parse_container(std::string_view id, std::string_view answer) {
    const json document = etcd::parse_json(answer);
    const json& state = member(document, "State");
    Container container;
    container.id = id;
    container.name = text_of(document, "Name");
    if (container.name.starts_with('/'))
        container.name.erase(0, 1);
    // What it isn't sure to say is no reason to remove a key.
    if (text_of(document, "Id") != id || container.name.empty() ||
        !member(state, "Running").is_boolean() || !member(document, "Config").is_object() ||
        !member(document, "NetworkSettings").is_object())
        return senseless("a container", answer);
    container.started_at = text_of(state, "StartedAt");
    container.alive = truth_of(state, "Running") && !truth_of(state, "Dead");
    container.running =
        container.alive && !truth_of(state, "Paused") && !truth_of(state, "Restarting");
    container.health = text_of(member(state, "Health"), "Status");
    if (container.health == "none")
        container.health.clear();
    const json& config = member(document, "Config");
    container.stop_signal = text_of(config, "StopSignal");
    container.labels = labels_of(member(config, "Labels"));
    container.network_mode = text_of(member(document, "HostConfig"), "NetworkMode");
    const json& network = member(document, "NetworkSettings");
    container.networks = networks_of(member(network, "Networks"));
    const json& ports = member(network, "Ports");
    if (ports.is_object())
        for (const auto& [port, places] : ports.items())
            container.published[port] = published_of(places);
    return container;
}

Result<std::vector<std::string>> parse_list(std::string_view answer) {
    const json document = etcd::parse_json(answer);
    if (!document.is_array())
        return senseless("a list of containers", answer);
    std::vector<std::string> ids;
    for (const json& container : document) {
        std::string id = text_of(container, "Id");
        if (!is_id(id))
            return senseless("a list of containers", answer);
        if (has_our_label(member(container, "Labels")))
            ids.push_back(std::move(id));
    }
    return ids;
}

Result<Event> parse_event(std::string_view line) {
    const json document = etcd::parse_json(line);
    const std::string type = text_of(document, "Type");
    const json& actor = member(document, "Actor");
    if (type.empty() || !actor.is_object())
        return senseless("an event", line);
    if (type != "container" && type != "network")
        return Event{};
    const json& attributes = member(actor, "Attributes");
    const bool is_of_network = type == "network";
    Event event;
    event.kind = kind_of(text_of(document, "Action"));
    event.id = is_of_network ? text_of(attributes, "container") : text_of(actor, "ID");
    event.signal = text_of(attributes, "signal");
    event.is_ours = !is_of_network && has_our_label(attributes);
    return is_id(event.id) ? event : Event{};
}

bool says_absent(std::string_view answer) {
    return member(etcd::parse_json(answer), "message").is_string();
}

bool ends(std::string_view signal, std::string_view stop_signal) {
    const int number = number_of(signal);
    if (number == SIGTERM || number == SIGKILL || number == SIGINT || number == SIGQUIT)
        return true;
    return !stop_signal.empty() &&
           (signal == stop_signal || (number != 0 && number == number_of(stop_signal)));
}

} // namespace hitless::registration::docker
