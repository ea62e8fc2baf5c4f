#pragma once

#include <cstddef>
#include <cstdint>

/// What bounds a template: no text and no value may crash the process, keep it busy for ever or
/// take its memory. All limits are far above what a configuration needs, and each ends in a clear
/// error.
namespace hitless::gotemplate::limits {

#ifdef HITLESS_FUZZING
inline constexpr int share = 200; // so that a search isn't spent on a few slow templates
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr int share = 10; // all takes ten times as long there
#else
inline constexpr int share = 1;
#endif

/// Bytes that one execution may make: its output and the strings of its functions together.
inline constexpr std::size_t bytes = (std::size_t{128} << 20) / share;

/// Bytes of the lists that its functions make.
inline constexpr std::size_t list_bytes = (std::size_t{1} << 30) / share;

/// Steps of one execution: a node evaluated, an iteration, an element of a function's list, a few
/// dozen bytes that a function reads. They take a few seconds.
inline constexpr std::int64_t steps = 150'000'000 / share;

/// Steps of a function call.
inline constexpr std::int64_t call_steps = 4;

/// Levels of an execution: control structures, parentheses and template calls within each other.
inline constexpr int levels = 2000;

/// Levels of control structures and parentheses in the text of a template.
inline constexpr int nesting = 500;

/// Bytes of a template's text.
inline constexpr std::size_t text = std::size_t{16} << 20;

/// Words and signs within the actions of a template, and texts between them.
inline constexpr std::size_t tokens = 1'000'000;

/// Variables that exist at a time in a template.
inline constexpr std::size_t variables = 1000;

/// Variables of one name that may or may not have been declared, in operands of `and` or `or`.
inline constexpr std::size_t fallbacks = 16;

/// Lists and maps within each other that printing follows.
inline constexpr int print_depth = 500;

/// Operands of one function call.
inline constexpr std::size_t operands = 100'000;

} // namespace hitless::gotemplate::limits
