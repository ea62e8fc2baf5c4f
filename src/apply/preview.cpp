#include "hitless/apply/preview.hpp"

#include "hitless/apply/resolve.hpp"
#include "hitless/apply/session.hpp"
#include "hitless/haproxy/capabilities.hpp"
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
#include <vector>

namespace hitless::apply {
namespace {

/// Takes out servers that are in maintenance already, to be deleted: neither wanted nor in the
/// file. `slots`: spare servers stay, also those of a file before.
std::vector<plan::ServerId> take_leaving(std::vector<plan::ObjectId>& objects,
                                         const haproxy::Running& running,
                                         const haproxy::Config& wanted,
                                         const haproxy::Config& loaded, bool slots) {
    const plan::ServerIndex wanted_lines(wanted, objects.size());
    const plan::ServerIndex loaded_lines(loaded, objects.size());
    std::vector<plan::ServerId> leaving;
    std::erase_if(objects, [&](const plan::ObjectId& object) {
        if (object.kind != plan::ObjectId::Kind::server)
            return false;
        const plan::ServerId server = server_id(object);
        const auto* const found = haproxy::find_server(running, server.backend, server.server);
        const bool leaves = found != nullptr && found->in_maintenance() &&
                            !wanted_lines.has(server) && !loaded_lines.has(server) &&
                            !(slots && plan::is_slot(server.server));
        if (leaves)
            leaving.push_back(server);
        return leaves;
    });
    return leaving;
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
    for (const plan::ServerId& server : leaving)
        remarks.push_back({object_id(server), what});
    return remarks;
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

boost::asio::awaitable<Result<Preview>> preview(std::string socket, haproxy::Config loaded,
                                                haproxy::Config wanted, live::Files files,
                                                plan::ManualStates by_hand) {
    Session session(co_await boost::asio::this_coro::executor, std::move(socket));
    session.watch(files);
    if (const auto identity = co_await session.identify(); !identity)
        co_return identity.error();
    if (const auto read = co_await session.observe_all(); !read)
        co_return read.error();
    live::Observed& observed = session.observed();
    live::adopt(loaded, {}, observed);
    auto objects = live::all_objects(wanted, files, observed);
    // What the process has no place for, as a backend, comes with a reload.
    std::erase_if(objects, [&](const plan::ObjectId& object) {
        return !live::find_kind(object.kind)->is_possible(loaded, object);
    });
    const bool slots = plan::without_slots(loaded).text() != loaded.text();
    std::vector<plan::ServerId> leaving =
        take_leaving(objects, observed.servers, wanted, loaded, slots);
    if (!haproxy::can_delete(session.info(), true)) {
        if (const auto dropped = co_await drop_those_that_stay(session, leaving); !dropped)
            co_return dropped.error();
    }
    plan::Names names;
    std::vector<std::string> unknown = names_of(wanted, objects);
    co_await resolve(std::move(unknown), names);
    Preview preview;
    preview.plan = live::make_plan(
        {loaded, wanted, files, observed, session.info(), names, false, slots, false, &by_hand},
        objects);
    preview.leaving = describe_leaving(leaving, session.info());
    co_return preview;
}

} // namespace hitless::apply
