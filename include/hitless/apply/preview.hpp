#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/plan/plan.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace hitless::apply {

/// What it would take to bring the HAProxy at the admin socket, which was started from `loaded`, to
/// `wanted` by commands, but for the states that someone holds `by_hand`. It says nothing of lines
/// that no kind claims (live::claim). Changes nothing. An Error: HAProxy can't be asked.
boost::asio::awaitable<Result<plan::Plan>> preview(std::string socket, haproxy::Config loaded,
                                                   haproxy::Config wanted,
                                                   plan::ManualStates by_hand = {});

} // namespace hitless::apply
