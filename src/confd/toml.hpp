#pragma once

#include "hitless/base/result.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

/// Reading of TOML files with errors that name the place.
namespace hitless::confd {

Result<toml::table> read_toml(const std::string& file);
/// `file`: whose text it is, for errors.
Result<toml::table> parse_toml(std::string_view text, const std::string& file);

/// "file:line:column: what".
Error error_at(const toml::node& node, std::string_view what);

/// The node's value, or an error that says which type `name` must have.
Result<std::string> as_string(const toml::node& node, std::string_view name);
Result<std::int64_t> as_integer(const toml::node& node, std::string_view name);
Result<bool> as_bool(const toml::node& node, std::string_view name);
Result<std::vector<std::string>> as_strings(const toml::node& node, std::string_view name);

/// Names of settings are the same in any case, as for the decoder that confd uses.
bool is_setting(std::string_view name, std::string_view key);

/// The entry of a table of settings that a key names.
template <class Table>
auto find_setting(const Table& table, std::string_view key) {
    return std::ranges::find_if(table,
                                [&](const auto& entry) { return is_setting(entry.key, key); });
}

} // namespace hitless::confd
