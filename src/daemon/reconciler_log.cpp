#include "hitless/haproxy/environment.hpp"

#include "base/event.hpp"
#include "daemon/reconciler.hpp"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>

// What the Reconciler tells.
namespace hitless::daemon {

/// Once after a start, a SIGHUP and a time without etcd or HAProxy.
void Reconciler::tell_when_in_step() {
    if (!work_.tell_in_step || !in_step())
        return;
    work_.tell_in_step = false;
    const std::string& dest = work_.resource.dest;
    log(spdlog::level::info,
        base::Event("in_step")
            .with("dest", dest)
            .with("sockets", sockets_)
            .says(sockets_.empty() ? fmt::format("in step with the keys: {}", dest)
                                   : fmt::format("in step with the keys: {}, and HAProxy at {}",
                                                 dest, fmt::join(sockets_, ", "))));
}

bool Reconciler::in_step() {
    return wanted_ && work_.cut_off.empty() && !work_.waits_for_names() && !guarded_ &&
           !complaints_.raised("render") && file_keeper_.idle() && !file_keeper_.in_trouble() &&
           file_keeper_.has_on_disk(file()) &&
           std::ranges::all_of(keepers_, &HaproxyKeeper::in_step) && obstacles().empty();
}

/// What a change of the keys makes of the template.
void Reconciler::tell_rendered(const plan::Difference* difference) const {
    const std::string& dest = work_.resource.dest;
    if (difference == nullptr)
        spdlog::debug("rendered {} for the first time", dest);
    else if (difference->servers.empty() && difference->lines.empty())
        spdlog::debug("rendered {}: nothing differs that HAProxy would see{}", dest,
                      guarded_ ? ", since the guard holds a change" : "");
    else if (difference->lines.empty())
        spdlog::debug("rendered {}: {} server(s) differ", dest, difference->servers.size());
    else
        spdlog::debug("rendered {}: {} server(s) differ, and {} other line(s), which need a reload",
                      dest, difference->servers.size(), difference->lines.size());
}

/// What -noop would do beyond that which a HaproxyKeeper tells, who asks HAProxy.
void Reconciler::show_noop() {
    const std::string& dest = work_.resource.dest;
    std::vector<std::string> lines;
    if (sockets_.empty()) {
        lines.push_back(fmt::format(
            "noop: HAProxy can't be asked what it runs, since {} has no stats socket that may "
            "change servers; that file counts as what HAProxy runs",
            dest));
        for (const std::string& reason : in_words(obstacles()))
            lines.push_back(fmt::format("noop: reload: {}", reason));
    }
    if (file().text() != loaded_.text())
        lines.push_back(fmt::format("noop: {} would be written", dest));
    if (last_noop_ == lines)
        return;
    for (const std::string& line : lines)
        spdlog::info("{}", line);
    last_noop_ = std::move(lines);
}

/// What runs has none. Nothing is said when what is wanted has one: the reload brings it.
void Reconciler::complain_of_missing_socket(const std::set<std::string>& missing) {
    const auto brought = haproxy::find_admin_sockets(*wanted_, haproxy::own_environment());
    if (!brought.addresses.empty())
        return;
    if (!missing.empty())
        complaints_.raise(
            "admin socket",
            fmt::format("where the admin socket of {} is depends on environment variables that "
                        "hitlessd lacks: {}; start hitlessd with them, or name the socket by "
                        "-haproxy-socket; until then every change is a reload",
                        work_.resource.dest, fmt::join(missing, ", ")));
    else
        complaints_.raise(
            "admin socket",
            fmt::format("{} has no stats socket that may change servers, so every change is a "
                        "reload; add to the global section of {}: stats socket "
                        "/run/haproxy/admin.sock mode 660 level admin expose-fd listeners",
                        work_.resource.dest, work_.resource.src));
}

} // namespace hitless::daemon
