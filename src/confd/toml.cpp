#include "confd/toml.hpp"

#include "hitless/base/file.hpp"

#include <algorithm>
#include <cctype>

namespace hitless::confd {
namespace {

Error error_at(const toml::source_region& source, std::string_view what) {
    return fail("{}:{}:{}: {}", source.path ? *source.path : std::string(), source.begin.line,
                source.begin.column, what);
}

Error wrong_type(const toml::node& node, std::string_view name, std::string_view type) {
    return error_at(node.source(), fmt::format("'{}' must be {}", name, type));
}

} // namespace

Result<toml::table> read_toml(const std::string& file) {
    const auto text = base::read_file(file);
    return text ? parse_toml(*text, file) : text.error();
}

Result<toml::table> parse_toml(std::string_view text, const std::string& file) {
    try {
        return toml::parse(text, file);
    } catch (const toml::parse_error& error) {
        return error_at(error.source(), error.description());
    }
}

Error error_at(const toml::node& node, std::string_view what) {
    return error_at(node.source(), what);
}

bool is_setting(std::string_view name, std::string_view key) {
    return std::ranges::equal(name, key, [](unsigned char a, unsigned char b) {
        return std::tolower(a) == std::tolower(b);
    });
}

Result<std::string> as_string(const toml::node& node, std::string_view name) {
    if (const auto* const value = node.as_string())
        return value->get();
    return wrong_type(node, name, "a string in quotes");
}

Result<std::int64_t> as_integer(const toml::node& node, std::string_view name) {
    if (const auto* const value = node.as_integer())
        return value->get();
    return wrong_type(node, name, "a number");
}

Result<bool> as_bool(const toml::node& node, std::string_view name) {
    if (const auto* const value = node.as_boolean())
        return value->get();
    return wrong_type(node, name, "true or false");
}

Result<std::vector<std::string>> as_strings(const toml::node& node, std::string_view name) {
    const auto* const array = node.as_array();
    if (array == nullptr)
        return wrong_type(node, name, "a list of strings, as in [\"a\", \"b\"]");
    std::vector<std::string> strings;
    for (const toml::node& element : *array) {
        auto text = as_string(element, name);
        if (!text)
            return text.error();
        strings.push_back(std::move(*text));
    }
    return strings;
}

} // namespace hitless::confd
