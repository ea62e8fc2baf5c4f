#pragma once

#include "hitless/gotemplate/value.hpp"

#include <array>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

/// Turns C++ functions into functions that templates can call, with Go's strictness about types.
namespace hitless::confd {

using gotemplate::Function;
using gotemplate::Functions;
using gotemplate::List;
using gotemplate::Map;
using gotemplate::Object;
using gotemplate::Value;
using Strings = std::vector<std::string>;

/// Go's types of the lists that confd's functions make and ask for. The others are []interface {}.
namespace list_type {
inline constexpr std::string_view strings = "[]string";
inline constexpr std::string_view integers = "[]int";
inline constexpr std::string_view pairs = "[]memkv.KVPair";
inline constexpr std::string_view found_pairs = "memkv.KVPairs"; ///< of gets
inline constexpr std::string_view services = "[]*net.SRV";
inline constexpr std::string_view nil = "nil"; ///< stands in for a list of any type
} // namespace list_type

/// The remaining arguments; only as the last parameter.
using Rest = std::span<const Value>;

/// What each parameter takes from a value: the address of a T, or nullptr when the type is wrong.
template <class T>
struct Parameter;

template <class T>
struct PlainParameter {
    static const T* take(const Value& value) { return value.as<T>(); }
};

template <>
struct Parameter<const std::string&> : PlainParameter<std::string> {
    static constexpr std::string_view name = "string";
};
/// A string with its trace.
struct String {
    String(const Value& from) : value(from) {}
    [[nodiscard]] const std::string& text() const { return *value.as<std::string>(); }
    [[nodiscard]] std::size_t size() const { return text().size(); }
    /// The bytes from `begin` up to `end`, with their pieces.
    [[nodiscard]] Value part(std::size_t begin, std::size_t end) const {
        return {std::string_view(text()).substr(begin, end - begin),
                value.trace().part(begin, end)};
    }

    const Value& value;
};
template <>
struct Parameter<String> {
    static constexpr std::string_view name = "string";
    static const Value* take(const Value& value) {
        return value.as<std::string>() != nullptr ? &value : nullptr;
    }
};
template <>
struct Parameter<std::int64_t> : PlainParameter<std::int64_t> {
    static constexpr std::string_view name = "int";
};
template <>
struct Parameter<bool> : PlainParameter<bool> {
    static constexpr std::string_view name = "bool";
};
template <>
struct Parameter<const Value&> {
    static constexpr std::string_view name = "value";
    static const Value* take(const Value& value) { return &value; }
};
template <>
struct Parameter<const List&> {
    static constexpr std::string_view name = "list";
    static const List* take(const Value& value); ///< nil is an empty list
};
template <>
struct Parameter<const Map&> {
    static constexpr std::string_view name = "map";
    static const Map* take(const Value& value); ///< nil is an empty map
};

/// "argument 2: expected string; got float64"
Error wrong_type(std::size_t index, std::string_view expected, const Value& value);
/// "wrong number of arguments: want at least 1 got 0"
Error wrong_count(std::size_t wanted, bool or_more, std::size_t got);

/// An error unless the list is of the type, or of the other one.
Result<void> expect_list(std::size_t index, const Value& value, std::string_view type,
                         std::string_view or_type = list_type::nil);

/// A list of strings as a value; an empty one as Go's nil where `nil_if_empty`.
Value to_value(const Strings& strings, bool nil_if_empty = false);
inline Value to_value(Value value) {
    return value;
}

template <class T>
Result<Value> to_result(Result<T> result) {
    if (!result)
        return result.error();
    return to_value(std::move(*result));
}
template <class T>
Result<Value> to_result(T value) {
    return to_value(std::move(value));
}

namespace detail {

template <class T>
decltype(auto) pass(const Value& value) {
    return *Parameter<T>::take(value);
}

template <class R, class... P, std::size_t... I>
Result<Value> call(const std::function<R(P...)>& function, std::span<const Value> arguments,
                   std::index_sequence<I...>) {
    using Parameters = std::tuple<P...>;
    std::size_t wrong = arguments.size();
    std::string_view expected;
    [[maybe_unused]] const auto check = [&]<std::size_t index>() {
        using Type = Parameter<std::tuple_element_t<index, Parameters>>;
        if (wrong == arguments.size() && Type::take(arguments[index]) == nullptr) {
            wrong = index;
            expected = Type::name;
        }
    };
    (check.template operator()<I>(), ...);
    if (wrong != arguments.size())
        return wrong_type(wrong, expected, arguments[wrong]);
    if constexpr (sizeof...(I) == sizeof...(P))
        return to_result(function(pass<std::tuple_element_t<I, Parameters>>(arguments[I])...));
    else
        return to_result(function(pass<std::tuple_element_t<I, Parameters>>(arguments[I])...,
                                  arguments.subspan(sizeof...(I))));
}

template <class R, class... P>
Function make_function(std::function<R(P...)> function) {
    constexpr bool or_more = (std::is_same_v<P, Rest> || ...);
    constexpr std::size_t wanted = sizeof...(P) - (or_more ? 1 : 0);
    return [function = std::move(function)](std::span<const Value> arguments) -> Result<Value> {
        if (or_more ? arguments.size() < wanted : arguments.size() != wanted)
            return wrong_count(wanted, or_more, arguments.size());
        return call(function, arguments, std::make_index_sequence<wanted>());
    };
}

} // namespace detail

/// A template function from a C++ one, whose parameters are of the types above and whose result is
/// something a Value can be made of, Strings, or a Result of these.
template <class F>
Function make_function(F function) {
    return detail::make_function(std::function(std::move(function)));
}

/// The string among optional arguments, as Go's `...string`: all must be strings, the first one
/// counts.
Result<const std::string*> optional_string(Rest rest, std::size_t first_index);

/// No function makes more than this: the result's size in bytes, the number of a list's elements.
Result<void> check_size(std::size_t count, std::size_t size);
Result<void> check_count(std::size_t count);

} // namespace hitless::confd
