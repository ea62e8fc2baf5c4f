#pragma once

#include <set>
#include <string>
#include <string_view>

namespace hitless::haproxy {

/// The files that a configuration has HAProxy read line by line: maps (`map…(FILE)`), lists of
/// patterns (`-f FILE`) and lists of certificates (`crt-list FILE`), by their names as they stand
/// in it. `text` may be a template as well: only whole names are found in it.
[[nodiscard]] std::set<std::string> line_files(std::string_view text);

/// True when one of the names means the file `path`: the same path, or a relative one at its end.
[[nodiscard]] bool names_file(const std::set<std::string>& names, std::string_view path);

} // namespace hitless::haproxy
