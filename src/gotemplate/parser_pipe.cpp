#include "gotemplate/builtins.hpp"
#include "gotemplate/limits.hpp"
#include "gotemplate/number.hpp"
#include "gotemplate/parser.hpp"
#include "gotemplate/quote.hpp"

#include <algorithm>

namespace hitless::gotemplate {
namespace {

/// `and` and `or` evaluate operands only as far as needed, and a field of nil none of them.
bool may_skip_operands(const Term& first) {
    if (first.builtin != nullptr)
        return first.builtin->kind == Builtin::Kind::and_ ||
               first.builtin->kind == Builtin::Kind::or_;
    return !first.fields.empty();
}

} // namespace

std::unique_ptr<Pipe> Parser::parse_pipe(std::string_view context, TokenKind end) {
    auto pipe = std::make_unique<Pipe>();
    pipe->position = peek_non_space().position;
    parse_declarations(*pipe, context);
    while (true) {
        const Token& token = next_non_space();
        if (token.kind == end)
            break;
        switch (token.kind) {
        case TokenKind::boolean:
        case TokenKind::character:
        case TokenKind::dot:
        case TokenKind::field:
        case TokenKind::identifier:
        case TokenKind::number:
        case TokenKind::keyword_nil:
        case TokenKind::raw_string:
        case TokenKind::string:
        case TokenKind::variable:
        case TokenKind::left_parenthesis:
            back();
            pipe->commands.push_back(parse_command());
            pipe->changes_variables |= pipe->commands.back().changes_variables;
            break;
        default:
            unexpected(token, context);
        }
    }
    check_pipe(*pipe, context);
    resolve_declarations(*pipe);
    return pipe;
}

/// `$x :=`, `$x =` or, in a range, `$i, $x :=`. A variable that none of these follows is an
/// operand.
void Parser::parse_declarations(Pipe& pipe, std::string_view context) {
    while (peek_non_space().kind == TokenKind::variable) {
        const std::size_t start = cursor_;
        const std::string_view name = next().text;
        const Token& after = peek_non_space();
        const bool is_list = after.kind == TokenKind::other && after.text == ",";
        const bool is_last = after.kind == TokenKind::assign || after.kind == TokenKind::declare;
        if (!is_list && !is_last) {
            cursor_ = start;
            return;
        }
        next();
        pipe.declarations.push_back({name, {}});
        scope_.known.push_back(name);
        if (is_last) {
            pipe.assigns = after.kind == TokenKind::assign;
            return;
        }
        if (context != "range" || pipe.declarations.size() > 1)
            fail_at("too many declarations in {}", context);
        const TokenKind then = peek_non_space().kind;
        if (then != TokenKind::variable && then != TokenKind::right_delimiter &&
            then != TokenKind::right_parenthesis)
            fail_at("range can only initialize variables");
    }
}

void Parser::check_pipe(const Pipe& pipe, std::string_view context) {
    if (pipe.commands.empty())
        fail_at("missing value for {}", context);
    for (std::size_t i = 1; i < pipe.commands.size(); ++i) {
        const Term::Kind kind = pipe.commands[i].terms.front().kind;
        if (kind == Term::Kind::dot || kind == Term::Kind::nil || kind == Term::Kind::constant ||
            kind == Term::Kind::too_large)
            fail_at("non executable command in pipeline stage {}", i + 1);
    }
}

/// Gives the declared variables their slots. Only now: the pipeline itself doesn't see them.
void Parser::resolve_declarations(Pipe& pipe) {
    for (Declaration& declaration : pipe.declarations) {
        if (pipe.assigns) {
            declaration.variable = resolve(declaration.name);
            note_assignment(declaration.variable);
            continue;
        }
        declaration.variable.slot = static_cast<int>(scope_.live.size());
        scope_.live.push_back({declaration.name, scope_.conditional});
        if (scope_.live.size() > limits::variables)
            fail_at("more than {} variables", limits::variables);
    }
    scope_.slots = std::max(scope_.slots, static_cast<int>(scope_.live.size()));
}

Command Parser::parse_command() {
    Command command;
    command.position = peek_non_space().position;
    command.first_slot = static_cast<int>(scope_.live.size());
    const bool conditional = scope_.conditional;
    parse_operands(command);
    scope_.conditional = conditional;
    const bool is_conditional = !command.terms.empty() && may_skip_operands(command.terms.front());
    command.last_slot = is_conditional ? static_cast<int>(scope_.live.size()) : command.first_slot;
    if (command.terms.empty())
        fail_at("empty command");
    return command;
}

void Parser::parse_operands(Command& command) {
    while (true) {
        peek_non_space();
        if (parse_operand(command) && command.terms.size() > limits::operands)
            fail_at("more than {} operands", limits::operands);
        const Token& token = next();
        switch (token.kind) {
        case TokenKind::space:
            break;
        case TokenKind::right_delimiter:
        case TokenKind::right_parenthesis:
            back();
            return;
        case TokenKind::pipe:
            return;
        default:
            unexpected(token, "operand");
        }
    }
}

/// A term with the fields behind it; false when the next token doesn't begin one.
bool Parser::parse_operand(Command& command) {
    Term term;
    if (!parse_term(term))
        return false;
    if (peek().kind == TokenKind::field)
        parse_fields(term);
    if (command.terms.empty() && may_skip_operands(term))
        scope_.conditional = true;
    const Term& holder = term.kind == Term::Kind::chain ? *term.inner : term;
    if (holder.pipe)
        command.changes_variables |=
            holder.pipe->changes_variables || !holder.pipe->declarations.empty();
    command.terms.push_back(std::move(term));
    return true;
}

void Parser::parse_fields(Term& term) {
    const std::size_t position = peek().position;
    switch (term.kind) {
    case Term::Kind::field:
    case Term::Kind::variable:
        term.position = position;
        break;
    case Term::Kind::function:
    case Term::Kind::pipe: {
        auto inner = std::make_unique<Term>(std::move(term));
        term = Term{};
        term.kind = Term::Kind::chain;
        term.position = position;
        term.inner = std::move(inner);
        break;
    }
    default:
        next();
        fail_at("unexpected . after term {}", in_quotes(to_text(term)));
    }
    while (peek().kind == TokenKind::field)
        term.fields.push_back(next().text.substr(1));
}

bool Parser::parse_term(Term& term) {
    const Token& token = next_non_space();
    term.position = token.position;
    term.text = token.text;
    switch (token.kind) {
    case TokenKind::identifier:
        set_function(term);
        return true;
    case TokenKind::dot:
        term.kind = Term::Kind::dot;
        return true;
    case TokenKind::keyword_nil:
        term.kind = Term::Kind::nil;
        return true;
    case TokenKind::variable:
        set_variable(term);
        return true;
    case TokenKind::field:
        term.kind = Term::Kind::field;
        term.text = {};
        term.fields.push_back(token.text.substr(1));
        return true;
    case TokenKind::boolean:
        term.kind = Term::Kind::constant;
        term.constant = Value(token.text == "true");
        return true;
    case TokenKind::character:
    case TokenKind::number:
        set_number(term);
        return true;
    case TokenKind::string:
    case TokenKind::raw_string:
        term.kind = Term::Kind::constant;
        term.constant = Value(unquote_token(token));
        return true;
    case TokenKind::left_parenthesis: {
        const Level level(*this);
        term.kind = Term::Kind::pipe;
        term.pipe = parse_pipe("parenthesized pipeline", TokenKind::right_parenthesis);
        term.position = term.pipe->position;
        return true;
    }
    default:
        back();
        return false;
    }
}

void Parser::set_function(Term& term) {
    term.kind = Term::Kind::function;
    if (const auto own = functions_.find(term.text); own != functions_.end()) {
        term.function = &program_.functions.insert(*own).first->second;
        if (!term.function->is_pure)
            note_more();
        return;
    }
    term.builtin = find_builtin(term.text);
    if (term.builtin == nullptr)
        fail_at("function {} not defined", in_quotes(term.text));
}

void Parser::set_number(Term& term) {
    auto number = parse_number(term.text);
    if (!number)
        refuse(number.error().message);
    term.kind = number->has_value() ? Term::Kind::constant : Term::Kind::too_large;
    if (number->has_value())
        term.constant = std::move(**number);
}

void Parser::set_variable(Term& term) {
    if (!is_known(term.text))
        fail_at("undefined variable {}", in_quotes(term.text));
    term.kind = Term::Kind::variable;
    term.variable = resolve(term.text);
    note_read(term.variable);
}

std::string Parser::unquote_token(const Token& token) {
    auto text = unquote(token.text);
    if (!text)
        fail_at("invalid syntax");
    return std::move(*text);
}

bool Parser::is_known(std::string_view name) const {
    return std::ranges::find(scope_.known, name) != scope_.known.end();
}

VariableSlot Parser::resolve(std::string_view name) {
    VariableSlot variable;
    for (std::size_t i = scope_.live.size(); i-- > 0;) {
        if (scope_.live[i].name != name)
            continue;
        if (variable.slot == VariableSlot::none)
            variable.slot = static_cast<int>(i);
        else
            variable.fallbacks.push_back(static_cast<int>(i));
        if (variable.fallbacks.size() > limits::fallbacks)
            fail_at("{} is declared more than {} times within operands", name, limits::fallbacks);
        if (!scope_.live[i].conditional)
            break;
    }
    return variable;
}

} // namespace hitless::gotemplate
