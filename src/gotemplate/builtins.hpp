#pragma once

#include "hitless/base/result.hpp"
#include "hitless/gotemplate/value.hpp"

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>

/// The functions that every template knows: https://pkg.go.dev/text/template#hdr-Functions
namespace hitless::gotemplate {

/// Operands without copies; nullptr for nil.
using Operands = std::span<const Value* const>;

struct Builtin {
    static constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

    /// How the evaluator deals with the operands.
    enum class Kind {
        plain,
        and_,         ///< evaluates operands only as far as needed; has no `call`
        or_,          ///< likewise
        string_first, ///< the first operand has to be a string
    };

    std::string_view name;
    std::size_t least = 0;
    std::size_t most = any_number;
    Kind kind = Kind::plain;
    /// `room` is how many bytes the result may have; more is an error.
    Result<Value> (*call)(Operands operands, std::size_t room) = nullptr;
    /// It gives its results their traces itself, as Function::keeps_traces.
    bool keeps_traces = false;
};

/// The builtin of that name, or nullptr.
[[nodiscard]] const Builtin* find_builtin(std::string_view name);

/// False for nil, false, 0, and what is empty.
[[nodiscard]] bool is_true(const Value* value);

/// True for equal values of one type, of structs field by field; lists and maps are equal to none.
[[nodiscard]] bool same_value(const Value& a, const Value& b);

/// Go's name of the value's type.
[[nodiscard]] std::string type_name(const Value* value);

// The builtins, by file.
Result<Value> builtin_eq(Operands operands, std::size_t room);
Result<Value> builtin_ne(Operands operands, std::size_t room);
Result<Value> builtin_lt(Operands operands, std::size_t room);
Result<Value> builtin_le(Operands operands, std::size_t room);
Result<Value> builtin_gt(Operands operands, std::size_t room);
Result<Value> builtin_ge(Operands operands, std::size_t room);
Result<Value> builtin_len(Operands operands, std::size_t room);
Result<Value> builtin_index(Operands operands, std::size_t room);
Result<Value> builtin_slice(Operands operands, std::size_t room);
Result<Value> builtin_html(Operands operands, std::size_t room);
Result<Value> builtin_js(Operands operands, std::size_t room);
Result<Value> builtin_urlquery(Operands operands, std::size_t room);

} // namespace hitless::gotemplate
