#include "hitless/base/text.hpp"

#include "confd/functions.hpp"
#include "confd/key_pair.hpp"
#include "confd/pair_lists.hpp"

#include <algorithm>

namespace hitless::confd {
namespace {

using gotemplate::Trace;

Error missing(const std::string& key) {
    return fail("key does not exist: {}", key);
}

/// A text or list made from what is called `name`, and found by `asked`: whoever wrote that chose
/// it.
Trace trace_of(KeyView& view, Source::Kind kind, std::string_view name, const Value& asked) {
    return Trace(view.number(kind, name)).with(asked.trace());
}

Result<Value> get(KeyView& view, String key) {
    const std::string* const value = view.find(key.text());
    if (value == nullptr)
        return missing(key.text());
    return Value(Value::ObjectPtr(std::make_shared<const KeyPair>(
        key.text(), *value, trace_of(view, Source::Kind::key, key.text(), key.value))));
}

Result<Value> get_value(KeyView& view, String key, Rest rest) {
    const auto fallback = optional_string(rest, 1);
    if (!fallback)
        return fallback.error();
    if (const std::string* const value = view.find(key.text()))
        return Value(*value).from(trace_of(view, Source::Kind::key, key.text(), key.value));
    if (*fallback != nullptr)
        return rest.front();
    return missing(key.text());
}

Error malformed() {
    return Error{"syntax error in pattern"};
}

Result<Value> get_all(PairLists& lists, String pattern) {
    auto list = lists.matching(pattern.text());
    if (!list)
        return malformed();
    return Value(std::move(list)).from(pattern.value.trace().whole());
}

Result<Value> get_all_values(KeyView& view, String pattern) {
    if (!keys::is_valid_pattern(pattern.text()))
        return malformed();
    List values;
    for (const auto& entry : view.tree().match(pattern.text())) {
        if (!view.is_hidden(entry->first))
            values.push_back(
                Value(entry->second)
                    .from(trace_of(view, Source::Kind::key, entry->first, pattern.value)));
    }
    std::ranges::stable_sort(values, {}, [](const Value& value) -> const std::string& {
        return *value.as<std::string>();
    });
    values.type = list_type::strings;
    return Value(std::move(values)).from(pattern.value.trace().whole());
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

namespace {

/// The names that ls or lsdir found in the directory.
Value to_names(KeyView& view, String directory, const Strings& names, bool are_directories) {
    std::string path = keys::clean(directory.text());
    const bool is_key = view.tree().find(path) != nullptr;
    if (!is_key && path != "/")
        path += '/';
    const std::size_t above = path.size();
    List list;
    list.reserve(names.size());
    for (const std::string& name : names) {
        path.resize(above);
        if (!is_key)
            path += name;
        if (view.is_hidden(path))
            continue;
        const bool is_found = is_key || (!are_directories && view.tree().find(path) != nullptr);
        const auto kind = is_found ? Source::Kind::key : Source::Kind::directory;
        list.emplace_back(name, trace_of(view, kind, path, directory.value));
    }
    list.type = list_type::strings;
    return Value(std::move(list)).from(directory.value.trace().whole());
}

} // namespace

void add_key_functions(Functions& functions, const std::shared_ptr<KeyView>& view) {
    functions["exists"] =
        make_function([view](const std::string& key) { return view->find(key) != nullptr; });
    functions["get"] = make_function([view](String key) { return get(*view, key); });
    functions["getv"] =
        make_function([view](String key, Rest rest) { return get_value(*view, key, rest); });
    functions["gets"] = make_function([lists = std::make_shared<PairLists>(view)](String pattern) {
        return get_all(*lists, pattern);
    });
    functions["getvs"] =
        make_function([view](String pattern) { return get_all_values(*view, pattern); });
    functions["ls"] = make_function([view](String path) {
        return to_names(*view, path, list(view->tree(), path.text()), false);
    });
    functions["lsdir"] = make_function([view](String path) {
        return to_names(*view, path, list_directories(view->tree(), path.text()), true);
    });
    for (const char* const name : {"get", "getv", "gets", "getvs", "ls", "lsdir"})
        functions.at(name).keeps_traces = true;
    for (const char* const name : {"cget", "cgets", "cgetv", "cgetvs"})
        functions[name] = [](std::span<const Value>) -> Result<Value> {
            return Error{"encrypted values (crypt) are not supported: store the value as it is and "
                         "let etcd's access rules protect it"};
        };
}

} // namespace hitless::confd
