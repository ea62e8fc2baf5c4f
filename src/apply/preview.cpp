#include "hitless/apply/preview.hpp"

#include "hitless/apply/resolve.hpp"
#include "hitless/apply/session.hpp"
#include "hitless/plan/server_index.hpp"
#include "hitless/plan/slots.hpp"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <string>
#include <vector>

namespace hitless::apply {
namespace {

/// Takes out those that are in maintenance already, to be deleted: neither wanted nor in the file.
/// Returns what is to be said of each.
std::vector<plan::Remark> take_leaving(std::vector<plan::ServerId>& servers,
                                       const haproxy::Running& running,
                                       const haproxy::Config& wanted,
                                       const haproxy::Config& loaded) {
    const plan::ServerIndex wanted_lines(wanted, servers.size());
    const plan::ServerIndex loaded_lines(loaded, servers.size());
    std::vector<plan::Remark> leaving;
    std::erase_if(servers, [&](const plan::ServerId& server) {
        const auto* const found = haproxy::find_server(running, server.backend, server.server);
        const bool leaves = found != nullptr && found->in_maintenance() &&
                            !wanted_lines.has(server) && !loaded_lines.has(server);
        if (leaves)
            leaving.push_back({server, "it is in maintenance and not wanted; it is deleted when "
                                       "its last connections have ended"});
        return leaves;
    });
    return leaving;
}

} // namespace

boost::asio::awaitable<Result<plan::Plan>> preview(std::string socket, haproxy::Config loaded,
                                                   haproxy::Config wanted,
                                                   plan::ManualStates by_hand) {
    Session session(co_await boost::asio::this_coro::executor, std::move(socket));
    if (const auto identity = co_await session.identify(); !identity)
        co_return identity.error();
    if (const auto read = co_await session.read_servers(); !read)
        co_return read.error();
    session.adopt_options(loaded);
    auto servers = plan::every_server(wanted, session.running());
    // A backend that the process doesn't have comes with a reload, and its servers with it.
    std::erase_if(servers, [&](const plan::ServerId& server) {
        return loaded.find_backend(server.backend) == nullptr;
    });
    const std::vector<plan::Remark> leaving =
        take_leaving(servers, session.running(), wanted, loaded);
    plan::Names names;
    co_await resolve(plan::names_to_resolve(wanted, servers), names);
    session.recognize_slots(wanted, names);
    const bool slots = plan::without_slots(loaded).text() != loaded.text();
    plan::Plan plan = plan::make_plan(
        {wanted, session.running(), session.info(), names, false, slots, false, &by_hand}, servers);
    plan.waiting.insert(plan.waiting.end(), leaving.begin(), leaving.end());
    co_return plan;
}

} // namespace hitless::apply
