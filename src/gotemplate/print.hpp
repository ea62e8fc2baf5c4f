#pragma once

#include "gotemplate/builtins.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Printing values as Go's package fmt does: https://pkg.go.dev/fmt
namespace hitless::gotemplate {

/// Appends `value` (nullptr for nil) as %v prints it, and to `pieces`, unless that is nullptr,
/// which pieces of `out` come from which source; false when `out` would get longer than `limit`
/// bytes or the value is too deep.
[[nodiscard]] bool append_printed(std::string& out, const Value* value, std::size_t limit,
                                  std::vector<Piece>* pieces = nullptr);

/// As %v prints it, cut where it gets long: for messages.
[[nodiscard]] std::string print_plainly(const Value* value);

Result<Value> builtin_print(Operands operands, std::size_t room);
Result<Value> builtin_println(Operands operands, std::size_t room);
Result<Value> builtin_printf(Operands operands, std::size_t room);

/// The operands as `print` prints them, but nil as "<no value>": what html, js and urlquery escape.
/// A string with its trace.
Result<Value> print_for_escaping(Operands operands, std::size_t room);

} // namespace hitless::gotemplate
