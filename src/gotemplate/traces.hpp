#pragma once

#include "hitless/gotemplate/value.hpp"

#include <span>

/// Traces of values as a whole.
namespace hitless::gotemplate {

/// All that the value was made from, its elements included; of a large one what the first elements
/// were.
[[nodiscard]] Trace deep_trace(const Value& value);
[[nodiscard]] Trace deep_trace(std::span<const Value> values);

/// Gives `trace` to the value and to its elements, but for those that have one of their own.
void stamp(Value& value, const Trace& trace);

} // namespace hitless::gotemplate
