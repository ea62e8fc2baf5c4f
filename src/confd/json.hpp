#pragma once

#include "confd/binding.hpp"

#include <string_view>

/// JSON as Go's encoding/json reads and writes it.
namespace hitless::confd {

/// Numbers are float64. All of the result has the text's trace.
Result<Value> parse_json(String text);

enum class JsonStyle { compact, indented };

/// Keys are sorted, and <, > and & are escaped.
Result<std::string> write_json(const Value& value, JsonStyle style);

/// "object", "array", "string", …: what encoding/json calls a value in its errors.
[[nodiscard]] std::string_view json_type(const Value& value);

} // namespace hitless::confd
