#include "hitless/confd/renderer.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "confd/functions.hpp"
#include "confd/includes.hpp"

#include <algorithm>

namespace hitless::confd {

gotemplate::Functions functions(const keys::KeyTree* tree) {
    Functions functions;
    add_string_functions(functions);
    add_number_functions(functions);
    add_data_functions(functions);
    add_layout_functions(functions);
    add_regex_functions(functions);
    for (auto& [name, function] : functions)
        function.is_pure = true;
    // They change the list that they are given.
    for (const char* const name : {"reverse", "sortByLength", "sortKVByLength"})
        functions.at(name).is_pure = false;
    add_key_functions(functions, tree);
    add_system_functions(functions);
    return functions;
}

namespace {

/// True when no string within holds a line break, another control character or broken UTF-8.
bool is_fit(const Value& value) {
    const auto is_fit_text = [](std::string_view text) {
        return !base::has_control(text) && base::is_utf8(text);
    };
    if (const auto* const text = value.as<std::string>())
        return is_fit_text(*text);
    if (const auto* const list = value.as<Value::ListPtr>())
        return std::ranges::all_of(**list, is_fit);
    if (const auto* const map = value.as<Value::MapPtr>())
        return std::ranges::all_of(**map, [&](const auto& entry) {
            return is_fit_text(entry.first) && is_fit(entry.second);
        });
    return true;
}

Function screened(Function function, const bool& is_on) {
    Function::Call call = [decode = function.call, &is_on](std::span<const Value> arguments) {
        auto result = decode(arguments);
        if (is_on && result && !is_fit(*result))
            return Result<Value>(Error{"what it decodes holds a line break, a control character or "
                                       "bytes that aren't UTF-8"});
        return result;
    };
    function.call = std::move(call);
    return function;
}

} // namespace

Renderer::Renderer() = default;
Renderer::~Renderer() = default;

Result<std::unique_ptr<Renderer>> Renderer::load(const std::string& template_file) {
    const auto text = base::read_file(template_file);
    if (!text)
        return text.error();
    std::unique_ptr<Renderer> renderer(new Renderer());
    Functions functions = confd::functions(&renderer->tree_);
    for (const char* const name : {"json", "jsonArray", "fromJson", "base64Decode"})
        functions[name] = screened(functions.at(name), renderer->screened_);
    renderer->includes_ =
        std::make_unique<Includes>(template_directory(template_file), std::move(functions));
    auto parsed = gotemplate::Template::parse(std::string(base::base_name(template_file)), *text,
                                              renderer->includes_->functions());
    if (!parsed)
        return parsed.error();
    renderer->template_ = std::make_unique<gotemplate::Template>(std::move(*parsed));
    return renderer;
}

} // namespace hitless::confd
