#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/live/files.hpp"
#include "hitless/plan/plan.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace hitless::apply {

struct Preview {
    plan::Plan plan;
    /// Servers that are out already and not wanted: they are deleted when their last connections
    /// have ended. Nobody has to do anything about them, if hitlessd runs.
    std::vector<plan::Remark> leaving;
};

/// What it would take to bring the HAProxy at the admin socket, which was started from `loaded`, to
/// `wanted`, with `files` beside it, by commands, but for the states that someone holds `by_hand`.
/// It says nothing of lines that no kind claims (live::claim). Changes nothing. An Error: HAProxy
/// can't be asked.
boost::asio::awaitable<Result<Preview>> preview(std::string socket, haproxy::Config loaded,
                                                haproxy::Config wanted, live::Files files,
                                                plan::ManualStates by_hand = {});

} // namespace hitless::apply
