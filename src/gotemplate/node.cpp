#include "gotemplate/node.hpp"

#include "gotemplate/quote.hpp"

namespace hitless::gotemplate {
namespace {

std::string list_text(const NodeList& nodes) {
    std::string out;
    for (const Node& node : nodes)
        out += to_text(node);
    return out;
}

std::string branch_text(std::string_view keyword, const Node& node) {
    std::string out = "{{";
    out += keyword;
    out += ' ' + to_text(*node.pipe) + "}}" + list_text(node.body);
    if (node.has_else)
        out += "{{else}}" + list_text(node.otherwise);
    return out + "{{end}}";
}

/// The term as an operand: a pipeline stands in parentheses.
std::string operand_text(const Term& term) {
    return term.kind == Term::Kind::pipe ? "(" + to_text(term) + ")" : to_text(term);
}

} // namespace

std::string to_text(const Term& term) {
    std::string out;
    switch (term.kind) {
    case Term::Kind::dot:
        return ".";
    case Term::Kind::nil:
        return "nil";
    case Term::Kind::pipe:
        return to_text(*term.pipe);
    case Term::Kind::chain:
        out = operand_text(*term.inner);
        break;
    default:
        out = term.text;
        break;
    }
    for (const std::string_view field : term.fields) {
        out += '.';
        out += field;
    }
    return out;
}

std::string to_text(const Command& command) {
    std::string out;
    for (const Term& term : command.terms) {
        if (!out.empty())
            out += ' ';
        out += operand_text(term);
    }
    return out;
}

std::string to_text(const Pipe& pipe) {
    std::string out;
    for (const Declaration& declaration : pipe.declarations) {
        if (!out.empty())
            out += ", ";
        out += declaration.name;
    }
    if (!pipe.declarations.empty())
        out += " := ";
    bool first = true;
    for (const Command& command : pipe.commands) {
        if (!first)
            out += " | ";
        out += to_text(command);
        first = false;
    }
    return out;
}

std::string to_text(const Node& node) {
    switch (node.kind) {
    case Node::Kind::text:
        return std::string(node.text);
    case Node::Kind::action:
        return "{{" + to_text(*node.pipe) + "}}";
    case Node::Kind::if_:
        return branch_text("if", node);
    case Node::Kind::with:
        return branch_text("with", node);
    case Node::Kind::range:
        return branch_text("range", node);
    case Node::Kind::template_:
        return "{{template " + in_quotes(node.name) + (node.pipe ? ' ' + to_text(*node.pipe) : "") +
               "}}";
    case Node::Kind::break_:
        return "{{break}}";
    case Node::Kind::continue_:
        return "{{continue}}";
    }
    return {};
}

} // namespace hitless::gotemplate
