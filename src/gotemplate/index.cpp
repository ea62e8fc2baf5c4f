#include "gotemplate/builtins.hpp"

#include <array>

/// len, index, slice.
namespace hitless::gotemplate {
namespace {

bool is_nil(const Value* value) {
    return value == nullptr || value->is_nil();
}

/// `index` as a place in what has `size` elements; `size` itself is allowed, for slices.
Result<std::size_t> to_place(const Value* index, std::size_t size) {
    if (is_nil(index))
        return Error{"cannot index slice/array with nil"};
    const auto* number = index->as<std::int64_t>();
    if (number == nullptr)
        return fail("cannot index slice/array with type {}", type_name(index));
    if (*number < 0 || static_cast<std::uint64_t>(*number) > size)
        return fail("index out of range: {}", *number);
    return static_cast<std::size_t>(*number);
}

Result<Value> index_map(const Map& map, const Value* key) {
    if (is_nil(key))
        return Error{"value is nil; should be of type string"};
    const auto* name = key->as<std::string>();
    if (name == nullptr)
        return fail("value has type {}; should be string", type_name(key));
    const auto entry = map.find(*name);
    return entry != map.end() ? entry->second : Value();
}

Result<Value> index_once(const Value& item, const Value* index) {
    if (const auto* map = item.as<Value::MapPtr>()) {
        auto found = index_map(**map, index);
        if (found && found->is_nil() && found->trace().empty())
            found->set_trace(item.trace());
        return found;
    }
    const auto* list = item.as<Value::ListPtr>();
    const auto* text = item.as<std::string>();
    if (list == nullptr && text == nullptr)
        return fail("can't index item of type {}", type_name(&item));
    const std::size_t size = list != nullptr ? (*list)->size() : text->size();
    const auto place = to_place(index, size);
    if (!place)
        return place.error();
    if (*place == size)
        return fail("index out of range: {}", *place);
    if (list != nullptr)
        return (**list)[*place];
    return Value(std::int64_t{static_cast<unsigned char>((*text)[*place])})
        .from(item.trace().part(*place, *place + 1));
}

} // namespace

Result<Value> builtin_len(Operands operands, std::size_t) {
    const Value* const item = operands.front();
    if (is_nil(item))
        return Error{"len of nil pointer"};
    const auto to_value = [](std::size_t size) { return Value(static_cast<std::int64_t>(size)); };
    if (const auto* text = item->as<std::string>())
        return to_value(text->size());
    if (const auto* list = item->as<Value::ListPtr>())
        return to_value((*list)->size());
    if (const auto* map = item->as<Value::MapPtr>())
        return to_value((*map)->size());
    return fail("len of type {}", type_name(item));
}

Result<Value> builtin_index(Operands operands, std::size_t) {
    if (is_nil(operands.front()))
        return Error{"index of untyped nil"};
    Value item = *operands.front();
    for (const Value* index : operands.subspan(1)) {
        if (item.is_nil())
            return Error{"index of nil pointer"};
        auto next = index_once(item, index);
        if (!next)
            return next.error();
        item = std::move(*next);
    }
    return item;
}

Result<Value> builtin_slice(Operands operands, std::size_t) {
    const Value* const item = operands.front();
    const Operands indexes = operands.subspan(1);
    if (is_nil(item))
        return Error{"slice of untyped nil"};
    if (indexes.size() > 3)
        return fail("too many slice indexes: {}", indexes.size());
    const auto* list = item->as<Value::ListPtr>();
    const auto* text = item->as<std::string>();
    if (list == nullptr && text == nullptr)
        return fail("can't slice item of type {}", type_name(item));
    if (text != nullptr && indexes.size() == 3)
        return Error{"cannot 3-index slice a string"};
    const std::size_t size = list != nullptr ? (*list)->size() : text->size();
    std::array<std::size_t, 3> places = {0, size, size};
    for (std::size_t i = 0; i < indexes.size(); ++i) {
        const auto place = to_place(indexes[i], size);
        if (!place)
            return place.error();
        places[i] = *place;
    }
    for (std::size_t i = 0; i < 2; ++i) {
        if (places[i] > places[i + 1])
            return fail("invalid slice index: {} > {}", places[i], places[i + 1]);
    }
    if (text != nullptr)
        return Value(text->substr(places[0], places[1] - places[0]))
            .from(item->trace().part(places[0], places[1]));
    const auto begin = (*list)->begin();
    List part(begin + static_cast<std::ptrdiff_t>(places[0]),
              begin + static_cast<std::ptrdiff_t>(places[1]));
    part.type = (*list)->type;
    part.is_nil = (*list)->is_nil;
    return Value(std::move(part)).from(item->trace());
}

} // namespace hitless::gotemplate
