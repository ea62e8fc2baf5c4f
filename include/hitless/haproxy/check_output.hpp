#pragma once

#include "hitless/haproxy/config.hpp"

#include <map>
#include <string>
#include <string_view>

namespace hitless::haproxy {

/// The lines of a configuration that `haproxy -c` has refused, by their numbers, each with what
/// HAProxy says of it. HAProxy begins such a message with [ALERT] and names the place as
/// [FILE:LINE], or a server as "backend 'app': server 'web1'" or "server app/web1". `config` is
/// what the file holds. `output` may have its line breaks written as "\n", as messages of Hitless
/// have them. Alerts that name neither, and those about other files, are passed over.
[[nodiscard]] std::map<int, std::string> refused_lines(std::string_view output,
                                                       std::string_view file, const Config& config);

/// The host name that such a message says has no address; empty: it says something else.
[[nodiscard]] std::string_view unresolved_name(std::string_view message);

/// `output` as people are told it: with `dest` where it names `file`, which stood in for it, and
/// without the process numbers of HAProxy's messages. Both differ at each try.
[[nodiscard]] std::string as_told(std::string_view output, std::string_view file,
                                  std::string_view dest);

} // namespace hitless::haproxy
