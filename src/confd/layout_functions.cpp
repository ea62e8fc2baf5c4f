#include "confd/functions.hpp"
#include "gotemplate/quote.hpp"

#include <algorithm>

namespace hitless::confd {
namespace {

using Text = const std::string&;

/// nil, false, 0, and what has no elements.
bool is_empty(const Value& value) {
    if (const auto* const boolean = value.as<bool>())
        return !*boolean;
    if (const auto* const integer = value.as<std::int64_t>())
        return *integer == 0;
    if (const auto* const number = value.as<double>())
        return *number == 0;
    if (const auto* const text = value.as<std::string>())
        return text->empty();
    if (const auto* const list = value.as<Value::ListPtr>())
        return (*list)->empty();
    if (const auto* const map = value.as<Value::MapPtr>())
        return (*map)->empty();
    return value.is_nil();
}

Value coalesce(Rest values) {
    const auto found = std::ranges::find_if_not(values, is_empty);
    return found == values.end() ? Value() : *found;
}

/// `text` with `spaces` before each line.
Result<std::string> indent(std::int64_t spaces, Text text) {
    if (text.empty())
        return std::string();
    const auto width = static_cast<std::size_t>(std::max<std::int64_t>(spaces, 0));
    const auto lines = static_cast<std::size_t>(1 + std::ranges::count(text, '\n'));
    if (auto checked = check_size(lines, width); !checked)
        return checked.error();
    const std::string padding(width, ' ');
    std::string indented = padding;
    for (const char c : text) {
        indented += c;
        if (c == '\n')
            indented += padding;
    }
    return indented;
}

Result<std::string> indent_after_break(std::int64_t spaces, Text text) {
    auto indented = indent(spaces, text);
    if (!indented)
        return indented;
    return '\n' + *indented;
}

/// In single quotes, those within doubled, as in YAML.
std::string quote_single(Text text) {
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c;
        if (c == '\'')
            quoted += c;
    }
    return quoted + '\'';
}

} // namespace

void add_layout_functions(Functions& functions) {
    functions["default"] = make_function([](const Value& fallback, const Value& value) {
        return is_empty(value) ? fallback : value;
    });
    functions["ternary"] = make_function(
        [](const Value& yes, const Value& no, bool condition) { return condition ? yes : no; });
    functions["coalesce"] = make_function(coalesce);
    functions["empty"] = make_function(is_empty);
    functions["indent"] = make_function(indent);
    functions["nindent"] = make_function(indent_after_break);
    functions["quote"] = make_function([](Text text) { return gotemplate::in_quotes(text); });
    functions["squote"] = make_function(quote_single);
}

} // namespace hitless::confd
