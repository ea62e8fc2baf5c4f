#include "monitor/fleet.hpp"

#include "hitless/haproxy/server.hpp"
#include "hitless/plan/plan.hpp"

#include "telemetry/public_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <utility>

namespace hitless::monitor {
namespace {

using haproxy::RunningServer;
using plan::ServerId;

/// A server of the configuration, as far as its line can be read.
struct Wanted {
    std::string address;
    bool is_ip = false; ///< so that it can be compared
    int weight = 1;
    bool disabled = false;
};

/// A server of HAProxy, under the name that the configuration has for it.
struct Found {
    const RunningServer* server = nullptr;
    std::string_view slot; ///< the spare server that serves in its place
};

std::map<std::string, std::map<std::string, Wanted>> wanted_of(const haproxy::Config& config) {
    std::map<std::string, std::map<std::string, Wanted>> all;
    for (const haproxy::Section& section : config.sections()) {
        if (!section.has_servers())
            continue;
        auto& servers = all[std::string(section.name)];
        const haproxy::BackendServers backend(config, section);
        for (const haproxy::ServerLine& line : section.servers) {
            Wanted& wanted = servers[std::string(line.name)];
            const auto server = backend.get(line);
            if (!server)
                continue;
            wanted.address = haproxy::to_string(server->address);
            wanted.is_ip = server->address.kind == haproxy::Address::Kind::ip &&
                           server->address.port != 0 && !server->environment;
            wanted.weight = server->weight;
            wanted.disabled = server->disabled;
        }
    }
    return all;
}

/// Spare servers that nobody uses are no servers of anybody.
std::map<std::string, std::map<std::string, Found>>
running_of(const haproxy::Running& running,
           const std::map<std::string, std::map<std::string, Wanted>>& wanted) {
    std::map<std::string, std::map<std::string, Found>> all;
    for (const auto& [backend, servers] : running) {
        if (!wanted.contains(backend))
            continue; // HAProxy's own, or of a file that is not wanted any more
        for (const auto& [name, server] : servers) {
            if (!server.serves.empty())
                all[backend][server.serves] = {&server, name};
            else if (!(name.starts_with("hitless-slot") && server.in_maintenance()))
                all[backend].try_emplace(name, Found{&server, {}});
        }
    }
    return all;
}

std::string address_of(const RunningServer& server) {
    const bool is_v6 = server.address.find(':') != std::string::npos;
    if (server.address == "-")
        return server.address_text.empty() ? server.fqdn : server.address_text;
    return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", server.address, is_v6 ? "]" : "",
                       server.port);
}

std::string_view state_of(const RunningServer& server) {
    if (server.in_maintenance() || server.awaits_another())
        return "maint";
    if (server.draining())
        return "drain";
    if (!server.is_checked() && !server.is_asked())
        return "no check";
    constexpr std::string_view by_number[] = {"down", "starting", "up", "drain"};
    return by_number[static_cast<std::size_t>(server.operational) & 3U];
}

std::string_view state_of(std::string_view status) {
    if (status.starts_with("UP"))
        return "up";
    if (status.starts_with("DOWN"))
        return "down";
    if (status.starts_with("MAINT"))
        return "maint";
    if (status.starts_with("DRAIN") || status.starts_with("NOLB"))
        return "drain";
    return "no check";
}

template <class Map>
auto find(const Map& map, const ServerId& server) -> decltype(&map.begin()->second) {
    const auto found = map.find(server);
    return found == map.end() ? nullptr : &found->second;
}

/// Writes one server.
class ServerWriter {
  public:
    ServerWriter(const Fleet& fleet, const ServerId& id, const Wanted* wanted, const Found& found)
        : fleet_(fleet),
          id_(id),
          wanted_(wanted),
          running_(found.server),
          slot_(found.slot),
          by_hand_(find(fleet.by_hand, id)),
          leaving_(find(fleet.leaving, id)) {
        const std::string name = slot_.empty() ? id.server : std::string(slot_);
        if (fleet.statistics)
            statistics_ = find(fleet.statistics->servers, {id.backend, name});
    }

