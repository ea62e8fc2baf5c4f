#include "conformance/generator.hpp"

#include <utility>

namespace hitless::conformance {

std::string Generator::make_template() {
    variables_.clear();
    definitions_.clear();
    has_dot_ = false;
    std::string out;
    for (int i = number(3); i > 0; --i)
        out += definition(2);
    return out + list(3, false);
}

std::string Generator::mutate(std::string text) {
    constexpr std::string_view characters = "{}}{ $.=:|()\"`'\\-+,/*%_#019abnxe\n\t";
    for (int i = 1 + number(3); i > 0 && !text.empty(); --i) {
        const auto at = static_cast<std::size_t>(number(static_cast<int>(text.size())));
        const char c =
            characters[static_cast<std::size_t>(number(static_cast<int>(characters.size())))];
        switch (number(4)) {
        case 0:
            text.erase(at, 1 + static_cast<std::size_t>(number(3)));
            break;
        case 1:
            text.insert(at, 1, c);
            break;
        case 2:
            text[at] = c;
            break;
        default:
            text.insert(at, text.substr(at, static_cast<std::size_t>(1 + number(8))));
        }
    }
    return text;
}

std::string Generator::list(int depth, bool in_range) {
    const std::size_t variables = variables_.size();
    std::string out;
    for (int i = 1 + number(4); i > 0; --i)
        out += item(depth, in_range);
    variables_.resize(variables);
    return out;
}

std::string Generator::item(int depth, bool in_range) {
    if (depth <= 0 || chance(3))
        return plain_text();
    switch (number(in_range ? 12 : 11)) {
    case 0:
        return branch(depth - 1, in_range);
    case 1:
    case 2:
        return range(depth - 1);
    case 3:
        return with(depth - 1, in_range);
    case 4:
    case 5:
        return declaration(depth);
    case 6:
        return assignment(depth);
    case 7:
        if (!definitions_.empty()) {
            const Variable& called = definitions_[static_cast<std::size_t>(
                number(static_cast<int>(definitions_.size())))];
            return action("template \"" + called.name + "\" " + pipeline(called.type, depth));
        }
        return "{{/* nothing */ -}}";
    case 11:
        return action("if " + pipeline(Type::truth, 1)) + action(chance(2) ? "break" : "continue") +
               action("end");
    default:
        return action(pipeline(any_type(), depth));
    }
}

std::string Generator::plain_text() {
    return std::string(one_of({"text", " ", "\n", "\n\n  ", "}", "{ ", " a\tb ", "größe", "- ",
                               "server ", "\r\n", ",", "\"", "{ {", "x}} y", "", "-"}));
}

std::string Generator::action(const std::string& content) {
    const std::string_view blank = one_of({" ", " ", "", "\n", "\t ", "  "});
    std::string out = chance(5) ? "{{- " : "{{";
    out += blank;
    out += content;
    out += blank;
    return out + (chance(5) ? " -}}" : "}}");
}

std::string Generator::branch(int depth, bool in_range) {
    const std::size_t variables = variables_.size();
    std::string out;
    if (chance(4)) {
        const Type type = any_type();
        const std::string name = new_name();
        out = action("if " + name + " := " + pipeline(type, 2));
        variables_.push_back({name, type});
    } else {
        out = action("if " + pipeline(chance(3) ? any_type() : Type::truth, 2));
    }
    out += list(depth, in_range);
    if (chance(3))
        out += action("else if " + pipeline(Type::truth, 2)) + list(depth, in_range);
    if (chance(2))
        out += action("else") + list(depth, in_range);
    variables_.resize(variables);
    return out + action("end");
}

std::string Generator::range(int depth) {
    const std::size_t variables = variables_.size();
    const Type outer = dot_;
    const bool had_dot = has_dot_;
    const Type lists[] = {Type::texts, Type::wholes, Type::pairs, Type::object};
    const Type elements[] = {Type::text, Type::whole, Type::pair, Type::text};
    const int which = number(4);
    const std::string over = pipeline(lists[which], 2);
    std::string head = "range ";
    if (chance(2)) {
        const std::string name = new_name();
        const std::string index = "$i" + std::to_string(number(2));
        const bool has_index = chance(2);
        head += has_index ? index + ", " + name + " := " : name + " := ";
        if (has_index)
            variables_.push_back({index, which == 3 ? Type::text : Type::whole});
        if (which != 3)
            variables_.push_back({name, elements[which]});
    }
    // An object's values are of all types, so its body doesn't use the dot.
    has_dot_ = which != 3;
    dot_ = elements[which];
    std::string out = action(head + over) + list(depth, true);
    has_dot_ = had_dot;
    dot_ = outer;
    if (chance(4))
        out += action("else") + plain_text();
    variables_.resize(variables);
    return out + action("end");
}

std::string Generator::with(int depth, bool in_range) {
    const std::size_t variables = variables_.size();
    const Type outer = dot_;
    const bool had_dot = has_dot_;
    const Type type = any_type();
    std::string out = action("with " + pipeline(type, 2));
    dot_ = type;
    has_dot_ = true;
    out += list(depth, in_range);
    dot_ = outer;
    has_dot_ = had_dot;
    if (chance(2))
        out += action("else") + list(depth, in_range);
    variables_.resize(variables);
    return out + action("end");
}

std::string Generator::declaration(int depth) {
    const Type type = any_type();
    const std::string name = new_name();
    const std::string out = action(name + (chance(3) ? ":=" : " := ") + pipeline(type, depth));
    variables_.push_back({name, type});
    return out;
}

std::string Generator::assignment(int depth) {
    if (variables_.empty())
        return declaration(depth);
    // Of a hidden variable of that name another type may be meant; then both sides fail alike.
    const Variable variable =
        variables_[static_cast<std::size_t>(number(static_cast<int>(variables_.size())))];
    // The value is made of no variables: in a loop the text would double and double.
    const std::vector<Variable> variables = std::exchange(variables_, {});
    std::string out = action(variable.name + " = " + pipeline(variable.type, depth));
    variables_ = variables;
    return out;
}

std::string Generator::definition(int depth) {
    const Type type = any_type();
    const std::string name = "d" + std::to_string(definitions_.size());
    dot_ = type;
    has_dot_ = true;
    const std::string body = list(depth, false); // calls only those before it, so never itself
    has_dot_ = false;
    definitions_.push_back({name, type});
    return action("define \"" + name + "\"") + body + action("end");
}

} // namespace hitless::conformance
