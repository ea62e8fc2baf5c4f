#pragma once

#include "hitless/confd/renderer.hpp"

#include "confd/json.hpp"

#include <string>
#include <vector>

namespace hitless::confd {

/// The function's result as JSON, or "error: …".
inline std::string call(const gotemplate::Functions& functions, std::string_view name,
                        const std::vector<gotemplate::Value>& arguments) {
    const auto result = functions.at(std::string(name))(arguments);
    if (!result)
        return "error: " + result.error().message;
    return write_json(*result, JsonStyle::compact).value();
}

/// The same for one of the functions without keys.
inline std::string call(std::string_view name, const std::vector<gotemplate::Value>& arguments) {
    static const keys::KeyTree no_keys;
    static const gotemplate::Functions functions = confd::functions(&no_keys);
    return call(functions, name, arguments);
}

} // namespace hitless::confd
