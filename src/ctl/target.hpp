#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/server.hpp"

#include "ctl/options.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::ctl {

/// A HAProxy to talk to.
struct Target {
    std::string address; ///< its stats socket, or its master's CLI
    std::string worker;  ///< behind the master: "@1", "@!1234"; empty: the socket is its own
    /// Where the address is from, when no flag has named it, and what can be done about that:
    /// "/etc/haproxy/haproxy.cfg names it; name another socket with -s".
    std::string named_by = {};

    /// For tables and messages.
    [[nodiscard]] std::string name() const {
        return worker.empty() ? address : address + " " + worker;
    }
};

/// The HAProxies that the flags name; else that of $HAPROXY_SOCKET; else the sockets of the
/// configuration that -c names or that stands at the usual place; else a usual socket that is
/// there. The Error says where it has looked.
Result<std::vector<Target>> find_targets(const Options& options);

/// A configuration file.
struct ConfigFile {
    std::string path;
    haproxy::Config config;
};

/// The configuration that -c names; without it, the one that the process was started with, as its
/// command line says, or the one at the usual place. The Error says what can't be read.
Result<ConfigFile> find_config(const Options& options, long pid);

/// The same while HAProxy doesn't answer, so that it can't be asked. The file at the usual place
/// may be that of another HAProxy than the one whose socket was named.
Result<ConfigFile> find_config_of_absent(const Options& options);

/// What the flag -N says in the command line of the process, which runs that file; 0: it has none.
/// nullopt: nobody can tell, as of a process in a container.
[[nodiscard]] std::optional<long> frontend_limit_flag(const std::string& config_file, long pid);

/// A server of the file with the options in effect; nullopt: it has none, or its line can't be
/// read.
[[nodiscard]] std::optional<haproxy::Server>
server_of(const haproxy::Config& file, std::string_view backend, std::string_view server);

} // namespace hitless::ctl
