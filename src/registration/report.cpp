#include "registration/report.hpp"

#include "registration/metrics.hpp"
#include "telemetry/public_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hitless::registration {
namespace {

using telemetry::Json;
using telemetry::public_sentence;

constexpr std::size_t most_reasons = 20;

void write_etcd(Json& json, const Report& report) {
    json.begin_object().member("api", report.is_v3 ? "v3" : "v2").key("nodes").begin_array();
    for (const std::string& node : report.nodes)
        json.value(public_sentence(node));
    json.end_array().member("connected", is_etcd_connected(report)).end_object();
}

void write_key(Json& json, const KeyReport& key) {
    json.begin_object().member("key", key.key).member_or_null("address", key.address);
    json.member("state", to_string(key.state)).member("since", key.since);
    json.member("renewed", key.renewed).member("renewals", key.renewals);
    json.member_or_null("trouble", public_sentence(key.trouble));
    json.member_or_null("container", key.container).end_object();
}

void write_command(Json& json, const std::optional<CommandReport>& command) {
    if (!command) {
        json.null();
        return;
    }
    json.begin_object().member("state", command->is_running ? "running" : "ended");
    json.member("pid", std::int64_t(command->pid));
    json.member("exit_status", command->exit_status).end_object();
}

void write_probes(Json& json, const std::vector<ProbeReport>& probes) {
    json.begin_array();
    for (const ProbeReport& probe : probes) {
        json.begin_object().member("probe", probe.probe).member("passed", probe.is_passed);
        json.member_or_null("trouble", public_sentence(probe.trouble)).end_object();
    }
    json.end_array();
}

void write_engine(Json& json, const std::optional<EngineReport>& engine) {
    if (!engine) {
        json.null();
        return;
    }
    json.begin_object().member("socket", engine->socket).member("connected", engine->is_connected);
    json.member_or_null("trouble", public_sentence(engine->trouble));
    json.key("containers").begin_array();
    for (const ContainerReport& container : engine->containers) {
        json.begin_object().member("id", container.id).member_or_null("name", container.name);
        json.member_or_null("key", container.key).member("state", to_string(container.state));
        json.member_or_null("why", public_sentence(container.why)).end_object();
    }
    json.end_array().end_object();
}

/// What /status and /readyz have both.
void write_state(Json& json, const Report& report) {
    json.member("state", state_of(report)).member("ready", report.is_ready && !report.is_ending);
    json.key("reasons").begin_array();
    for (const std::string& reason : reasons_of(report))
        json.value(public_sentence(reason));
    json.end_array();
}

bool is_in_trouble(const Report& report) {
    const auto is_bad = [](const KeyReport& key) {
        return key.state == KeyReport::State::lost ||
               key.state == KeyReport::State::held_by_another ||
               key.state == KeyReport::State::impossible || key.is_etcd_connected == false;
    };
    return std::ranges::any_of(report.keys, is_bad) ||
           (report.engine && !report.engine->trouble.empty()) ||
           (report.engine &&
            std::ranges::any_of(report.engine->containers, [](const ContainerReport& container) {
                return container.state == ContainerReport::State::refused;
            }));
}

/// Empty: nothing is to be said of it.
std::string reason_of(const KeyReport& key) {
    switch (key.state) {
    case KeyReport::State::held_by_another:
        return fmt::format("{} is held by another", key.key);
    case KeyReport::State::impossible:
        return key.trouble;
    case KeyReport::State::lost:
        return fmt::format("{} is lost{}{}", key.key, key.trouble.empty() ? "" : ": ", key.trouble);
    case KeyReport::State::waiting:
    case KeyReport::State::registered:
        return key.trouble.empty() ? std::string() : "etcd doesn't answer: " + key.trouble;
    }
    return {};
}

} // namespace

std::string_view to_string(KeyReport::State state) {
    constexpr std::string_view names[] = {"waiting", "registered", "lost", "held_by_another",
                                          "impossible"};
    return names[static_cast<std::size_t>(state)];
}

std::string_view to_string(ContainerReport::State state) {
    constexpr std::string_view names[] = {"unknown",    "not_ready", "waiting",
                                          "registered", "refused",   "ending"};
    return names[static_cast<std::size_t>(state)];
}

bool is_etcd_connected(const Report& report) {
    const auto has_failed = [](const KeyReport& key) { return key.is_etcd_connected == false; };
    const auto has_answered = [](const KeyReport& key) { return key.is_etcd_connected == true; };
    return std::ranges::none_of(report.keys, has_failed) &&
           std::ranges::any_of(report.keys, has_answered);
}

std::string_view state_of(const Report& report) {
    if (report.is_ending)
        return "ending";
    if (is_in_trouble(report))
        return "degraded";
    if (!report.is_ready)
        return "starting";
    const bool are_all_set = std::ranges::all_of(report.keys, [](const KeyReport& key) {
        return key.state == KeyReport::State::registered;
    });
    return are_all_set ? "in_step" : "working";
}

std::vector<std::string> reasons_of(const Report& report) {
    std::vector<std::string> reasons;
    const auto add = [&](std::string text) {
        if (!text.empty() && std::ranges::find(reasons, text) == reasons.end())
            reasons.push_back(std::move(text));
    };
    if (report.is_ending)
        add("hitless-register ends");
    for (const ProbeReport& probe : report.probes) {
        if (!probe.is_passed)
            add(fmt::format("the service isn't ready: {}{}{}", probe.probe,
                            probe.trouble.empty() ? "" : ": ", probe.trouble));
    }
    for (const KeyReport& key : report.keys)
        add(reason_of(key));
    if (report.engine) {
        if (!report.engine->trouble.empty())
            add("the container engine fails: " + report.engine->trouble);
        else if (!report.engine->is_connected)
            add("the container engine has not told its containers yet");
        for (const ContainerReport& container : report.engine->containers) {
            if (container.state == ContainerReport::State::refused)
                add(fmt::format("container {}: {}",
                                container.name.empty() ? container.id : container.name,
                                container.why));
        }
    }
    if (!report.is_ready && reasons.empty())
        reasons.emplace_back("not all keys have been set yet");
    reasons.resize(std::min(reasons.size(), most_reasons));
    return reasons;
}

std::string status_json(const Report& report) {
    std::string text;
    Json json(text);
    json.begin_object().member("format", 1).member("program", "hitless-register");
    json.member("version", report.version).member("pid", std::int64_t(report.pid));
    json.member("started", report.started).member("now", report.now);
    write_state(json, report);
    write_etcd(json.key("etcd"), report);
    json.member("ttl_ms", std::int64_t(report.ttl.count())).key("keys").begin_array();
    for (const KeyReport& key : report.keys)
        write_key(json, key);
    json.end_array();
    write_command(json.key("command"), report.command);
    write_probes(json.key("probes"), report.probes);
    write_engine(json.key("engine"), report.engine);
    json.end_object();
    return text;
}

std::string readiness_json(const Report& report) {
    std::string text;
    Json json(text);
    json.begin_object();
    write_state(json, report);
    json.end_object();
    return text;
}

} // namespace hitless::registration
