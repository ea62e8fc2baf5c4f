#include "monitor/status.hpp"

#include "telemetry/public_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace hitless::monitor {
namespace {

constexpr std::size_t most_left_out = 100;
constexpr std::size_t most_obstacles = 100;
constexpr std::size_t most_reasons = 20;
constexpr std::size_t most_held = 1'000;

/// The fleets of the HAProxies, taken one after the other; none for a summary.
struct Fleets {
    const std::vector<FleetText>* all = nullptr;
    std::size_t next = 0;
};

void write_texts(Json& json, const std::vector<std::string>& texts) {
    json.begin_array();
    for (const std::string& text : texts)
        json.value(telemetry::public_sentence(text));
    json.end_array();
}

void write_registry(Json& json, const RegistryStatus& registry) {
    json.begin_object().member("name", telemetry::public_sentence(registry.name));
    json.member("connected", registry.connected);
    json.member_or_null("trouble", telemetry::public_sentence(registry.trouble));
    json.member("index", registry.index).member("applied_index", registry.applied_index);
    json.member("keys", std::uint64_t(registry.keys));
    json.member("last_event", registry.last_event).member("full_reads", registry.full_reads);
    json.end_object();
}

/// "backend app: - retries 3; backend app: + retries 5"
std::string words_of(const plan::Obstacles& of_object) {
    constexpr std::size_t most_causes = 6;
    std::string words;
    for (const std::string& text : in_words(of_object, most_causes))
        words.append(words.empty() ? "" : "; ").append(telemetry::public_line(text));
    return words;
}

void write_obstacles(Json& json, const plan::Obstacles& obstacles) {
    json.begin_array();
    std::size_t count = 0;
    for (const auto& [object, causes] : obstacles.by_object()) {
        if (++count > most_obstacles)
            break;
        json.begin_object().key("object").begin_object();
        json.member("kind", to_string(object.kind));
        json.member("scope", object.scope).member("name", object.name).end_object();
        json.key("causes").begin_array();
        for (const plan::Cause& cause : causes) {
            json.begin_object().member("kind", to_string(cause.kind));
            json.member("detail", telemetry::public_line(cause.detail)).end_object();
        }
        json.end_array();
        json.member("words", words_of(obstacles.of(object))).end_object();
    }
    json.end_array();
}

void write_reload(Json& json, const ReloadStatus& reload) {
    json.begin_object().member("owed", reload.since.has_value()).member("since", reload.since);
    json.member("next", reload.next).member("running", reload.running).key("obstacles");
    write_obstacles(json, reload.obstacles);
    json.key("last");
    if (reload.last) {
        json.begin_object().member("at", reload.last->at);
        json.member("result", reload.last->done ? "done" : "failed").key("causes").begin_array();
        for (const std::string& cause : reload.last->causes)
            json.value(telemetry::public_line(cause));
        json.end_array().member("duration_ms", reload.last->duration_ms).end_object();
    } else {
        json.null();
    }
    json.end_object();
}

void write_haproxy(Json& json, const HaproxyStatus& haproxy, Fleets& fleets) {
    json.begin_object().member("socket", haproxy.socket).member("connected", haproxy.connected);
    json.member_or_null("trouble", telemetry::public_sentence(haproxy.trouble));
    json.member_or_null("version", haproxy.version);
    json.member("pid", haproxy.pid != 0 ? std::optional<std::int64_t>(haproxy.pid) : std::nullopt);
    json.member("started", haproxy.started).member("in_step", haproxy.in_step);
    json.member("queued", std::uint64_t(haproxy.queued)).member("statistics", haproxy.statistics);
    if (fleets.all != nullptr) {
        static const FleetText none;
        json.key("backends");
        write_backends(json, fleets.next < fleets.all->size() ? (*fleets.all)[fleets.next] : none);
        ++fleets.next;
    }
    json.end_object();
}

void write_server(Json& json, const plan::ServerId& server) {
    json.begin_object().member("kind", "server").member("scope", server.backend);
    json.member("name", server.server).end_object();
}

void write_held(Json& json, const std::optional<HeldStatus>& held) {
    if (!held) {
        json.null();
        return;
    }
    const std::string why = held->changes.empty() ? std::string() : held->changes.front();
    json.begin_object().member("why", telemetry::public_sentence(why)).member("until", held->until);
    write_texts(json.key("changes"), held->changes);
    json.key("objects").begin_array();
    for (std::size_t i = 0; i < std::min(held->servers.size(), most_held); ++i)
        write_server(json, held->servers[i]);
    json.end_array();
    json.end_object();
}

void write_publishing(Json& json, const std::optional<Publishing>& publishing) {
    if (!publishing) {
        json.null();
        return;
    }
    json.begin_object().member("state", publishing->checking ? "checking" : "waiting");
    json.member("since", publishing->since).end_object();
}

void write_resource(Json& json, const ResourceStatus& resource, Fleets& fleets) {
    json.begin_object().member("file", resource.file).member("template", resource.source);
    json.member("dest", resource.dest).member("kind", resource.kind);
    json.member("in_step", resource.in_step);
    json.member("rendered", resource.rendered).member("written", resource.written);
    json.member_or_null("check_refused", telemetry::public_sentence(resource.check_refused));
    write_publishing(json.key("publishing"), resource.publishing);
    json.key("left_out").begin_array();
    for (std::size_t i = 0; i < std::min(resource.left_out.size(), most_left_out); ++i) {
        const LeftOut& left = resource.left_out[i];
        json.begin_object().member("key", left.key).member("what", left.what);
        json.member("why", telemetry::public_reason(left.why, left.key));
        json.member("hidden", left.is_hidden);
        json.key("object");
        if (left.server.server.empty())
            json.null();
        else
            write_server(json, left.server);
        json.end_object();
    }
    json.end_array();
    write_held(json.key("held"), resource.held);
    json.key("troubles").begin_array();
    for (const Trouble& trouble : resource.troubles) {
        json.begin_object().member("source", trouble.source);
        json.member("message", telemetry::public_sentence(trouble.message)).end_object();
    }
    json.end_array();
    write_reload(json.key("reload"), resource.reload);
    json.key("haproxies").begin_array();
    for (const HaproxyStatus& haproxy : resource.haproxies)
        write_haproxy(json, haproxy, fleets);
    json.end_array().end_object();
}

void write_propagation(Json& json, const Propagation& propagation) {
    json.begin_object().member("count", propagation.count());
    json.member("p50_ms", propagation.percentile(0.5));
    json.member("p99_ms", propagation.percentile(0.99)).key("buckets").begin_array();
    for (const Propagation::Bucket& bucket : propagation.buckets()) {
        json.begin_object().member("le_ms", bucket.le_ms); // infinity becomes null
        json.member("count", bucket.count).end_object();
    }
    json.end_array().end_object();
}

/// All but the closing bracket.
void write_site(Json& json, const SiteStatus& site, const Propagation& propagation, Fleets fleets) {
    json.begin_object().member("format", 1).member("program", "hitlessd");
    json.member("version", site.version).member_or_null("host", site.host);
    json.member("pid", std::int64_t(site.pid));
    json.member("started", site.started).member("now", site.now);
    json.member("state", state_of(site)).member("state_since", site.state_since);
    json.member("ready", site.ready && !site.ending);
    write_texts(json.key("reasons"), reasons_of(site));
    write_registry(json.key("registry"), site.registry);
    json.key("resources").begin_array();
    for (const ResourceStatus& resource : site.resources)
        write_resource(json, resource, fleets);
    json.end_array();
    write_propagation(json.key("propagation"), propagation);
}

bool is_in_trouble(const SiteStatus& site) {
    return !site.registry.trouble.empty() ||
           std::ranges::any_of(site.resources, [](const ResourceStatus& resource) {
               return !resource.troubles.empty() || resource.held || !resource.left_out.empty() ||
                      !resource.check_refused.empty() ||
                      std::ranges::any_of(resource.haproxies, [](const HaproxyStatus& haproxy) {
                          return !haproxy.trouble.empty();
                      });
           });
}

/// Each once: where a text goes on after what another one says, only the longer one.
struct Reasons {
    std::vector<std::string> all;

