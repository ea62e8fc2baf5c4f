#include "confd/binding.hpp"

namespace hitless::confd {
namespace {

constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr std::size_t most_elements = 1'000'000;

} // namespace

std::string type_name(const Value& value) {
    if (value.is_nil())
        return "nil";
    if (value.as<bool>() != nullptr)
        return "bool";
    if (value.as<std::int64_t>() != nullptr)
        return "int";
    if (value.as<double>() != nullptr)
        return "float64";
    if (value.as<std::string>() != nullptr)
        return "string";
    if (value.as<Value::ListPtr>() != nullptr)
        return "list";
    if (const auto* const object = value.as<Value::ObjectPtr>())
        return (*object)->type_name();
    return "map";
}

Error wrong_type(std::size_t index, std::string_view expected, const Value& value) {
    return fail("argument {}: expected {}; got {}", index + 1, expected, type_name(value));
}

Error wrong_count(std::size_t wanted, bool or_more, std::size_t got) {
    return fail("wrong number of arguments: want {}{} got {}", or_more ? "at least " : "", wanted,
                got);
}

Value to_value(const Strings& strings) {
    return List(strings.begin(), strings.end());
}

Result<const std::string*> optional_string(Rest rest, std::size_t first_index) {
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i].as<std::string>() == nullptr)
            return wrong_type(first_index + i, "string", rest[i]);
    }
    return rest.empty() ? nullptr : rest.front().as<std::string>();
}

Result<void> check_size(std::size_t count, std::size_t size) {
    if (size > 0 && count > most_bytes / size)
        return fail("the result would have more than {} MiB", most_bytes >> 20);
    return {};
}

Result<void> check_count(std::size_t count) {
    if (count > most_elements)
        return fail("the result would have more than {} elements", most_elements);
    return {};
}

} // namespace hitless::confd
