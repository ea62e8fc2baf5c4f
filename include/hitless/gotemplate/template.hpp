#pragma once

#include "hitless/base/result.hpp"
#include "hitless/gotemplate/output.hpp"
#include "hitless/gotemplate/value.hpp"

#include <memory>
#include <string>
#include <string_view>

/// Go's text/template: https://pkg.go.dev/text/template is the reference for syntax and meaning.
namespace hitless::gotemplate {

/// A parsed template: parse once, execute many times.
class Template {
  public:
    struct Program; ///< the syntax tree; known within the library only

    /// Parses `text`. `name` stands in messages ("template: NAME:LINE: …", as in Go); it is the
    /// file's base name. The functions are bound here and must outlive nothing: they are copied.
    static Result<Template> parse(std::string name, std::string_view text,
                                  const Functions& functions);

    /// The output for `data`, or the first error ("template: NAME:LINE:COLUMN: executing …").
    [[nodiscard]] Result<std::string> execute(const Value& data = {}) const;

    /// The output with all that is known of it. Within another execution, as when a function
    /// executes a template, the other one's way counts instead of `execution`.
    [[nodiscard]] Output execute(const Value& data, const Execution& execution) const;

    /// The number of the line at a place in the template's text, from 1.
    [[nodiscard]] int line_of(std::uint32_t place) const;

  private:
    explicit Template(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

    std::shared_ptr<const Program> program_;
};

} // namespace hitless::gotemplate
