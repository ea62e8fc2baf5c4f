#include "gotemplate/builtins.hpp"

#include "gotemplate/print.hpp"

#include <algorithm>
#include <array>

namespace hitless::gotemplate {
namespace {

Result<Value> builtin_not(Operands operands, std::size_t) {
    return Value(!is_true(operands.front()));
}

/// No value of a template is a function, so there is nothing to call.
Result<Value> builtin_call(Operands operands, std::size_t) {
    if (operands.front() == nullptr || operands.front()->is_nil())
        return Error{"call of nil"};
    return fail("non-function of type {}", type_name(operands.front()));
}

constexpr auto any = Builtin::any_number;
constexpr auto plain = Builtin::Kind::plain;

constexpr std::array<Builtin, 19> builtins = {{
    {"and", 1, any, Builtin::Kind::and_, nullptr},
    {"call", 1, any, plain, builtin_call},
    {"eq", 1, any, plain, builtin_eq},
    {"ge", 2, 2, plain, builtin_ge},
    {"gt", 2, 2, plain, builtin_gt},
    {"html", 0, any, plain, builtin_html, true},
    {"index", 1, any, plain, builtin_index, true},
    {"js", 0, any, plain, builtin_js, true},
    {"le", 2, 2, plain, builtin_le},
    {"len", 1, 1, plain, builtin_len},
    {"lt", 2, 2, plain, builtin_lt},
    {"ne", 2, 2, plain, builtin_ne},
    {"not", 1, 1, plain, builtin_not},
    {"or", 1, any, Builtin::Kind::or_, nullptr},
    {"print", 0, any, plain, builtin_print, true},
    {"printf", 1, any, Builtin::Kind::string_first, builtin_printf, true},
    {"println", 0, any, plain, builtin_println, true},
    {"slice", 1, any, plain, builtin_slice, true},
    {"urlquery", 0, any, plain, builtin_urlquery, true},
}};

} // namespace

const Builtin* find_builtin(std::string_view name) {
    const auto* const builtin = std::ranges::find(builtins, name, &Builtin::name);
    return builtin != builtins.end() ? builtin : nullptr;
}

bool is_true(const Value* value) {
    if (value == nullptr || value->is_nil())
        return false;
    if (const auto* boolean = value->as<bool>())
        return *boolean;
    if (const auto* number = value->as<std::int64_t>())
        return *number != 0;
    if (const auto* floating = value->as<double>())
        return *floating != 0;
    if (const auto* text = value->as<std::string>())
        return !text->empty();
    if (const auto* list = value->as<Value::ListPtr>())
        return !(*list)->empty();
    if (const auto* map = value->as<Value::MapPtr>())
        return !(*map)->empty();
    return true;
}

std::string type_name(const Value* value) {
    if (value == nullptr)
        return "nil";
    if (value->as<bool>() != nullptr)
        return "bool";
    if (value->as<std::int64_t>() != nullptr)
        return "int";
    if (value->as<double>() != nullptr)
        return "float64";
    if (value->as<std::string>() != nullptr)
        return "string";
    if (const auto* list = value->as<Value::ListPtr>())
        return std::string((*list)->type);
    if (value->as<Value::MapPtr>() != nullptr)
        return "map[string]interface {}";
    if (const auto* object = value->as<Value::ObjectPtr>())
        return (*object)->type_name();
    return "interface {}";
}

} // namespace hitless::gotemplate
