#include "hitless/gotemplate/template.hpp"

#include "gotemplate/evaluator.hpp"
#include "gotemplate/parser.hpp"
#include "gotemplate/program.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hitless::gotemplate {

std::string Template::Program::place(std::size_t position) const {
    const std::string_view before = std::string_view(text).substr(0, position);
    const std::size_t column = position - (before.rfind('\n') + 1); // npos + 1 is 0
    return fmt::format("{}:{}:{}", name, line_of(position), column);
}

int Template::Program::line_of(std::size_t position) const {
    return static_cast<int>(1 +
                            std::ranges::count(std::string_view(text).substr(0, position), '\n'));
}

Result<Template> Template::parse(std::string name, std::string_view text,
                                 const Functions& functions) {
    auto program = std::make_shared<Program>();
    program->name = std::move(name);
    program->text = text;
    if (auto parsed = Parser(*program, functions).run(); !parsed)
        return parsed.error();
    return Template(std::move(program));
}

Result<std::string> Template::execute(const Value& data) const {
    Output output = execute(data, Execution());
    if (output.failure)
        return Error{std::move(output.failure->message)};
    return std::move(output.text);
}

Output Template::execute(const Value& data, const Execution& execution) const {
    return Evaluator(*program_, execution).run(data);
}

int Template::line_of(std::uint32_t place) const {
    return program_->line_of(place);
}

} // namespace hitless::gotemplate
