#pragma once

#include <string>

namespace hitless::gotemplate {

/// A float64 as Go's strconv.FormatFloat writes it: https://pkg.go.dev/strconv#FormatFloat
/// `format` is one of b e E f g G x X; precision -1 asks for the fewest digits that give the same
/// number again. Negative numbers have a sign; infinities are "+Inf" and "-Inf".
[[nodiscard]] std::string float_text(double number, char format, int precision);

} // namespace hitless::gotemplate
