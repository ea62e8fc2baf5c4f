#pragma once

#include "gotemplate/lexer.hpp"
#include "gotemplate/program.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::gotemplate {

/// Builds the syntax tree of a program from its text. Its messages are Go's.
class Parser {
  public:
    /// Fills the definitions of `program`, which has its name and text.
    Parser(Template::Program& program, const Functions& functions);

    Result<void> run();

  private:
    /// The first error ends the parsing, from whatever depth; run() turns it into its result.
    struct Failure {
        std::string message;
    };
    struct Variable {
        std::string_view name;
        bool conditional = false; ///< declared within an operand that may not be evaluated
    };
    /// The body of a range, and what its output depends on.
    struct Body {
        int first_slot = 0; ///< variables from here on are declared within
        int index_slot = VariableSlot::none;
        std::vector<int> outer_slots; ///< of variables from outside
        bool is_open = false;         ///< it may depend on more, or change what is outside
        bool changes = false;         ///< it sets variables from outside
    };
    /// What belongs to the definition in work.
    struct Scope {
        /// All names that the text may use: those declared so far, until the `end` around them.
        std::vector<std::string_view> known{"$"};
        /// Those that exist when the text is executed; the index is the slot.
        std::vector<Variable> live{{"$"}};
        int slots = 1;
        std::vector<Body> bodies; ///< that the text is within, outermost first
        int action_line = 0;
        bool conditional = false;
    };
    enum class Terminator { end, else_ };
    class Level;

    // Tokens.
    const Token& next();
    const Token& next_non_space();
    const Token& peek();
    const Token& peek_non_space();
    void back() { --cursor_; }
    const Token& expect(TokenKind kind, std::string_view context);
    template <class... Args>
    [[noreturn]] void fail_at(fmt::format_string<Args...> format, Args&&... args) {
        refuse(fmt::format(format, std::forward<Args>(args)...));
    }
    [[noreturn]] void refuse(std::string message);
    [[noreturn]] void unexpected(const Token& token, std::string_view context);

    // Lists and actions (parser.cpp).
    void parse_file();
    void parse_define();
    Terminator parse_list(NodeList& nodes);
    /// Parses one text or action; false when it was an `end` or `else`.
    bool parse_item(NodeList& nodes, Terminator& terminator);
    bool parse_action(NodeList& nodes, Terminator& terminator);
    Terminator parse_else();
    Node parse_branch(Node::Kind kind, std::string_view context);
    Node parse_loop_exit(Node::Kind kind, std::string_view what);
    Node parse_template();
    Node parse_block();
    std::string parse_name(const Token& token, std::string_view context);
    void parse_definition_body(std::string name, std::string_view context);
    void add_definition(Definition definition);

    // Pipelines (parser_pipe.cpp).
    std::unique_ptr<Pipe> parse_pipe(std::string_view context, TokenKind end);
    void parse_declarations(Pipe& pipe, std::string_view context);
    void check_pipe(const Pipe& pipe, std::string_view context);
    void resolve_declarations(Pipe& pipe);
    Command parse_command();
    void parse_operands(Command& command);
    bool parse_operand(Command& command);
    bool parse_term(Term& term);
    void parse_fields(Term& term);
    void set_function(Term& term);
    void set_number(Term& term);
    void set_variable(Term& term);
    std::string unquote_token(const Token& token);
    [[nodiscard]] bool is_known(std::string_view name) const;
    [[nodiscard]] VariableSlot resolve(std::string_view name);

    // What the bodies of ranges depend on (parser_body.cpp).
    void open_body(const Pipe& pipe);
    void close_body(Node& range);
    void note_read(const VariableSlot& variable);
    void note_assignment(const VariableSlot& variable);
    void note_more();

    Template::Program& program_;
    const Functions& functions_;
    Lexer lexer_;
    std::vector<Token> tokens_;
    std::size_t cursor_ = 0;   ///< of the next token
    std::size_t furthest_ = 0; ///< the last token looked at: its line stands in messages
    Scope scope_;
    int level_ = 0;
};

/// A level of nesting, refused when it is too deep.
class Parser::Level {
  public:
    explicit Level(Parser& parser);
    ~Level() { --parser_.level_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

  private:
    Parser& parser_;
};

} // namespace hitless::gotemplate
