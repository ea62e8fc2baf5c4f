#include "gotemplate/builtins.hpp"
#include "gotemplate/print.hpp"

#include <algorithm>
#include <compare>
#include <optional>

/// eq, ne, lt, le, gt, ge: only values of one type compare, and only basic types have an order.
namespace hitless::gotemplate {
namespace {

/// Go's kinds as comparison sees them; those without order and equality of their own are `other`.
enum class Kind { other, boolean, integer, floating, string };

Kind kind_of(const Value* value) {
    if (value == nullptr)
        return Kind::other;
    if (value->as<bool>() != nullptr)
        return Kind::boolean;
    if (value->as<std::int64_t>() != nullptr)
        return Kind::integer;
    if (value->as<double>() != nullptr)
        return Kind::floating;
    return value->as<std::string>() != nullptr ? Kind::string : Kind::other;
}

bool is_untyped_nil(const Value* value) {
    return value == nullptr || value->is_nil();
}

bool is_nil(const Value* value) {
    if (is_untyped_nil(value))
        return true;
    const auto* list = value->as<Value::ListPtr>();
    return list != nullptr && (*list)->is_nil;
}

bool same_fields(const Object& a, const Object& b) {
    if (&a == &b)
        return true;
    if (a.type_name() != b.type_name())
        return false;
    const auto fields = a.fields();
    const auto others = b.fields();
    if (fields.empty())
        return a.print() == b.print();
    return std::equal(fields.begin(), fields.end(), others.begin(), others.end(),
                      [](const Field& x, const Field& y) { return same_value(x.value, y.value); });
}

} // namespace

bool same_value(const Value& a, const Value& b) {
    const Kind kind = kind_of(&a);
    if (kind != kind_of(&b))
        return false;
    switch (kind) {
    case Kind::boolean:
        return *a.as<bool>() == *b.as<bool>();
    case Kind::integer:
        return *a.as<std::int64_t>() == *b.as<std::int64_t>();
    case Kind::floating:
        return *a.as<double>() == *b.as<double>();
    case Kind::string:
        return *a.as<std::string>() == *b.as<std::string>();
    case Kind::other:
        break;
    }
    const auto* object = a.as<Value::ObjectPtr>();
    const auto* other = b.as<Value::ObjectPtr>();
    if (object != nullptr && other != nullptr)
        return same_fields(**object, **other);
    return a.is_nil() && b.is_nil();
}

namespace {

Result<bool> equal_others(const Value* a, const Value* b) {
    if (is_untyped_nil(a) || is_untyped_nil(b))
        return is_nil(a) && is_nil(b);
    const auto* object = a->as<Value::ObjectPtr>();
    const auto* other = b->as<Value::ObjectPtr>();
    if (object != nullptr && other != nullptr)
        return same_fields(**object, **other);
    const bool lists = a->as<Value::ListPtr>() != nullptr && b->as<Value::ListPtr>() != nullptr;
    const bool maps = a->as<Value::MapPtr>() != nullptr && b->as<Value::MapPtr>() != nullptr;
    if (!lists && !maps)
        return fail("non-comparable types {}: {}, {}: {}", print_plainly(a), type_name(a),
                    type_name(b), print_plainly(b));
    if (is_nil(a) || is_nil(b))
        return is_nil(a) && is_nil(b);
    return fail("non-comparable type {}: {}", print_plainly(b), type_name(b));
}

Result<bool> equal(const Value* a, const Value* b) {
    const Kind kind = kind_of(a);
    if (kind != kind_of(b)) {
        if (!is_untyped_nil(a) && !is_untyped_nil(b))
            return Error{"incompatible types for comparison"};
        return false;
    }
    return kind == Kind::other ? equal_others(a, b) : Result<bool>(same_value(*a, *b));
}

Result<bool> less(const Value* a, const Value* b) {
    const Kind kind = kind_of(a);
    if (kind == Kind::other || kind_of(b) == Kind::other)
        return Error{"invalid type for comparison"};
    if (kind != kind_of(b))
        return Error{"incompatible types for comparison"};
    switch (kind) {
    case Kind::integer:
        return *a->as<std::int64_t>() < *b->as<std::int64_t>();
    case Kind::floating:
        return *a->as<double>() < *b->as<double>();
    case Kind::string:
        return *a->as<std::string>() < *b->as<std::string>();
    default:
        return Error{"invalid type for comparison"};
    }
}

Result<bool> less_or_equal(const Value* a, const Value* b) {
    const auto is_less = less(a, b);
    return !is_less || *is_less ? is_less : equal(a, b);
}

Result<Value> to_value(const Result<bool>& result, bool wanted) {
    if (!result)
        return result.error();
    return Value(*result == wanted);
}

} // namespace

Result<Value> builtin_eq(Operands operands, std::size_t) {
    if (operands.size() == 1)
        return Error{"missing argument for comparison"};
    for (const Value* other : operands.subspan(1)) {
        const auto is_equal = equal(operands.front(), other);
        if (!is_equal)
            return is_equal.error();
        if (*is_equal)
            return Value(true);
    }
    return Value(false);
}

Result<Value> builtin_ne(Operands operands, std::size_t) {
    return to_value(equal(operands[0], operands[1]), false);
}

Result<Value> builtin_lt(Operands operands, std::size_t) {
    return to_value(less(operands[0], operands[1]), true);
}

Result<Value> builtin_le(Operands operands, std::size_t) {
    return to_value(less_or_equal(operands[0], operands[1]), true);
}

Result<Value> builtin_gt(Operands operands, std::size_t) {
    return to_value(less_or_equal(operands[0], operands[1]), false);
}

Result<Value> builtin_ge(Operands operands, std::size_t) {
    return to_value(less(operands[0], operands[1]), false);
}

} // namespace hitless::gotemplate
