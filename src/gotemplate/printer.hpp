#pragma once

#include "gotemplate/builtins.hpp"
#include "gotemplate/formatter.hpp"

#include <string>
#include <vector>

namespace hitless::gotemplate {

/// Prints values by a verb and the formatter's directive.
class Printer {
  public:
    /// Appends to `out` up to `limit` bytes in all, and to `pieces`, unless that is nullptr, which
    /// pieces of `out` come from which source.
    Printer(std::string& out, std::size_t limit, std::vector<Piece>* pieces)
        : out_(out), limit_(limit), pieces_(pieces), format(out) {}

  private:
    std::string& out_;
    std::size_t limit_;
    std::vector<Piece>* pieces_;
    bool failed_ = false;

  public:
    Formatter format;

    /// An operand; nullptr for nil.
    void print(const Value* value, char32_t verb);
    void write(std::string_view text) { out_ += text; }
    /// A part of a text, from byte `begin` on, that has this trace.
    void write(std::string_view text, const Trace& trace, std::size_t begin);
    void write_rune(char32_t rune);
    /// False once the text got too long or a value was too deep; nothing more is printed then.
    [[nodiscard]] bool good();

  private:
    void print_value(const Value& value, char32_t verb, int depth);
    void print_basic(const Value& value, char32_t verb, int depth);
    void note(const Trace& trace, std::size_t begin, std::size_t size);
    void note_whole(const Trace& trace, std::size_t begin);
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
