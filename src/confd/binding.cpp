#include "confd/binding.hpp"

#include "gotemplate/builtins.hpp"

namespace hitless::confd {
namespace {

constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr std::size_t most_elements = 1'000'000;

} // namespace

const List* Parameter<const List&>::take(const Value& value) {
    static const List none = [] {
        List list;
        list.type = list_type::nil;
        list.is_nil = true;
        return list;
    }();
    const auto* const list = value.as<Value::ListPtr>();
    if (list == nullptr)
        return value.is_nil() ? &none : nullptr;
    return list->get();
}

const Map* Parameter<const Map&>::take(const Value& value) {
    static const Map none;
    const auto* const map = value.as<Value::MapPtr>();
    if (map == nullptr)
        return value.is_nil() ? &none : nullptr;
    return map->get();
}

Error wrong_type(std::size_t index, std::string_view expected, const Value& value) {
    return fail("argument {}: expected {}; got {}", index + 1, expected,
                gotemplate::type_name(value.is_nil() ? nullptr : &value));
}

Error wrong_count(std::size_t wanted, bool or_more, std::size_t got) {
    return fail("wrong number of arguments: want {}{} got {}", or_more ? "at least " : "", wanted,
                got);
}

Result<void> expect_list(std::size_t index, const Value& value, std::string_view type,
                         std::string_view or_type) {
    const List* const list = Parameter<const List&>::take(value);
    if (list == nullptr ||
        (list->type != type && list->type != or_type && list->type != list_type::nil))
        return wrong_type(index, type, value);
    return {};
}

Value to_value(const Strings& strings, bool nil_if_empty) {
    List list(strings.begin(), strings.end());
    list.type = list_type::strings;
    list.is_nil = nil_if_empty && strings.empty();
    return list;
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
