#pragma once

#include "hitless/confd/settings.hpp"

/// The zero-reload scaling daemon.
namespace hitless::daemon {

/// Keeps every template resource of the confdir in step with etcd until SIGTERM or SIGINT; SIGHUP
/// re-reads the confdir. With `onetime` it ends when everything is in step. Returns the exit code:
/// 0, or 1 when it could not start, or when -onetime left something undone. Sets up signal
/// handlers: once a process.
int run(const confd::Settings& settings);

} // namespace hitless::daemon
