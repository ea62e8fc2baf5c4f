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
    const haproxy::Info& info = session_.info();
    status.socket = session_.socket();
    status.connected = session_.connected() && answers();
    if (const std::string* const trouble = complaints_.text("socket"))
        status.trouble = *trouble;
    status.version = info.version;
    status.pid = info.pid;
    if (info.start_seconds > 0)
        status.started = monitor::Time(std::chrono::seconds(info.start_seconds));
    status.in_step = in_step();
    status.queued = machine_.queued().size();
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
    if (session_.connected()) // what was known of another process means nothing
        fleet.running = session_.observed().servers;
    fleet.obstacles = machine_.obstacles();
    for (const auto& [object, why] : machine_.queued()) {
        if (object.kind == plan::ObjectId::Kind::server)
            fleet.queued.emplace(server_id(object), to_string(why));
    }
    for (const auto& [server, hold] : work_.holds.all())
        fleet.by_hand[server] = {apply::to_string(hold.state), hold.until, hold.because};
    const Witness::Haproxy& seen = work_.witness.of(session_.socket());
    fleet.waits = seen.waits;
    for (const auto& [server, since] : seen.leaving_since)
        fleet.leaving[server] = {since, since + work_.options.drain_timeout};
    fleet.keys = work_.witness.keys();
    return fleet;
}

} // namespace hitless::daemon
