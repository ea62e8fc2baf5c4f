#pragma once

#include "hitless/gotemplate/value.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The syntax tree. Variables are resolved to slots of their definition's frame and functions to
/// pointers, so that executing looks nothing up by name but fields. Texts live in the Program.
namespace hitless::gotemplate {

struct Builtin;
struct Command;
struct Definition;
struct Pipe;

/// Where a variable lives. One that is declared within an operand that isn't always evaluated (of
/// `and`, `or` or a field) may not exist when it is used; then a variable of that name further out
/// is meant: `fallbacks`, innermost first.
struct VariableSlot {
    static constexpr int none = -1;
    int slot = none;
    std::vector<int> fallbacks;
};

/// An operand of a command.
struct Term {
    enum class Kind { dot, nil, constant, too_large, field, variable, function, pipe, chain };

    Kind kind = Kind::dot;
    std::size_t position = 0;
    std::string_view text; ///< a constant as written; the name of a function or variable
    Value constant;        ///< of a constant: bool, number or string
    std::vector<std::string_view> fields; ///< of a field, a variable or a chain: .a.b
    VariableSlot variable;
    const Builtin* builtin = nullptr;   ///< of a function: one of the two
    const Function* function = nullptr; ///< of a function: one of the two
    std::unique_ptr<Pipe> pipe;         ///< in parentheses
    std::unique_ptr<Term> inner;        ///< what a chain's fields are taken from
};

/// A word and its arguments.
struct Command {
    std::size_t position = 0;
    std::vector<Term> terms;
    /// The slots declared within operands that may not be evaluated: [first, last).
    int first_slot = 0;
    int last_slot = 0;
    /// A pipeline within sets variables, so that operands read before need a copy.
    bool changes_variables = false;
};

struct Declaration {
    std::string_view name;
    VariableSlot variable; ///< without a slot when it is assigned to but nowhere declared
};

struct Pipe {
    std::size_t position = 0;
    std::vector<Declaration> declarations;
    bool assigns = false; ///< the declarations are assignments
    std::vector<Command> commands;
    bool changes_variables = false; ///< one of its commands does
};

/// All that the output of a range's body depends on beside its element.
struct BodyInputs {
    std::uint64_t id = 0;   ///< of the body: no other one has it as long as the process lives
    std::vector<int> slots; ///< of variables that are declared outside
};

struct Node;
using NodeList = std::vector<Node>;

/// A piece of text or an action.
struct Node {
    enum class Kind { text, action, if_, with, range, template_, break_, continue_ };

    Kind kind = Kind::text;
    std::size_t position = 0;
    std::string_view text;      ///< of a text
    std::unique_ptr<Pipe> pipe; ///< of all but text, break and continue; a template may have none
    NodeList body;
    NodeList otherwise; ///< after else
    bool has_else = false;
    /// Of a range whose body depends on its element and these inputs only, and changes nothing
    /// outside.
    std::optional<BodyInputs> inputs;
    bool changes_variables = false;         ///< of a range: its body sets variables from outside
    std::string name;                       ///< of a template to call
    const Definition* definition = nullptr; ///< of that name
};

/// A template: the file itself, or what define and block make.
struct Definition {
    std::string name;
    NodeList body;
    int slots = 1;        ///< of its frame; slot 0 is $
    bool defined = false; ///< false while only calls name it
};

/// The nodes as Go prints them in messages.
[[nodiscard]] std::string to_text(const Term& term);
[[nodiscard]] std::string to_text(const Command& command);
[[nodiscard]] std::string to_text(const Pipe& pipe);
[[nodiscard]] std::string to_text(const Node& node);

} // namespace hitless::gotemplate
