#include "hitless/confd/renderer.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "confd/functions.hpp"
#include "confd/includes.hpp"

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

Renderer::Renderer() = default;
Renderer::~Renderer() = default;

Result<std::unique_ptr<Renderer>> Renderer::load(const std::string& template_file) {
    const auto text = base::read_file(template_file);
    if (!text)
        return text.error();
    std::unique_ptr<Renderer> renderer(new Renderer());
    renderer->includes_ = std::make_unique<Includes>(template_directory(template_file),
                                                     confd::functions(&renderer->tree_));
    auto parsed = gotemplate::Template::parse(std::string(base::base_name(template_file)), *text,
                                              renderer->includes_->functions());
    if (!parsed)
        return parsed.error();
    renderer->template_ = std::make_unique<gotemplate::Template>(std::move(*parsed));
    return renderer;
}

} // namespace hitless::confd
