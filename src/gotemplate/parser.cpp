#include "gotemplate/parser.hpp"

#include "gotemplate/limits.hpp"
#include "gotemplate/quote.hpp"

#include <algorithm>

namespace hitless::gotemplate {
namespace {

bool is_empty(const NodeList& nodes) {
    return std::ranges::all_of(nodes, [](const Node& node) {
        return node.kind == Node::Kind::text &&
               node.text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
    });
}

} // namespace

Parser::Parser(Template::Program& program, const Functions& functions)
    : program_(program),
      functions_(functions),
      lexer_(program.text, {!functions.contains("break"), !functions.contains("continue")}) {}

Result<void> Parser::run() {
    if (program_.text.size() > limits::text)
        return fail("template: {}: the template is longer than {} bytes", program_.name,
                    limits::text);
    tokens_ = lexer_.run();
    if (tokens_.size() > limits::tokens)
        return fail("template: {}: the template has more than {} words and signs", program_.name,
                    limits::tokens);
    try {
        parse_file();
    } catch (Failure& failure) {
        return Error{std::move(failure.message)};
    }
    return {};
}

Parser::Level::Level(Parser& parser) : parser_(parser) {
    if (parser_.level_ >= limits::nesting)
        parser_.fail_at("more than {} levels of actions or parentheses within each other",
                        limits::nesting);
    ++parser_.level_;
}

const Token& Parser::next() {
    // The last token is an end or an error, which nothing reads past.
    const std::size_t at = std::min(cursor_++, tokens_.size() - 1);
    furthest_ = std::max(furthest_, at);
    return tokens_[at];
}

const Token& Parser::next_non_space() {
    const Token* token = &next();
    while (token->kind == TokenKind::space)
        token = &next();
    return *token;
}

const Token& Parser::peek() {
    const Token& token = next();
    back();
    return token;
}

const Token& Parser::peek_non_space() {
    const Token& token = next_non_space();
    back();
    return token;
}

const Token& Parser::expect(TokenKind kind, std::string_view context) {
    const Token& token = next_non_space();
    if (token.kind != kind)
        unexpected(token, context);
    return token;
}

void Parser::refuse(std::string message) {
    throw Failure{
        fmt::format("template: {}:{}: {}", program_.name, tokens_[furthest_].line, message)};
}

void Parser::unexpected(const Token& token, std::string_view context) {
    if (token.kind != TokenKind::error)
        fail_at("unexpected {} in {}", describe(token), context);
    std::string started;
    if (scope_.action_line != 0 && scope_.action_line != token.line)
        started =
            fmt::format("{} started at {}:{}", token.text.ends_with(" action") ? "" : " in action",
                        program_.name, scope_.action_line);
    fail_at("{}{}", token.text, started);
}

void Parser::parse_file() {
    Definition file{program_.name, {}, 1};
    while (peek().kind != TokenKind::end_of_text) {
        if (peek().kind == TokenKind::left_delimiter) {
            const std::size_t start = cursor_;
            next();
            if (next_non_space().kind == TokenKind::keyword_define) {
                parse_define();
                continue;
            }
            cursor_ = start;
        }
        Terminator terminator{};
        if (!parse_item(file.body, terminator))
            fail_at("unexpected {{{{{}}}}}", terminator == Terminator::end ? "end" : "else");
    }
    file.slots = scope_.slots;
    add_definition(std::move(file));
    program_.main = &program_.definitions.find(program_.name)->second;
}

void Parser::parse_define() {
    constexpr std::string_view context = "define clause";
    std::string name = parse_name(next_non_space(), context);
    expect(TokenKind::right_delimiter, context);
    parse_definition_body(std::move(name), context);
}

void Parser::parse_definition_body(std::string name, std::string_view context) {
    const Level level(*this);
    Scope outer = std::exchange(scope_, Scope{});
    Definition definition{std::move(name), {}, 1};
    if (parse_list(definition.body) != Terminator::end)
        fail_at("unexpected {{{{else}}}} in {}", context);
    definition.slots = scope_.slots;
    add_definition(std::move(definition));
    scope_ = std::move(outer);
}

/// A definition may replace an empty one, and an empty one changes nothing.
void Parser::add_definition(Definition definition) {
    Definition& place = program_.definitions[definition.name];
    if (!place.defined || is_empty(place.body)) {
        place = std::move(definition);
        place.defined = true;
    } else if (!is_empty(definition.body)) {
        fail_at("template: multiple definition of template {}", in_quotes(definition.name));
    }
}

Parser::Terminator Parser::parse_list(NodeList& nodes) {
    Terminator terminator{};
    while (peek_non_space().kind != TokenKind::end_of_text) {
        if (!parse_item(nodes, terminator))
            return terminator;
    }
    fail_at("unexpected EOF");
}

bool Parser::parse_item(NodeList& nodes, Terminator& terminator) {
    const Token& token = next_non_space();
    if (token.kind == TokenKind::text) {
        Node node;
        node.position = token.position;
        node.text = token.text;
        nodes.push_back(std::move(node));
        return true;
    }
    if (token.kind != TokenKind::left_delimiter)
        unexpected(token, "input");
    scope_.action_line = token.line;
    const bool goes_on = parse_action(nodes, terminator);
    scope_.action_line = 0;
    return goes_on;
}

bool Parser::parse_action(NodeList& nodes, Terminator& terminator) {
    const Token& token = next_non_space();
    switch (token.kind) {
    case TokenKind::keyword_end:
        expect(TokenKind::right_delimiter, "end");
        terminator = Terminator::end;
        return false;
    case TokenKind::keyword_else:
        terminator = parse_else();
        return false;
    case TokenKind::keyword_block:
        nodes.push_back(parse_block());
        return true;
    case TokenKind::keyword_break:
        nodes.push_back(parse_loop_exit(Node::Kind::break_, "{{break}}"));
        return true;
    case TokenKind::keyword_continue:
        nodes.push_back(parse_loop_exit(Node::Kind::continue_, "{{continue}}"));
        return true;
    case TokenKind::keyword_if:
        nodes.push_back(parse_branch(Node::Kind::if_, "if"));
        return true;
    case TokenKind::keyword_range:
        nodes.push_back(parse_branch(Node::Kind::range, "range"));
        return true;
    case TokenKind::keyword_template:
        nodes.push_back(parse_template());
        return true;
    case TokenKind::keyword_with:
        nodes.push_back(parse_branch(Node::Kind::with, "with"));
        return true;
    default:
        break;
    }
    back();
    Node node;
    node.kind = Node::Kind::action;
    node.position = token.position;
    node.pipe = parse_pipe("command", TokenKind::right_delimiter);
    nodes.push_back(std::move(node));
    return true;
}

/// The `if` of an `else if`, and the `with` of an `else with`, is left to parse_branch.
Parser::Terminator Parser::parse_else() {
    const TokenKind kind = peek_non_space().kind;
    if (kind != TokenKind::keyword_if && kind != TokenKind::keyword_with)
        expect(TokenKind::right_delimiter, "else");
    return Terminator::else_;
}

Node Parser::parse_branch(Node::Kind kind, std::string_view context) {
    const Level level(*this);
    const std::size_t known = scope_.known.size();
    const std::size_t live = scope_.live.size();
    Node node;
    node.kind = kind;
    node.pipe = parse_pipe(context, TokenKind::right_delimiter);
    node.position = node.pipe->position;
    const std::size_t live_in_branch = scope_.live.size();

    if (kind == Node::Kind::range)
        open_body(*node.pipe);
    Terminator terminator = parse_list(node.body);
    if (kind == Node::Kind::range)
        close_body(node);
    if (terminator == Terminator::else_) {
        node.has_else = true;
        scope_.live.resize(live_in_branch);
        const TokenKind chained = peek().kind;
        if ((kind == Node::Kind::if_ && chained == TokenKind::keyword_if) ||
            (kind == Node::Kind::with && chained == TokenKind::keyword_with)) {
            next();
            node.otherwise.push_back(parse_branch(kind, context)); // the one `end` is for both
        } else if (parse_list(node.otherwise) != Terminator::end) {
            fail_at("expected end; found {{{{else}}}}");
        }
    }
    scope_.known.resize(known);
    scope_.live.resize(live);
    return node;
}

Node Parser::parse_loop_exit(Node::Kind kind, std::string_view what) {
    Node node;
    node.kind = kind;
    node.position = tokens_[cursor_ - 1].position;
    expect(TokenKind::right_delimiter, what);
    if (scope_.bodies.empty())
        fail_at("{} outside {{{{range}}}}", what);
    if (kind == Node::Kind::break_)
        note_more();
    return node;
}

std::string Parser::parse_name(const Token& token, std::string_view context) {
    if (token.kind != TokenKind::string && token.kind != TokenKind::raw_string)
        unexpected(token, context);
    return unquote_token(token);
}

Node Parser::parse_template() {
    constexpr std::string_view context = "template clause";
    const Token& token = next_non_space();
    Node node;
    node.kind = Node::Kind::template_;
    node.position = token.position;
    node.name = parse_name(token, context);
    note_more();
    if (next_non_space().kind != TokenKind::right_delimiter) {
        back();
        node.pipe = parse_pipe(context, TokenKind::right_delimiter);
    }
    node.definition = &program_.definitions[node.name];
    return node;
}

Node Parser::parse_block() {
    constexpr std::string_view context = "block clause";
    const Token& token = next_non_space();
    Node node;
    node.kind = Node::Kind::template_;
    node.position = token.position;
    node.name = parse_name(token, context);
    node.pipe = parse_pipe(context, TokenKind::right_delimiter);
    note_more();
    parse_definition_body(node.name, context);
    node.definition = &program_.definitions[node.name];
    return node;
}

} // namespace hitless::gotemplate