    [[nodiscard]] std::string write() const {
        std::string text;
        Json json(text);
        json.begin_object().member("name", id_.server);
        write_wanted(json.key("wanted"));
        write_running(json.key("running"));
        json.member_or_null("differs", difference());
        const auto* const queued = find(fleet_.queued, id_);
        json.member_or_null("queued", queued == nullptr ? std::string_view() : *queued);
        write_leaving(json.key("leaving"));
        write_by_hand(json.key("by_hand"));
        json.member_or_null("obstacle", obstacle());
        const auto* const wait = find(fleet_.waits, id_);
        json.member_or_null("waits",
                            wait == nullptr ? std::string() : telemetry::public_sentence(*wait));
        json.member_or_null("serves_in", slot_);
        const auto* const key = fleet_.keys ? find(*fleet_.keys, id_) : nullptr;
        json.member_or_null("key", key == nullptr ? std::string_view() : *key);
        json.end_object();
        return text;
    }

  private:
    void write_wanted(Json& json) const {
        if (wanted_ == nullptr) {
            json.null();
            return;
        }
        json.begin_object().member("address", wanted_->address);
        json.member("weight", wanted_->weight);
        json.member("state", wanted_->disabled ? "maint" : "ready").end_object();
    }

    void write_running(Json& json) const {
        if (running_ == nullptr) {
            json.null();
            return;
        }
        json.begin_object().member("address", address_of(*running_));
        json.member("weight", running_->weight);
        // What was changed a moment ago is newer than the statistics.
        const std::string_view state = state_of(*running_);
        const bool is_newer = statistics_ == nullptr || state == "maint" || state == "drain" ||
                              statistics_->state == "maint" || statistics_->state == "drain";
        json.member("state", is_newer ? state : std::string_view(statistics_->state));
        if (statistics_ == nullptr) {
            json.key("since").null().key("sessions").null().key("queue").null();
            json.key("last_check").null().end_object();
            return;
        }
        json.member("since", statistics_->since).member("sessions", statistics_->sessions);
        json.member("queue", statistics_->queue);
        json.member_or_null("last_check", statistics_->last_check).end_object();
    }

    /// In words; empty: HAProxy has it as it is wanted.
    [[nodiscard]] std::string difference() const {
        if (running_ == nullptr)
            return fleet_.answers ? "HAProxy doesn't have it" : "";
        if (wanted_ == nullptr)
            return leaving_ != nullptr || running_->leaving ? "" : "it isn't wanted";
        if (running_->leaving)
            return "it leaves before it can come again";
        if (wanted_->is_ip && running_->address != "-" && wanted_->address != address_of(*running_))
            return fmt::format("it is at {}, not at {}", address_of(*running_), wanted_->address);
        if (by_hand_ != nullptr)
            return "";
        if (wanted_->weight != running_->weight)
            return fmt::format("its weight is {}, not {}", running_->weight, wanted_->weight);
        if (!wanted_->disabled && running_->in_maintenance())
            return "it is in maintenance";
        if (!wanted_->disabled && running_->draining())
            return "it is drained";
        return "";
    }

    void write_leaving(Json& json) const {
        if (leaving_ == nullptr || running_ == nullptr) {
            json.null();
            return;
        }
        json.begin_object().member("since", leaving_->since).member("until", leaving_->until);
        json.member("sessions", statistics_ == nullptr ? std::int64_t(0) : statistics_->sessions);
        json.end_object();
    }

    void write_by_hand(Json& json) const {
        if (by_hand_ == nullptr) {
            json.null();
            return;
        }
        json.begin_object().member("state", by_hand_->state).member("until", by_hand_->until);
        json.member("because", by_hand_->because).end_object();
    }

    [[nodiscard]] std::string obstacle() const {
        const auto& all = fleet_.obstacles.by_object();
        const auto found = all.find(object_id(id_));
        if (found == all.end() || found->second.empty())
            return "";
        return telemetry::public_line(found->second.front().detail);
    }

    const Fleet& fleet_;
    const ServerId& id_;
    const Wanted* wanted_;
    const RunningServer* running_;
    std::string_view slot_;
    const ByHand* by_hand_;
    const Leaving* leaving_;
    const ServerStatistics* statistics_ = nullptr;
};

void write_servers(Json& json, const std::vector<const ServerText*>& servers) {
    json.key("servers").begin_array();
    for (const ServerText* const server : servers)
        json.raw(server->json);
    json.end_array();
}

/// What of a backend differs: servers that are new or other, and the names of those that are gone.
struct BackendChange {
    std::vector<const ServerText*> servers;
    std::vector<std::string_view> gone;
};

