#pragma once

#include "hitless/base/result.hpp"
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

  private:
    explicit Template(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

    std::shared_ptr<const Program> program_;
};

} // namespace hitless::gotemplate
