#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::conformance {

/// Makes random templates over the corpus's keys. Expressions know their types, so that most
/// templates run to their end; some are wrong on purpose.
class Generator {
  public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] std::string make_template();

    /// `text` with a few characters changed: most don't parse any more, some mean something else.
    [[nodiscard]] std::string mutate(std::string text);

  private:
    enum class Type { text, whole, real, truth, texts, wholes, pair, pairs, object, array };
    struct Variable {
        std::string name;
        Type type;
    };

    std::string list(int depth, bool in_range);
    std::string item(int depth, bool in_range);
    std::string plain_text();
    std::string action(const std::string& content);
    std::string branch(int depth, bool in_range);
    std::string range(int depth);
    std::string with(int depth, bool in_range);
    std::string declaration(int depth);
    std::string assignment(int depth);
    std::string definition(int depth);

    std::string pipeline(Type type, int depth);
    std::string command(Type type, int depth);
    std::string text_command(int depth);
    std::string whole_command(int depth);
    std::string truth_command(int depth);
    std::string other_command(Type type, int depth);
    std::string printf_command(int depth);
    std::string key();
    std::string pattern();
    std::string operand(Type type, int depth);
    std::string literal(Type type);
    std::string any_operand(int depth);
    std::string dotted(Type type);

    bool chance(int in) { return number(in) == 0; }
    int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
    std::string_view one_of(const std::vector<std::string_view>& choices) {
        return choices[static_cast<std::size_t>(number(static_cast<int>(choices.size())))];
    }
    Type any_type() { return static_cast<Type>(number(10)); }
    std::string new_name() { return "$v" + std::to_string(number(6)); }

    std::mt19937_64 random_;
    std::vector<Variable> variables_;
    std::vector<Variable> definitions_; ///< with the type of their dot
    Type dot_ = Type::text;
    bool has_dot_ = false;
};

} // namespace hitless::conformance
