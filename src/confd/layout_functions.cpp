#include "confd/functions.hpp"
#include "gotemplate/quote.hpp"
#include "gotemplate/traced_text.hpp"

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
Result<Value> indent(std::int64_t spaces, String text) {
    if (text.size() == 0)
        return Value("");
    const auto width = static_cast<std::size_t>(std::max<std::int64_t>(spaces, 0));
    const auto lines = static_cast<std::size_t>(1 + std::ranges::count(text.text(), '\n'));
    if (auto checked = check_size(lines, width); !checked)
        return checked.error();
    const std::string padding(width, ' ');
    gotemplate::TracedText indented;
    for (std::size_t begin = 0; begin != std::string::npos;) {
        const std::size_t end = text.text().find('\n', begin);
        indented.add_own(padding);
        indented.add(text.value, begin, end == std::string::npos ? text.size() : end + 1);
        begin = end == std::string::npos ? end : end + 1;
    }
    return std::move(indented).value();
}

Result<Value> indent_after_break(std::int64_t spaces, String text) {
    auto indented = indent(spaces, text);
    if (!indented)
        return indented;
    gotemplate::TracedText all;
    all.add_own("\n");
    all.add(*indented);
    return std::move(all).value();
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
    for (const char* const name : {"default", "ternary", "coalesce", "indent", "nindent"})
        functions.at(name).keeps_traces = true;
}

} // namespace hitless::confd
