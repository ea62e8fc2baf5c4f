#include "hitless/apply/origins.hpp"

#include "base/event.hpp"
#include "daemon/reconciler.hpp"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

// What the Reconciler tells.
namespace hitless::daemon {

/// Once after a start, a SIGHUP and a time without etcd or HAProxy.
void Reconciler::say_in_step() const {
    const std::string& dest = kept_.resource.dest;
    const std::string but_for = kept_.status.but_for_left_out();
    log(spdlog::level::info,
        base::Event("in_step")
            .with("dest", dest)
            .with("sockets", haproxies_.sockets())
            .says(haproxies_.sockets().empty()
                      ? fmt::format("in step with the keys: {}{}", dest, but_for)
                      : fmt::format("in step with the keys: {}, and HAProxy at {}{}", dest,
                                    fmt::join(haproxies_.sockets(), ", "), but_for)));
}

/// What a change of the keys makes of the template.
void Reconciler::tell_rendered(const Machine::TellHaproxies& wanted) const {
    const std::string& dest = kept_.resource.dest;
    const auto& difference = wanted.difference;
    if (!difference)
        spdlog::debug("rendered {} for the first time", dest);
    else if (difference->servers.empty() && difference->lines.empty())
        spdlog::debug("rendered {}: nothing differs that HAProxy would see{}", dest,
                      wanted.is_held ? ", since the guard holds a change" : "");
    else if (difference->lines.empty())
        spdlog::debug("rendered {}: {} server(s) differ", dest, difference->servers.size());
    else
        spdlog::debug("rendered {}: {} server(s) differ, and {} other line(s), which need a reload",
                      dest, difference->servers.size(), difference->lines.size());
}

/// The first source of each server's line; none where the line is the template's own.
std::map<plan::ServerId, std::string> Reconciler::sources_of_servers() const {
    std::map<plan::ServerId, std::string> sources;
    if (rendering_ == nullptr)
        return sources;
    const auto lines =
        apply::origins_of(rendered_.text(), *rendering_, *kept_.renderer, kept_.rules);
    for (const haproxy::Section& section : rendered_.sections()) {
        for (const haproxy::ServerLine& line : section.servers) {
            const auto at = static_cast<std::size_t>(line.number) - 1;
            if (at < lines.size() && !lines[at].pieces.empty())
                sources.emplace(plan::ServerId{std::string(section.name), std::string(line.name)},
                                lines[at].pieces.front().source);
        }
    }
    return sources;
}

/// With -noop: what would be done to the file, and, without a socket, why HAProxy would be
/// reloaded. HaproxyKeeper tells the rest.
void Reconciler::show_noop(const haproxy::Config& file) {
    const std::string& dest = kept_.resource.dest;
    std::vector<std::string> lines;
    if (haproxies_.sockets().empty()) {
        lines.push_back(fmt::format(
            "noop: HAProxy can't be asked what it runs, since {} has no stats socket that may "
            "change servers; that file counts as what HAProxy runs",
            dest));
        for (const std::string& reason : in_words(obstacles()))
            lines.push_back(fmt::format("noop: reload: {}", reason));
    }
    if (file.text() != machine_.loaded().text())
        lines.push_back(fmt::format("noop: {} would be written", dest));
    if (last_noop_ == lines)
        return;
    for (const std::string& line : lines)
        spdlog::info("{}", line);
    last_noop_ = std::move(lines);
}

/// What runs has none. Nothing is said when what is wanted has one: the reload brings it.
void Reconciler::complain_of_socket(const Machine::Connect& wanted) {
    constexpr const char* topic = "admin socket";
    const std::string& dest = kept_.resource.dest;
    if (!wanted.sockets.empty())
        complaints_.settle(topic, fmt::format("{} has a stats socket now, so that HAProxy is "
                                              "changed without reloads",
                                              dest));
    else if (wanted.is_coming)
        return;
    else if (!wanted.missing.empty())
        complaints_.raise(
            topic,
            fmt::format("where the admin socket of {} is depends on environment variables that "
                        "hitlessd lacks: {}; start hitlessd with them, or name the socket by "
                        "-haproxy-socket; until then every change is a reload",
                        dest, fmt::join(wanted.missing, ", ")));
    else
        complaints_.raise(
            topic,
            fmt::format("{} has no stats socket that may change servers, so every change is a "
                        "reload; add to the global section of {}: stats socket "
                        "/run/haproxy/admin.sock mode 660 level admin expose-fd listeners",
                        dest, kept_.resource.src));
}

} // namespace hitless::daemon
