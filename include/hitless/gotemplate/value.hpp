#pragma once

#include "hitless/base/result.hpp"
#include "hitless/gotemplate/trace.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace hitless::gotemplate {

class Value;

using Map = std::map<std::string, Value, std::less<>>;
struct List;

struct Field;
class Prints;

/// A value with fields and methods, like a Go struct: a key pair, an SRV record, a point in time.
class Object {
  public:
    virtual ~Object() = default;
    /// Go's name of the type, for error messages and `%T`: "memkv.KVPair".
    [[nodiscard]] virtual std::string type_name() const = 0;
    /// The value of a field, or of a method called with `arguments`; nullopt when there is none of
    /// that name.
    [[nodiscard]] virtual std::optional<Result<Value>>
    member(std::string_view name, std::span<const Value> arguments) const = 0;
    /// As fmt's %v prints it.
    [[nodiscard]] virtual std::string print() const = 0;
    /// The fields of what Go has as a plain struct, in order. With them a field is found without a
    /// copy and before member() is asked, all of printf's verbs print the struct as Go does
    /// (print() isn't asked), and `eq` compares two of the same type. None for a type with its own
    /// way to print.
    [[nodiscard]] virtual std::span<const Field> fields() const { return {}; }
};

/// A template's value, and what it was made from (trace). The value is what Go calls nil, bool,
/// int, float64, string, a slice, a map with string keys, or a struct. Lists, maps and objects are
/// shared, so copying a Value is cheap; only confd's functions that work in place (reverse and the
/// sorts), as slices in Go, change one.
class Value {
  public:
    using ListPtr = std::shared_ptr<const List>;
    using MapPtr = std::shared_ptr<const Map>;
    using ObjectPtr = std::shared_ptr<const Object>;

    Value() = default;
    Value(bool value) : data_(value) {}
    Value(std::int64_t value) : data_(value) {}
    Value(int value) : data_(std::int64_t{value}) {}
    Value(double value) : data_(value) {}
    Value(std::string value) : data_(std::move(value)) {}
    Value(std::string_view value) : data_(std::string(value)) {}
    Value(std::string_view value, Trace trace)
        : data_(std::string(value)), trace_(std::move(trace)) {}
    Value(const char* value) : data_(std::string(value)) {}
    Value(List value);
    Value(ListPtr value) : data_(std::move(value)) {}
    Value(Map value) : data_(std::make_shared<const Map>(std::move(value))) {}
    Value(ObjectPtr value) : data_(std::move(value)) {}

    [[nodiscard]] bool is_nil() const { return std::holds_alternative<std::monostate>(data_); }

    /// What the value was made from. Of a list or a map: what its structure, a map's keys included,
    /// was made from; each element has a trace of its own. nil has one too: of what was looked up
    /// in vain, say.
    [[nodiscard]] const Trace& trace() const { return trace_; }
    void set_trace(Trace trace) { trace_ = std::move(trace); }

    /// The value with that trace.
    [[nodiscard]] Value from(Trace trace) && {
        trace_ = std::move(trace);
        return std::move(*this);
    }

    /// The value as T (bool, std::int64_t, double, std::string, ListPtr, MapPtr, ObjectPtr), or
    /// nullptr.
    template <class T>
    [[nodiscard]] const T* as() const {
        return std::get_if<T>(&data_);
    }

  private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, ListPtr, MapPtr,
                 ObjectPtr>
        data_;
    Trace trace_;
};

/// Go's slice.
struct List : std::vector<Value> {
    using std::vector<Value>::vector;

    /// Go's name of the type, which messages show and some functions ask for. The text lives for
    /// ever.
    std::string_view type = "[]interface {}";
    /// A function has put it into another order in place, since it was made.
    bool is_reordered = false;
    /// Empty as Go's nil slice is, which equals nil, and not as a slice made of nothing.
    bool is_nil = false;
    /// From keep_prints(), or nullptr.
    std::shared_ptr<Prints> prints;
};

/// For lists of much the same elements that one template ranges over again and again: with it, the
/// body of a `range` isn't executed again for elements that it was executed for the last time,
/// where what it prints depends on nothing else. The lists that share it share ownership of their
/// elements, which are objects, with `owner`; at one address there is always the same element.
[[nodiscard]] std::shared_ptr<Prints> keep_prints(std::shared_ptr<const void> owner);

inline Value::Value(List value) : data_(std::make_shared<List>(std::move(value))) {}

/// A field of an object.
struct Field {
    std::string_view name;
    Value value;
};

/// A function that templates may call. Its error becomes "error calling NAME: …".
struct Function {
    using Call = std::function<Result<Value>(std::span<const Value> arguments)>;

    Function() = default;
    template <class F>
    requires(std::is_constructible_v<Call, F> && !std::is_same_v<F, Function>) Function(F function)
        : call(std::move(function)) {}

    Result<Value> operator()(std::span<const Value> arguments) const { return call(arguments); }

    Call call;
    /// What it returns depends on its arguments only, and it changes nothing.
    bool is_pure = false;
    /// It gives its results their traces itself. The result of any other function counts as made
    /// from all of its arguments.
    bool keeps_traces = false;
};

/// The functions a template may call beside the built-in ones, by name.
using Functions = std::map<std::string, Function, std::less<>>;

} // namespace hitless::gotemplate
