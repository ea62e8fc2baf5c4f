#pragma once

#include "daemon/work.hpp"

#include <boost/asio/awaitable.hpp>

namespace hitless::daemon {

/// Keeps the dest of a template resource that isn't HAProxy's configuration as confd does: render,
/// compare, check_cmd, write, reload_cmd. A reload_cmd that fails is tried again with growing
/// pauses. Returns when `work.stopping`, or when the template makes a configuration of HAProxy of
/// the keys of now.
enum class PlainEnd { stopped, is_haproxy };
boost::asio::awaitable<PlainEnd> keep_plain(Work& work);

} // namespace hitless::daemon
