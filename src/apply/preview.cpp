#include "hitless/apply/preview.hpp"

#include "hitless/apply/resolve.hpp"
#include "hitless/apply/session.hpp"
#include "hitless/haproxy/capabilities.hpp"
#include "hitless/haproxy/present.hpp"
#include "hitless/haproxy/stat.hpp"
#include "hitless/live/kind.hpp"
#include "hitless/plan/server_index.hpp"
#include "hitless/plan/slots.hpp"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hitless::apply {
namespace {

/// Takes out servers that are in maintenance already, to be deleted: not wanted, and noted as such
/// or not in the file. `slots`: spare servers stay, also those of a file before.
std::vector<plan::ServerId> take_leaving(std::vector<plan::ObjectId>& objects,
                                         const haproxy::Running& running, const PreviewInput& input,
                                         bool slots) {
    const plan::ServerIndex wanted_lines(input.wanted, objects.size());
    const plan::ServerIndex loaded_lines(input.loaded, objects.size());
    const auto is_out = [&](const plan::ServerId& server) {
        const auto noted = input.places.leaving.find(server);
        return (noted != input.places.leaving.end() && noted->second) || !loaded_lines.has(server);
    };
    std::vector<plan::ServerId> leaving;
    std::erase_if(objects, [&](const plan::ObjectId& object) {
        if (object.kind != plan::ObjectId::Kind::server)
            return false;
        const plan::ServerId server = server_id(object);
        const auto* const found = haproxy::find_server(running, server.backend, server.server);
        const bool leaves = found != nullptr && found->in_maintenance() &&
                            !wanted_lines.has(server) && is_out(server) &&
                            !(slots && plan::is_slot(server.server));
        if (leaves)
            leaving.push_back(server);
        return leaves;
    });
    return leaving;
}

/// Takes out objects of which nobody can tell what HAProxy has of them, also stand-ins for such
/// ones and spare servers in their places.
std::vector<plan::Remark> take_unknown(std::vector<plan::ObjectId>& objects,
                                       const haproxy::Running& running,
                                       const std::set<plan::ObjectId>& in_doubt) {
    std::set<plan::ObjectId> unknown;
    std::erase_if(objects, [&](const plan::ObjectId& object) {
        plan::ObjectId original = live::original_of(object);
        const auto* const found = object.kind == plan::ObjectId::Kind::server
                                      ? haproxy::find_server(running, object.scope, object.name)
                                      : nullptr;
        if (found != nullptr && !found->serves.empty())
            original.name = found->serves;
        if (!in_doubt.contains(original) || live::find_kind(object.kind)->is_told(object))
            return false;
        unknown.insert(std::move(original));
        return true;
    });
    std::vector<plan::Remark> remarks;
    remarks.reserve(unknown.size());
    for (const plan::ObjectId& object : unknown)
        remarks.push_back({object, object.kind == plan::ObjectId::Kind::server
                                       ? "hitlessd has given it options that the file doesn't have "
                                         "yet and that HAProxy doesn't tell, so that it was not "
                                         "compared"
                                       : "hitlessd has set it, and the file doesn't say so yet, so "
                                         "that it was not compared"});
    return remarks;
}

/// Takes out the map files and ACL files.
std::vector<plan::ObjectId> take_files(std::vector<plan::ObjectId>& objects) {
    std::vector<plan::ObjectId> files;
    std::erase_if(objects, [&](const plan::ObjectId& object) {
        const bool is_file =
            object.kind == plan::ObjectId::Kind::map || object.kind == plan::ObjectId::Kind::acl;
        if (is_file)
            files.push_back(object);
        return is_file;
    });
    return files;
}

/// HAProxy 2.4 keeps servers of its file in maintenance until it is reloaded, and doesn't tell
/// which these are. hitlessd deletes any other at once. So those without sessions stay, and nothing
/// is to be done for them.
boost::asio::awaitable<Result<void>> drop_those_that_stay(Session& session,
                                                          std::vector<plan::ServerId>& leaving) {
    std::set<std::string> backends;
    for (const plan::ServerId& server : leaving)
        backends.insert(server.backend);
    for (const std::string& backend : backends) {
        const auto rows = co_await session.read_statistics(backend);
        if (!rows)
            co_return rows.error();
        std::set<std::string> busy;
        for (const haproxy::StatRow& row : *rows) {
            if (row.number("scur").value_or(0) > 0)
                busy.insert(row.name());
        }
        std::erase_if(leaving, [&](const plan::ServerId& server) {
            return server.backend == backend && !busy.contains(server.server);
        });
    }
    co_return Result<void>{};
}

/// What is to be said of each.
std::vector<plan::Remark> describe_leaving(const std::vector<plan::ServerId>& leaving,
                                           const haproxy::Info& info) {
    const std::string what =
        haproxy::can_delete(info, true)
            ? std::string("it is in maintenance and not wanted; it is deleted when its last "
                          "connections have ended")
            : fmt::format("it is in maintenance and not wanted, and has sessions; when they have "
                          "ended, HAProxy {} deletes it if it was added while HAProxy ran, and "
                          "keeps it in maintenance until the next reload if its file had it",
                          info.version);
    std::vector<plan::Remark> remarks;
    remarks.reserve(leaving.size());
    for (const plan::ServerId& server : leaving)
        remarks.push_back({object_id(server), what});
    return remarks;
}

/// HAProxy gives frontends without a line the limit of the flag -N, or else that of the process,
/// when it starts (cfg_maxpconn in haproxy.c, check_config_validity() in cfgparse.c). It doesn't
/// change this one later.
void take_first_limits(live::ObservedLimits& limits, long flag) {
    for (const auto& [frontend, limit] : limits.frontends)
        limits.first[frontend] = flag > 0 ? flag : limits.hard;
}

std::vector<std::string> names_of(const haproxy::Config& wanted,
                                  std::span<const plan::ObjectId> objects) {
    std::vector<std::string> names;
    for (live::Named& named : live::with_names(wanted, objects))
        names.push_back(std::move(named.name));
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

} // namespace

boost::asio::awaitable<Result<Preview>> preview(std::string socket, PreviewInput input) {
    Session session(co_await boost::asio::this_coro::executor, std::move(socket));
    session.watch(input.files);
    if (const auto identity = co_await session.identify(); !identity)
        co_return identity.error();
    if (const auto read = co_await session.observe_all(); !read)
        co_return read.error();
    auto backends = co_await session.read_backends();
    if (!backends)
        co_return backends.error();
    // The file may have sections already that come with a reload which is still owed.
    input.loaded = haproxy::without_missing_backends(std::move(input.loaded), *backends);
    live::Observed& observed = session.observed();
    const haproxy::Config& loaded = input.loaded;
    const haproxy::Config& brought = input.brought ? *input.brought : loaded;
    const auto adopted = co_await session.adopt(brought, input.in_doubt, input.is_start_certain);
    if (!adopted)
        co_return adopted.error();
    observed.acl_lines.unplaced.clear(); // hitlessd may know more of them
    if (input.frontend_limit_flag)
        take_first_limits(observed.limits, *input.frontend_limit_flag);
    take_noted_slots(observed.servers, input.places);
    auto objects = live::all_objects(input.wanted, input.files, observed);
    // What the process has no place for, as a backend, comes with a reload.
    std::erase_if(objects, [&](const plan::ObjectId& object) {
        return !live::find_kind(object.kind)->is_possible(loaded, object);
    });
    const bool slots = plan::without_slots(loaded).text() != loaded.text();
    std::vector<plan::ServerId> leaving = take_leaving(objects, observed.servers, input, slots);
    if (!haproxy::can_delete(session.info(), true)) {
        if (const auto dropped = co_await drop_those_that_stay(session, leaving); !dropped)
            co_return dropped.error();
    }
    Preview preview;
    preview.unknown = take_unknown(objects, observed.servers, input.in_doubt);
    plan::Names names;
    std::vector<std::string> unknown = names_of(input.wanted, objects);
    co_await resolve(std::move(unknown), names);
    plan::recognize_slots(observed.servers, input.wanted, names);
    plan::guess_slots(observed.servers, input.wanted);
    const auto files = input.to_come ? take_files(objects) : std::vector<plan::ObjectId>();
    preview.plan = live::make_plan({loaded, input.wanted, input.files, observed, session.info(),
                                    names, false, slots, false, &input.by_hand},
                                   objects);
    if (input.to_come)
        add(preview.plan,
            live::make_plan({loaded, *input.to_come, input.files, observed, session.info(), names,
                             false, slots, false, &input.by_hand},
                            files));
    preview.leaving = describe_leaving(leaving, session.info());
    preview.backends = *std::move(backends);
    co_return preview;
}

} // namespace hitless::apply
