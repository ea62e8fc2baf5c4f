#include "confd/functions.hpp"
#include "confd/json.hpp"
#include "confd/key_pair.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace hitless::confd {
namespace {

using Text = const std::string&;

/// `json` and `jsonArray`: the value must be of that type; null is an empty one.
template <class T>
Result<Value> parse_as(String text, std::string_view go_type) {
    auto value = parse_json(text);
    if (!value)
        return value.error();
    if (value->is_nil()) {
        T empty;
        if constexpr (std::is_same_v<T, List>)
            empty.is_nil = true;
        return Value(std::move(empty)).from(value->trace());
    }
    if (value->as<std::shared_ptr<const T>>() == nullptr)
        return fail("json: cannot unmarshal {} into Go value of type {}", json_type(*value),
                    go_type);
    return value;
}

Result<Value> make_map(Rest arguments) {
    if (arguments.size() % 2 != 0)
        return Error{"invalid map call"};
    Map map;
    gotemplate::Trace trace; // of the keys
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        const auto* const key = arguments[i].as<std::string>();
        if (key == nullptr)
            return Error{"map keys must be strings"};
        map.insert_or_assign(*key, arguments[i + 1]);
        trace = trace.with(arguments[i].trace());
    }
    return Value(std::move(map)).from(std::move(trace));
}

List make_list(Rest arguments) {
    return {arguments.begin(), arguments.end()};
}

/// What confd's functions put into another order, they put so where it is: all variables that hold
/// the list see it. Nothing else changes a list.
List* changeable(const Value& value) {
    const auto* const list = value.as<Value::ListPtr>();
    if (list == nullptr)
        return nullptr;
    List* const changed = const_cast<List*>(list->get());
    changed->is_reordered = true;
    return changed;
}

/// Only what is a list of strings or of pairs, and in confd the pairs of `gets` are of another type
/// before `sortKVByLength` had them.
Value reverse(const Value& value) {
    List* const list = changeable(value);
    if (list != nullptr && (list->type == list_type::strings || list->type == list_type::pairs))
        std::ranges::reverse(*list);
    return value;
}

Result<Value> sort_strings_by_length(const Value& value) {
    if (auto checked = expect_list(0, value, list_type::strings); !checked)
        return checked.error();
    if (value.is_nil())
        return to_value(Strings(), true);
    std::ranges::stable_sort(*changeable(value), {}, [](const Value& element) {
        return element.as<std::string>()->size();
    });
    return value;
}

Result<Value> sort_pairs_by_length(const Value& value) {
    if (auto checked = expect_list(0, value, list_type::pairs, list_type::found_pairs); !checked)
        return checked.error();
    List* const list = changeable(value);
    List sorted = *Parameter<const List&>::take(value);
    sorted.type = list_type::pairs;
    std::ranges::stable_sort(sorted, {}, [](const Value& element) {
        return static_cast<const KeyPair&>(**element.as<Value::ObjectPtr>()).key().size();
    });
    if (list != nullptr)
        std::ranges::copy(sorted, list->begin());
    return Value(std::move(sorted)).from(value.trace());
}

Strings map_keys(const Map& map) {
    Strings keys;
    for (const auto& [key, value] : map)
        keys.push_back(key);
    return keys;
}

Result<Value> map_values(const Value& value) {
    const Map* const map = Parameter<const Map&>::take(value);
    if (map == nullptr)
        return wrong_type(0, "map", value);
    List values;
    for (const auto& [key, element] : *map)
        values.push_back(element);
    return Value(std::move(values)).from(value.trace());
}

Result<Value> append(const Value& value, const Value& last) {
    const List* const list = Parameter<const List&>::take(value);
    if (list == nullptr)
        return wrong_type(0, "list", value);
    List longer(list->begin(), list->end());
    longer.push_back(last);
    return Value(std::move(longer)).from(value.trace());
}

Result<Value> pluck(Text key, Rest maps) {
    List found;
    gotemplate::Trace trace; // of what says which maps have the key
    for (std::size_t i = 0; i < maps.size(); ++i) {
        const Map* const map = Parameter<const Map&>::take(maps[i]);
        if (map == nullptr)
            return wrong_type(i + 1, "map", maps[i]);
        if (const auto entry = map->find(key); entry != map->end())
            found.push_back(entry->second);
        trace = trace.with(maps[i].trace());
    }
    return Value(std::move(found)).from(trace.whole());
}

Result<std::string> base64_encode(Text text) {
    if (auto checked = check_size(2, text.size()); !checked)
        return checked.error();
    std::string encoded(4 * ((text.size() + 2) / 3), '\0');
    ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
    return encoded;
}

/// Go's base64.StdEncoding: padded, line breaks are skipped.
Result<std::string> base64_decode(Text text) {
    std::string digits;
    const auto illegal = [](std::size_t at) {
        return fail("illegal base64 data at input byte {}", at);
    };
    std::size_t padding = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\r' || c == '\n')
            continue;
        const bool is_digit = ('A' <= c && c <= 'Z') || ('a' <= c && c <= 'z') ||
                              ('0' <= c && c <= '9') || c == '+' || c == '/';
        const bool may_pad = c == '=' && padding < 2 && digits.size() % 4 >= 2;
        if (is_digit ? padding > 0 : !may_pad)
            return illegal(i);
        padding += is_digit ? 0 : 1;
        digits += c;
    }
    if (digits.size() % 4 != 0)
        return illegal(text.size());
    std::string decoded(digits.size() / 4 * 3, '\0');
    ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                      reinterpret_cast<const unsigned char*>(digits.data()),
                      static_cast<int>(digits.size()));
    decoded.resize(decoded.size() - padding);
    return decoded;
}

std::string sha256(Text text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::string hex;
    for (const unsigned char byte : digest)
        hex += fmt::format("{:02x}", byte);
    return hex;
}

} // namespace

void add_data_functions(Functions& functions) {
    functions["json"] =
        make_function([](String text) { return parse_as<Map>(text, "map[string]interface {}"); });
    functions["jsonArray"] =
        make_function([](String text) { return parse_as<List>(text, "[]interface {}"); });
    functions["fromJson"] = make_function([](String text) { return parse_json(text); });
    functions["toJson"] =
        make_function([](const Value& value) { return write_json(value, JsonStyle::compact); });
    functions["toPrettyJson"] =
        make_function([](const Value& value) { return write_json(value, JsonStyle::indented); });
    functions["map"] = make_function(make_map);
    functions["dict"] = make_function(make_map);
    functions["list"] = make_function(make_list);
    functions["hasKey"] = make_function([](const Map& map, Text key) { return map.contains(key); });
    functions["keys"] = make_function(map_keys);
    functions["values"] = make_function(map_values);
    functions["append"] = make_function(append);
    functions["pluck"] = make_function(pluck);
    functions["reverse"] = make_function(reverse);
    functions["sortByLength"] = make_function(sort_strings_by_length);
    functions["sortKVByLength"] = make_function(sort_pairs_by_length);
    functions["base64Encode"] = make_function(base64_encode);
    functions["base64Decode"] = make_function(base64_decode);
    functions["sha256sum"] = make_function(sha256);
    for (const char* const name : {"json", "jsonArray", "fromJson", "map", "dict", "list", "values",
                                   "append", "pluck", "reverse", "sortByLength", "sortKVByLength"})
        functions.at(name).keeps_traces = true;
}

} // namespace hitless::confd
