#include "daemon/haproxy_keeper.hpp"

#include <algorithm>
#include <string_view>

// What /status says of a HAProxy.
namespace hitless::daemon {
namespace {

std::string_view to_string(converge::Why why) {
    switch (why) {
    case converge::Why::compared:
        return "compared";
    case converge::Why::met:
        return "met";
    case converge::Why::retried:
        return "retried";
    case converge::Why::stepping:
        return "stepping";
    case converge::Why::left:
        return "left";
    case converge::Why::changed:
        return "changed";
    }
    return "changed";
}

} // namespace

void HaproxyKeeper::describe(monitor::HaproxyStatus& status) const {
    status.socket = session_.socket();
    status.connected = session_.connected() && answers();
    if (const std::string* const trouble = complaints_.text("socket"))
        status.trouble = *trouble;
    status.in_step = in_step() && !machine_.needs_reload();
    status.queued = machine_.queued().size();
    if (status.connected)
        describe_process(status);
    else if (machine_.wanted()) // nobody can tell that one of them is as it is wanted
        status.servers.differing = monitor::count_servers(*machine_.wanted());
}

/// The one that answers: what was known of another one means nothing.
void HaproxyKeeper::describe_process(monitor::HaproxyStatus& status) const {
    const haproxy::Info& info = session_.info();
    status.version = info.version;
    status.pid = info.pid;
    if (info.start_seconds > 0)
        status.started = monitor::Time(std::chrono::seconds(info.start_seconds));
    for (const auto& [backend, servers] : session_.observed().servers) {
        status.servers.running += servers.size();
        for (const auto& [name, server] : servers)
            status.servers.draining += server.leaving ? 1 : 0;
    }
    for (const auto& [object, why] : machine_.queued())
        status.servers.differing += object.kind == plan::ObjectId::Kind::server ? 1 : 0;
    const plan::Obstacles obstacles = machine_.obstacles();
    for (const auto& [object, causes] : obstacles.by_object())
        status.servers.differing += object.kind == plan::ObjectId::Kind::server ? 1 : 0;
}

bool HaproxyKeeper::is_verified() const {
    return session_.connected() && machine_.settled(true);
}

monitor::Fleet HaproxyKeeper::fleet() const {
    monitor::Fleet fleet;
    if (machine_.wanted())
        fleet.wanted = *machine_.wanted();
    for (const auto& [server, hold] : kept_.holds.all())
        fleet.by_hand[server] = {apply::to_string(hold.state), hold.until, hold.because};
    fleet.keys = kept_.witness.keys();
    for (const auto& [object, why] : machine_.queued()) {
        if (object.kind == plan::ObjectId::Kind::server)
            fleet.queued.emplace(server_id(object), to_string(why));
    }
    fleet.answers = session_.connected() && answers();
    if (!fleet.answers) // what was known of another process means nothing
        return fleet;
    fleet.running = session_.observed().servers;
    fleet.obstacles = machine_.obstacles();
    const Witness::Haproxy& seen = kept_.witness.of(session_.socket());
    fleet.waits = seen.waits;
    for (const auto& [server, since] : seen.leaving_since)
        fleet.leaving[server] = {since, since + kept_.options.drain_timeout};
    return fleet;
}

} // namespace hitless::daemon
