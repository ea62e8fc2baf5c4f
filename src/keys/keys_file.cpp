#include "hitless/keys/keys_file.hpp"

#include "hitless/base/secrets.hpp"
#include "hitless/base/text.hpp"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>

namespace hitless::keys {
namespace {

using nlohmann::json;

/// Bounds for what a few lines can unfold to: levels, and keys by YAML's aliases.
constexpr std::size_t deepest = 200;
constexpr std::size_t most_keys = 1'000'000;

/// A number without an exponent, as confd's file backend writes it.
std::string to_text(double number) {
    std::array<char, 400> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                            std::chars_format::fixed);
    return {buffer.data(), end};
}

std::string to_text(const json& value) {
    if (value.is_string())
        return value.get<std::string>();
    if (value.is_null())
        return {};
    return value.is_number_float() ? to_text(value.get<double>()) : value.dump();
}

/// Collects the leaves of a document.
class Collector {
  public:
    explicit Collector(const std::string& name) : name_(name) {}

    Result<void> walk(const json& node, const std::string& path, std::size_t level = 0) {
        if (!node.is_structured())
            return add(path, to_text(node));
        if (level == deepest)
            return too_deep();
        std::size_t index = 0;
        for (const auto& [key, value] : node.items()) {
            const std::string& step = node.is_array() ? std::to_string(index++) : key;
            if (auto walked = walk(value, fmt::format("{}/{}", path, step), level + 1); !walked)
                return walked;
        }
        return {};
    }

    Result<void> walk(const YAML::Node& node, const std::string& path, std::size_t level = 0) {
        if (node.IsScalar() || node.IsNull())
            return add(path, node.IsNull() ? std::string() : node.Scalar());
        if (level == deepest)
            return too_deep();
        std::size_t index = 0;
        for (const auto& element : node) {
            const bool is_list = node.IsSequence();
            if (!is_list && !element.first.IsScalar())
                return fail("{}:{}: a key must be a text", name_, element.first.Mark().line + 1);
            const std::string step = is_list ? std::to_string(index++) : element.first.Scalar();
            const YAML::Node& value =
                is_list ? static_cast<const YAML::Node&>(element) : element.second;
            if (auto walked = walk(value, fmt::format("{}/{}", path, step), level + 1); !walked)
                return walked;
        }
        return {};
    }

    std::vector<Entry> entries;

  private:
    Result<void> add(const std::string& path, std::string value) {
        if (entries.size() == most_keys)
            return fail("{}: more than {} keys", name_, most_keys);
        entries.push_back({clean(path), std::move(value)});
        return {};
    }

    [[nodiscard]] Error too_deep() const { return fail("{}: more than {} levels", name_, deepest); }

    const std::string& name_;
};

Error not_an_object(const std::string& name) {
    return fail(
        "{}: the keys must be an object, as in {{\"/app/port\": \"80\"}} or app: {{port: 80}}",
        name);
}

Result<std::vector<Entry>> parse_json(const json& document, const std::string& name) {
    if (!document.is_object())
        return not_an_object(name);
    Collector collector(name);
    if (auto walked = collector.walk(document, ""); !walked)
        return walked.error();
    return std::move(collector.entries);
}

Result<std::vector<Entry>> parse_yaml(const std::string& text, const std::string& name) {
    try {
        const YAML::Node document = YAML::Load(text);
        if (document.IsNull())
            return fail("{}: it is empty: a file without keys has {{}} in it", name);
        if (!document.IsMap())
            return not_an_object(name);
        Collector collector(name);
        if (auto walked = collector.walk(document, ""); !walked)
            return walked.error();
        return std::move(collector.entries);
    } catch (const YAML::Exception& error) {
        return fail("{}:{}:{}: {}", name, error.mark.line + 1, error.mark.column + 1, error.msg);
    }
}

} // namespace

Result<std::vector<Entry>> parse_keys(const std::string& text, const std::string& name) {
    // JSON is nearly YAML, but for escapes of characters outside the basic plane; and it is faster.
    if (base::trim(text).starts_with('{')) {
        if (const json document = json::parse(text, nullptr, false); !document.is_discarded())
            return parse_json(document, name);
    }
    return parse_yaml(text, name);
}

std::string write_keys(const KeyTree::Map& entries, std::string_view prefix) {
    json document = json::object();
    for (const auto& [key, value] : entries)
        document[prefix == "/" ? key : std::string(prefix) + key] =
            base::without_private_keys(value);
    // etcd speaks JSON itself, so that bytes that aren't UTF-8 can't come from there.
    return document.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

} // namespace hitless::keys