    void add(const std::string& text) {
        if (text.empty())
            return;
        for (std::string& known : all) {
            if (known.starts_with(text))
                return;
            if (text.starts_with(known)) {
                known = text;
                return;
            }
        }
        all.push_back(text);
    }
};

/// With some of its causes.
std::string owed_reload(const ResourceStatus& resource) {
    constexpr std::size_t most_causes = 2;
    std::string text = fmt::format("{}: a reload is owed", resource.dest);
    std::string_view before = ": ";
    for (const std::string& cause : in_words(resource.reload.obstacles, most_causes))
        text.append(std::exchange(before, "; ")).append(telemetry::public_line(cause));
    return text;
}

/// Why the resource isn't in step yet, though nothing is wrong; empty: it is.
std::string what_is_done(const ResourceStatus& resource) {
    if (resource.in_step)
        return {};
    std::size_t queued = 0;
    for (const HaproxyStatus& haproxy : resource.haproxies)
        queued += haproxy.queued;
    if (queued > 0)
        return fmt::format("{}: {} {} for commands", resource.dest, queued,
                           queued == 1 ? "server waits" : "servers wait");
    if (resource.publishing && resource.publishing->checking)
        return fmt::format("{} is being checked by check_cmd; it follows then", resource.dest);
    if (resource.publishing)
        return fmt::format("{} follows after the pause that there is between two runs of check_cmd",
                           resource.dest);
    return fmt::format("{} is being brought to what the keys say", resource.dest);
}

} // namespace

