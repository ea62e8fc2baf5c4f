#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/stat.hpp"

#include <set>
#include <span>
#include <string>
#include <string_view>

/// Pure: which backends of a configuration a running HAProxy has.
namespace hitless::haproxy {

/// The command whose answer is for parse_backend_names(): a row for each backend.
inline constexpr const char* show_backends = "show stat -1 2 -1";

/// The names of the backends among these rows.
[[nodiscard]] std::set<std::string> backend_names(std::span<const StatRow> rows);
/// The names of all backends of a HAProxy, by its answer to show_backends.
Result<std::set<std::string>> parse_backend_names(std::string_view answer);

/// The configuration without the backends that are not `there`: it was put on disk for a reload
/// that has not been done. Disabled ones stay, since HAProxy tells nothing of them, and so do those
/// within `.if`.
[[nodiscard]] Config without_missing_backends(Config config, const std::set<std::string>& there);

} // namespace hitless::haproxy
