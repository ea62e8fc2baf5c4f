#include "hitless/gotemplate/template.hpp"

#include "gotemplate/evaluator.hpp"
#include "gotemplate/parser.hpp"
#include "gotemplate/program.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hitless::gotemplate {

std::string Template::Program::place(std::size_t position) const {
    const std::string_view before = std::string_view(text).substr(0, position);
    const auto line = 1 + std::ranges::count(before, '\n');
    const std::size_t column = position - (before.rfind('\n') + 1); // npos + 1 is 0
    return fmt::format("{}:{}:{}", name, line, column);
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
    return Evaluator(*program_).run(data);
}

} // namespace hitless::gotemplate