std::string_view state_of(const SiteStatus& site) {
    if (site.ending)
        return "ending";
    if (!site.ready)
        return "starting";
    if (is_in_trouble(site))
        return "degraded";
    return std::ranges::all_of(site.resources, &ResourceStatus::in_step) ? "in_step" : "working";
}

std::vector<std::string> reasons_of(const SiteStatus& site) {
    Reasons reasons;
    const auto add = [&](const std::string& text) { reasons.add(text); };
    if (site.ending)
        add("hitlessd ends");
    if (!site.ready)
        std::ranges::for_each(site.unready, add);
    add(site.registry.trouble);
    for (const ResourceStatus& resource : site.resources) {
        for (const Trouble& trouble : resource.troubles)
            add(trouble.message);
        if (resource.held && !resource.held->changes.empty())
            add(resource.held->changes.front());
        if (const std::size_t left = resource.left_out.size(); left > 0)
            add(fmt::format("{}: {} left out for bad values", resource.dest,
                            left == 1 ? "1 key is" : fmt::format("{} keys are", left)));
        if (!resource.check_refused.empty() && resource.troubles.empty())
            add(fmt::format("{}: check_cmd refuses what the keys make of it", resource.dest));
        if (resource.reload.since)
            add(owed_reload(resource));
    }
    if (reasons.all.empty() && state_of(site) == "working") {
        for (const ResourceStatus& resource : site.resources)
            add(what_is_done(resource));
    }
    reasons.all.resize(std::min(reasons.all.size(), most_reasons));
    return std::move(reasons.all);
}

std::string summary_json(const SiteStatus& site, const Propagation& propagation) {
    std::string text;
    Json json(text);
    write_site(json, site, propagation, {});
    json.end_object();
    return text;
}

std::string without_now(std::string summary) {
    constexpr std::string_view member = "\"now\":\"";
    constexpr std::size_t length = 24; // of a time
    const std::size_t at = summary.find(member);
    if (at != std::string::npos)
        summary.erase(at + member.size(), length);
    return summary;
}

std::string status_json(const SiteStatus& site, const Propagation& propagation,
                        const std::vector<FleetText>& fleets, const std::deque<Change>& changes) {
    std::string text;
    Json json(text);
    write_site(json, site, propagation, Fleets{&fleets});
    json.key("changes").begin_array();
    for (const Change& change : changes)
        json.raw(to_json(change));
    json.end_array().end_object();
    return text;
}

std::string readiness_json(const SiteStatus& site) {
    std::string text;
    Json json(text);
    json.begin_object().member("ready", site.ready && !site.ending);
    json.member("state", state_of(site));
    write_texts(json.key("reasons"), reasons_of(site));
    json.end_object();
    return text;
}

} // namespace hitless::monitor
