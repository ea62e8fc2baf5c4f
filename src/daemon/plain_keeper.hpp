#pragma once

#include "daemon/keeper_end.hpp"
#include "daemon/kept_resource.hpp"

#include <boost/asio/awaitable.hpp>

namespace hitless::daemon {

/// Keeps the dest of a template resource that isn't HAProxy's configuration as confd does: render,
/// compare, check_cmd, write, reload_cmd. A reload_cmd that fails is tried again with growing
/// pauses. Where HAProxy's configuration uses the file and has the same reload_cmd, its keeper does
/// the reload. Returns when `kept.stopping`, or when the template makes a configuration of HAProxy.
boost::asio::awaitable<KeeperEnd> keep_plain(KeptResource& kept);

} // namespace hitless::daemon
