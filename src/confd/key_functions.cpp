#include "hitless/base/text.hpp"

#include "confd/functions.hpp"
#include "confd/key_pair.hpp"
#include "confd/pair_lists.hpp"

#include <algorithm>

namespace hitless::confd {
namespace {

Value make_pair(const keys::KeyTree::Map::value_type& entry) {
    return Value(Value::ObjectPtr(std::make_shared<const KeyPair>(entry.first, entry.second)));
}

Error missing(const std::string& key) {
    return fail("key does not exist: {}", key);
}

Result<Value> get(const keys::KeyTree& tree, const std::string& key) {
    const auto found = tree.entries().find(key);
    if (found == tree.entries().end())
        return missing(key);
    return make_pair(*found);
}

Result<std::string> get_value(const keys::KeyTree& tree, const std::string& key, Rest rest) {
    const auto fallback = optional_string(rest, 1);
    if (!fallback)
        return fallback.error();
    if (const std::string* const value = tree.find(key))
        return *value;
    if (*fallback != nullptr)
        return **fallback;
    return missing(key);
}

Result<void> check_pattern(const std::string& pattern) {
    if (!keys::is_valid_pattern(pattern))
        return Error{"syntax error in pattern"};
    return {};
}

Result<List> get_all(PairLists& lists, const std::string& pattern) {
    if (auto checked = check_pattern(pattern); !checked)
        return checked.error();
    return lists.matching(pattern);
}

Result<Strings> get_all_values(const keys::KeyTree& tree, const std::string& pattern) {
    if (auto checked = check_pattern(pattern); !checked)
        return checked.error();
    Strings values;
    for (const auto& entry : tree.match(pattern))
        values.push_back(entry->second);
    std::ranges::sort(values);
    return values;
}

/// How confd takes the path that `ls` and `lsdir` are given.
struct Directory {
    std::string path;
    bool is_plain = false;    ///< written as "/a/b" or "/a/b/"
    bool has_slash = false;   ///< with the slash
    bool is_relative = false; ///< nothing is below it
};

Directory read_directory(const std::string& text) {
    Directory directory;
    directory.path = keys::clean(text);
    directory.has_slash = text == directory.path + "/";
    directory.is_plain = text == directory.path || directory.has_slash;
    directory.is_relative = !text.starts_with('/');
    return directory;
}

Strings list(const keys::KeyTree& tree, const std::string& text) {
    const Directory directory = read_directory(text);
    if (directory.is_relative)
        return {};
    if (directory.path == "/") {
        // In confd nothing but the keys right below it is in "/".
        Strings names;
        for (const std::string& name : tree.children("/")) {
            if (tree.find("/" + name) != nullptr)
                names.push_back(name);
        }
        return names;
    }
    const bool is_key = tree.find(directory.path) != nullptr;
    if (is_key)
        return directory.path == text ? Strings{std::string(base::base_name(text))} : Strings{};
    Strings names = tree.children(directory.path);
    // confd finds the keys below a path like "/a//b", but fails to take the path off them.
    if (!names.empty() && !directory.is_plain)
        return {std::string(base::split(directory.path, '/').at(1))};
    return names;
}

Strings list_directories(const keys::KeyTree& tree, const std::string& text) {
    const Directory directory = read_directory(text);
    if (directory.is_relative || !directory.is_plain || directory.path == "/")
        return {};
    return tree.directories(directory.path);
}

} // namespace

Result<Value> field(std::string_view name, std::span<const Value> arguments, Value value) {
    if (!arguments.empty())
        return fail("{} has arguments but cannot be invoked as function", name);
    return value;
}

std::optional<Result<Value>> KeyPair::member(std::string_view name,
                                             std::span<const Value> arguments) const {
    for (const gotemplate::Field& candidate : fields_) {
        if (candidate.name == name)
            return field(name, arguments, candidate.value);
    }
    return std::nullopt;
}

void add_key_functions(Functions& functions, const keys::KeyTree* tree) {
    using Text = const std::string&;
    functions["exists"] = make_function([tree](Text key) { return tree->find(key) != nullptr; });
    functions["get"] = make_function([tree](Text key) { return get(*tree, key); });
    functions["getv"] =
        make_function([tree](Text key, Rest rest) { return get_value(*tree, key, rest); });
    functions["gets"] = make_function([lists = std::make_shared<PairLists>(tree)](Text pattern) {
        return get_all(*lists, pattern);
    });
    functions["getvs"] =
        make_function([tree](Text pattern) { return get_all_values(*tree, pattern); });
    functions["ls"] = make_function([tree](Text path) { return list(*tree, path); });
    functions["lsdir"] = make_function([tree](Text path) { return list_directories(*tree, path); });
    for (const char* const name : {"cget", "cgets", "cgetv", "cgetvs"})
        functions[name] = [](std::span<const Value>) -> Result<Value> {
            return Error{"encrypted values (crypt) are not supported: store the value as it is and "
                         "let etcd's access rules protect it"};
        };
}

} // namespace hitless::confd
