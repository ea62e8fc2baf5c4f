#pragma once

#include "daemon/kept_resource.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace hitless::daemon {

/// Keeps the dest of a template resource in step with the keys until `kept.stopping`: with a
/// Reconciler where the template makes a configuration of HAProxy, with a PlainKeeper where it
/// makes anything else. Waits for the first rendering to tell which.
boost::asio::awaitable<void> keep_resource(boost::asio::any_io_executor executor,
                                           KeptResource& kept);

} // namespace hitless::daemon
