#pragma once

#include "gotemplate/builtins.hpp"
#include "gotemplate/formatter.hpp"

#include <string>

namespace hitless::gotemplate {

/// Prints values by a verb and the formatter's directive.
class Printer {
  public:
    /// Appends to `out` up to `limit` bytes in all.
    Printer(std::string& out, std::size_t limit) : out_(out), limit_(limit), format(out) {}

  private:
    std::string& out_;
    std::size_t limit_;
    bool failed_ = false;

  public:
    Formatter format;

    /// An operand; nullptr for nil.
    void print(const Value* value, char32_t verb);
    void write(std::string_view text) { out_ += text; }
    void write_rune(char32_t rune);
    /// False once the text got too long or a value was too deep; nothing more is printed then.
    [[nodiscard]] bool good();

  private:
    void print_value(const Value& value, char32_t verb, int depth);
    void print_element(const Value& value, char32_t verb, int depth);
    void print_list(const Value& value, const List& list, char32_t verb, int depth);
    void print_map(const Value& value, const Map& map, char32_t verb, int depth);
    void print_object(const Value& value, const Object& object, char32_t verb, int depth);
    void print_boolean(const Value& value, bool boolean, char32_t verb);
    void print_integer(const Value& value, std::int64_t number, char32_t verb);
    void print_floating(const Value& value, double number, char32_t verb);
    void print_string(const Value& value, std::string_view text, char32_t verb);
    void bad_verb(const Value* value, char32_t verb);
    void separate(bool& first);
};

} // namespace hitless::gotemplate
