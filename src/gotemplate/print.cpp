#include "gotemplate/print.hpp"

#include "gotemplate/printer.hpp"

namespace hitless::gotemplate {
namespace {

const Error too_long{"the text is too long, or the value too deep to print"};

bool is_string(const Value* value) {
    return value != nullptr && value->as<std::string>() != nullptr;
}

/// The operands one after the other, with a space between two of which none is a string.
void print_all(Printer& printer, Operands operands) {
    bool after_string = false;
    bool first = true;
    for (const Value* operand : operands) {
        const bool string = is_string(operand);
        if (!first && !string && !after_string)
            printer.write(" ");
        printer.print(operand, 'v');
        if (!printer.good())
            return;
        after_string = string;
        first = false;
    }
}

} // namespace

bool append_printed(std::string& out, const Value* value, std::size_t limit,
                    std::vector<Piece>* pieces) {
    Printer printer(out, limit, pieces);
    printer.print(value, 'v');
    return printer.good();
}

std::string print_plainly(const Value* value) {
    constexpr std::size_t longest = 1000;
    std::string out;
    if (!append_printed(out, value, longest))
        out = out.substr(0, longest) + "…";
    return out;
}

Result<Value> builtin_print(Operands operands, std::size_t room) {
    std::string out;
    std::vector<Piece> pieces;
    Printer printer(out, room, &pieces);
    print_all(printer, operands);
    if (!printer.good())
        return too_long;
    return Value(std::move(out)).from(Trace(std::move(pieces)));
}

Result<Value> builtin_println(Operands operands, std::size_t room) {
    std::string out;
    std::vector<Piece> pieces;
    Printer printer(out, room, &pieces);
    bool first = true;
    for (const Value* operand : operands) {
        if (!first)
            printer.write(" ");
        printer.print(operand, 'v');
        if (!printer.good())
            return too_long;
        first = false;
    }
    printer.write("\n");
    return Value(std::move(out)).from(Trace(std::move(pieces)));
}

Result<Value> print_for_escaping(Operands operands, std::size_t room) {
    static const Value no_value("<no value>");
    std::vector<const Value*> shown(operands.begin(), operands.end());
    for (const Value*& operand : shown) {
        if (operand == nullptr || operand->is_nil())
            operand = &no_value;
    }
    return builtin_print(shown, room);
}

} // namespace hitless::gotemplate