BackendChange compare(const BackendText* before, const BackendText* now) {
    BackendChange change;
    static const std::vector<ServerText> none;
    const auto& old_servers = before == nullptr ? none : before->servers;
    const auto& new_servers = now == nullptr ? none : now->servers;
    auto old = old_servers.begin();
    for (const ServerText& server : new_servers) {
        for (; old != old_servers.end() && old->name < server.name; ++old)
            change.gone.push_back(old->name);
        const bool is_known = old != old_servers.end() && old->name == server.name;
        if (!is_known || old->json != server.json)
            change.servers.push_back(&server);
        old += is_known ? 1 : 0;
    }
    for (; old != old_servers.end(); ++old)
        change.gone.push_back(old->name);
    return change;
}

std::map<std::string_view, std::pair<const BackendText*, const BackendText*>>
pair_up(const FleetText* before, const FleetText& now) {
    std::map<std::string_view, std::pair<const BackendText*, const BackendText*>> pairs;
    if (before != nullptr) {
        for (const BackendText& backend : *before)
            pairs[backend.name].first = &backend;
    }
    for (const BackendText& backend : now)
        pairs[backend.name].second = &backend;
    return pairs;
}

} // namespace

Statistics statistics_of(std::span<const haproxy::StatRow> rows, Time read,
                         const Statistics* before) {
    constexpr std::chrono::seconds jitter{2};
    Statistics statistics;
    statistics.read = read;
    for (const haproxy::StatRow& row : rows) {
        if (row.kind() != haproxy::StatRow::Kind::server)
            continue;
        const ServerId id{row.proxy(), row.name()};
        ServerStatistics server;
        server.state = state_of(row.field("status"));
        server.since = read - std::chrono::seconds(row.number("lastchg").value_or(0));
        server.sessions = row.number("scur").value_or(0);
        server.queue = row.number("qcur").value_or(0);
        server.last_check = row.field("check_status");
        const auto* const old = before == nullptr ? nullptr : find(before->servers, id);
        if (old != nullptr && old->state == server.state &&
            std::chrono::abs(old->since - server.since) <= jitter)
            server.since = old->since;
        statistics.servers.insert_or_assign(id, std::move(server));
    }
    return statistics;
}

FleetText text_of(const Fleet& fleet) {
    const auto wanted = wanted_of(fleet.wanted);
    const auto running = running_of(fleet.running, wanted);
    FleetText text;
    for (const auto& [backend, servers] : wanted) {
        const auto found = running.find(backend);
        static const std::map<std::string, Found> none;
        const auto& here = found == running.end() ? none : found->second;
        std::set<std::string_view> names;
        for (const auto& [name, server] : servers)
            names.insert(name);
        for (const auto& [name, server] : here)
            names.insert(name);
        BackendText& made = text.emplace_back(BackendText{backend, {}});
        for (const std::string_view name : names) {
            const ServerId id{backend, std::string(name)};
            const auto its_line = servers.find(id.server);
            const auto its_place = here.find(id.server);
            const ServerWriter writer(fleet, id,
                                      its_line == servers.end() ? nullptr : &its_line->second,
                                      its_place == here.end() ? Found{} : its_place->second);
            made.servers.push_back({id.server, writer.write()});
        }
    }
    return text;
}

std::size_t count_servers(const haproxy::Config& config) {
    std::size_t count = 0;
    for (const haproxy::Section& section : config.sections())
        count += section.has_servers() ? section.servers.size() : 0;
    return count;
}

void write_backends(Json& json, const FleetText& fleet) {
    json.begin_array();
    for (const BackendText& backend : fleet) {
        json.begin_object().member("name", backend.name);
        json.key("servers").begin_array();
        for (const ServerText& server : backend.servers)
            json.raw(server.json);
        json.end_array().end_object();
    }
    json.end_array();
}

std::string servers_event(std::string_view resource, std::string_view haproxy,
                          const FleetText* before, const FleetText& now) {
    std::string text;
    Json json(text);
    bool differs = before == nullptr;
    json.begin_object().member("resource", resource).member("haproxy", haproxy);
    json.key("backends").begin_array();
    for (const auto& [name, pair] : pair_up(before, now)) {
        const BackendChange change = compare(pair.first, pair.second);
        if (before != nullptr && pair.second != nullptr && change.servers.empty() &&
            change.gone.empty() && pair.first != nullptr)
            continue;
        differs = true;
        json.begin_object().member("name", name);
        write_servers(json, change.servers);
        json.key("gone").begin_array();
        for (const std::string_view gone : change.gone)
            json.value(gone);
        json.end_array().end_object();
    }
    json.end_array().member("whole", before == nullptr).end_object();
    return differs ? text : std::string();
}

} // namespace hitless::monitor
