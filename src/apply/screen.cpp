#include "hitless/apply/screen.hpp"

#include "hitless/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace hitless::apply {
namespace {

using nlohmann::json;

constexpr int deepest_json = 64;

Error unfit(std::string_view what, std::string_view text) {
    return fail("{} ('{}')", what, base::printable(text, 60));
}

std::optional<Error> flaw(std::string_view text) {
    if (!base::is_utf8(text))
        return unfit("it holds bytes that aren't UTF-8", text);
    if (text.find_first_of("\r\n") != std::string_view::npos)
        return unfit("it holds a line break", text);
    if (base::has_control(text))
        return unfit("it holds a control character", text);
    return std::nullopt;
}

bool may_be_json(std::string_view text) {
    text = base::trim(text);
    return text.starts_with('{') || text.starts_with('[');
}

/// The flaw of any string in the tree; object keys are strings too.
std::optional<Error> flaw_within(const json& value, int depth = 0) {
    if (depth > deepest_json)
        return Error{"it is JSON nested too deeply"};
    if (value.is_string())
        return flaw(value.get_ref<const std::string&>());
    if (!value.is_structured())
        return std::nullopt;
    for (const auto& item : value.items()) {
        if (auto found = value.is_object() ? flaw(item.key()) : std::nullopt)
            return found;
        if (auto found = flaw_within(item.value(), depth + 1))
            return found;
    }
    return std::nullopt;
}

} // namespace

Result<std::string> screen_value(std::string_view value) {
    // Only a value with an escape or a line break can be JSON that needs a closer look.
    if (may_be_json(value) && value.find_first_of("\\\r\n") != std::string_view::npos) {
        const json parsed = json::parse(value, nullptr, false);
        if (!parsed.is_discarded()) {
            if (auto found = flaw_within(parsed))
                return *found;
            std::string line(
                value); // a JSON string has no raw line break: these are between tokens
            std::ranges::replace_if(
                line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
            return line;
        }
    }
    if (auto found = flaw(value))
        return *found;
    return std::string(value);
}

Result<void> screen_key(std::string_view key) {
    if (auto found = flaw(key))
        return *found;
    return {};
}

} // namespace hitless::apply
