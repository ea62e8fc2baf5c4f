#pragma once

#include "hitless/apply/live_note.hpp"
#include "hitless/base/result.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/live/files.hpp"
#include "hitless/plan/plan.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hitless::apply {

struct Preview {
    plan::Plan plan;
    /// Servers that are out already and not wanted: they are deleted when their last connections
    /// have ended. Nobody has to do anything about them, if hitlessd runs.
    std::vector<plan::Remark> leaving;
    /// What was not compared, since nobody can tell what HAProxy has of it.
    std::vector<plan::Remark> unknown;
    std::set<std::string> backends = {}; ///< that HAProxy has
};

/// What is known of an HAProxy and of what is wanted of it.
struct PreviewInput {
    /// What it was started from. Backends of it that HAProxy doesn't have come with a reload.
    haproxy::Config loaded;
    haproxy::Config wanted;
    live::Files files; ///< that are wanted beside it
    plan::ManualStates by_hand = {};
    /// What hitlessd has brought the servers of HAProxy to, where `loaded` doesn't say that yet.
    std::optional<haproxy::Config> brought = {};
    /// Objects that were brought to something else than these two say, which nobody can ask HAProxy
    /// for: they are not planned.
    std::set<plan::ObjectId> in_doubt = {};
    LivePlaces places = {}; ///< that are noted of the process
    /// What HAProxy is to get by its next reload, if that isn't `wanted`: entries of maps that lead
    /// to a backend of it wait for that.
    std::optional<haproxy::Config> to_come = {};
    /// What the flag -N of HAProxy says, by its command line: the limit of frontends without a
    /// line. 0: it has no such flag, so that they have the limit of the process. nullopt: nobody
    /// knows, and such a limit is taken for what it was at the start.
    std::optional<long> frontend_limit_flag = {};
    /// Nothing but `loaded` can be what the process was started from: see has_read().
    bool is_start_certain = false;
};

/// What it would take to bring the HAProxy at the admin socket to what is wanted by commands. It
/// says nothing of lines that no kind claims (live::claim). Changes nothing. An Error: HAProxy
/// can't be asked.
boost::asio::awaitable<Result<Preview>> preview(std::string socket, PreviewInput input);

} // namespace hitless::apply
