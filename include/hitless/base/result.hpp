#pragma once

#include <boost/system/result.hpp>
#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <utility>

/// The vocabulary of the whole library lives in `hitless` itself; each layer has a namespace in it.
namespace hitless {

/// What went wrong, in words for the person who has to mend it: the thing, the place and what to
/// do. A failure that code must tell apart from others is part of the returned value's type
/// instead.
struct Error {
    std::string message;

    Error() = default;
    /// In braces only, Error{"text"}: a text in parentheses would make Result<std::string>
    /// ambiguous.
    Error(std::initializer_list<std::string> text) : message(*text.begin()) {}

    friend bool operator==(const Error&, const Error&) = default;
};

/// The value, or why there is none. Everything that can fail in normal life returns one.
template <class T>
using Result = boost::system::result<T, Error>;

/// An Error with a message made as by fmt::format.
template <class... Args>
[[nodiscard]] Error fail(fmt::format_string<Args...> format, Args&&... args) {
    return Error{fmt::format(format, std::forward<Args>(args)...)};
}

/// Found by Boost's result: `.value()` on an error throws std::runtime_error with its message.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& location);

} // namespace hitless
