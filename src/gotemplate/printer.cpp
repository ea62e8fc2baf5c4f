#include "gotemplate/printer.hpp"

#include "gotemplate/limits.hpp"
#include "gotemplate/print.hpp"
#include "gotemplate/utf8.hpp"

namespace hitless::gotemplate {

bool Printer::good() {
    failed_ = failed_ || out_.size() > limit_;
    return !failed_;
}

void Printer::write_rune(char32_t rune) {
    append_rune(out_, rune);
}

void Printer::write(std::string_view text, const Trace& trace, std::size_t begin) {
    const std::size_t at = out_.size();
    out_ += text;
    if (!trace.empty() && !text.empty())
        note(trace.part(begin, begin + text.size()), at, text.size());
}

/// What was printed at `begin` has this trace.
void Printer::note(const Trace& trace, std::size_t begin, std::size_t size) {
    if (pieces_ == nullptr)
        return;
    const auto offset = static_cast<std::uint32_t>(begin);
    trace.for_each(size, [&](const Piece& piece) {
        pieces_->push_back({offset + piece.begin, offset + piece.end, piece.source});
    });
}

void Printer::note_whole(const Trace& trace, std::size_t begin) {
    if (!trace.empty())
        note(trace.whole(), begin, out_.size() - begin);
}

void Printer::print(const Value* value, char32_t verb) {
    const std::size_t begin = out_.size();
    const bool is_nil = value == nullptr || value->is_nil();
    if (is_nil && (verb == 'v' || verb == 'T')) {
        format.pad("<nil>");
    } else if (verb == 'T') {
        format.string(type_name(value));
    } else if (is_nil || verb == 'p') { // nothing here has an address that would mean anything
        bad_verb(value, verb);
    } else {
        print_value(*value, verb, 0);
        return;
    }
    if (value != nullptr)
        note_whole(value->trace(), begin);
}

/// A value that isn't made of others comes from its sources as it is printed.
void Printer::print_value(const Value& value, char32_t verb, int depth) {
    const std::size_t begin = out_.size();
    print_basic(value, verb, depth);
    const bool has_elements = value.as<Value::ListPtr>() != nullptr ||
                              value.as<Value::MapPtr>() != nullptr ||
                              value.as<Value::ObjectPtr>() != nullptr;
    if (has_elements || value.trace().empty())
        return;
    const auto* const text = value.as<std::string>();
    const std::string_view printed = std::string_view(out_).substr(begin);
    if (text != nullptr && printed == *text)
        note(value.trace(), begin, printed.size());
    else
        note_whole(value.trace(), begin);
}

void Printer::print_basic(const Value& value, char32_t verb, int depth) {
    if (!good())
        return;
    if (depth > limits::print_depth) {
        failed_ = true;
    } else if (const auto* text = value.as<std::string>()) {
        print_string(value, *text, verb);
    } else if (const auto* number = value.as<std::int64_t>()) {
        print_integer(value, *number, verb);
    } else if (const auto* floating = value.as<double>()) {
        print_floating(value, *floating, verb);
    } else if (const auto* boolean = value.as<bool>()) {
        print_boolean(value, *boolean, verb);
    } else if (verb == 'w') {
        bad_verb(&value, verb);
    } else if (const auto* list = value.as<Value::ListPtr>()) {
        print_list(value, **list, verb, depth);
    } else if (const auto* map = value.as<Value::MapPtr>()) {
        print_map(value, **map, verb, depth);
    } else if (const auto* object = value.as<Value::ObjectPtr>()) {
        print_object(value, **object, verb, depth);
    } else {
        write(format.directive.sharp_v ? "interface {}(nil)" : "<nil>");
    }
}

void Printer::separate(bool& first) {
    if (!first)
        write(format.directive.sharp_v ? ", " : " ");
    first = false;
}

void Printer::print_list(const Value& value, const List& list, char32_t verb, int depth) {
    const bool sharp = format.directive.sharp_v;
    if (sharp)
        write(type_name(&value));
    if (sharp && list.is_nil) {
        write("(nil)");
        return;
    }
    write(sharp ? "{" : "[");
    bool first = true;
    for (const Value& element : list) {
        separate(first);
        print_value(element, verb, depth + 1);
        if (!good())
            return;
    }
    write(sharp ? "}" : "]");
}

void Printer::print_map(const Value& value, const Map& map, char32_t verb, int depth) {
    const bool sharp = format.directive.sharp_v;
    if (sharp)
        write(type_name(&value));
    write(sharp ? "{" : "map[");
    bool first = true;
    for (const auto& [key, element] : map) {
        separate(first);
        print_value(Value(key).from(value.trace().whole()), verb, depth + 1);
        write(":");
        print_value(element, verb, depth + 1);
        if (!good())
            return;
    }
    write(sharp ? "}" : "]");
}

void Printer::print_object(const Value& value, const Object& object, char32_t verb, int depth) {
    const auto fields = object.fields();
    if (fields.empty()) {
        const bool is_text =
            verb == 'v' || verb == 's' || verb == 'x' || verb == 'X' || verb == 'q';
        if (is_text)
            print_string(value, object.print(), verb);
        else
            bad_verb(&value, verb);
        return;
    }
    const bool named = format.directive.plus_v || format.directive.sharp_v;
    if (format.directive.sharp_v)
        write(object.type_name());
    write("{");
    bool first = true;
    for (const Field& field : fields) {
        separate(first);
        if (named) {
            write(field.name);
            write(":");
        }
        print_value(field.value, verb, depth + 1);
    }
    write("}");
}

void Printer::print_boolean(const Value& value, bool boolean, char32_t verb) {
    if (verb == 't' || verb == 'v')
        format.pad(boolean ? "true" : "false");
    else
        bad_verb(&value, verb);
}

void Printer::print_integer(const Value& value, std::int64_t number, char32_t verb) {
    const auto code = static_cast<std::uint64_t>(number);
    switch (verb) {
    case 'v':
        format.integer(number, 'd');
        break;
    case 'd':
    case 'b':
    case 'o':
    case 'O':
    case 'x':
    case 'X':
        format.integer(number, static_cast<char>(verb));
        break;
    case 'c':
        format.character(code);
        break;
    case 'q':
        format.quoted_character(code);
        break;
    case 'U':
        format.unicode(code);
        break;
    default:
        bad_verb(&value, verb);
    }
}

void Printer::print_floating(const Value& value, double number, char32_t verb) {
    switch (verb) {
    case 'v':
        format.floating(number, 'g', -1);
        break;
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
        format.floating(number, static_cast<char>(verb), -1);
        break;
    case 'f':
    case 'e':
    case 'E':
        format.floating(number, static_cast<char>(verb), 6);
        break;
    case 'F':
        format.floating(number, 'f', 6);
        break;
    default:
        bad_verb(&value, verb);
    }
}

void Printer::print_string(const Value& value, std::string_view text, char32_t verb) {
    switch (verb) {
    case 'v':
        if (format.directive.sharp_v)
            format.quoted_string(text);
        else
            format.string(text);
        break;
    case 's':
        format.string(text);
        break;
    case 'x':
        format.hexadecimal_string(text, lower_digits);
        break;
    case 'X':
        format.hexadecimal_string(text, upper_digits);
        break;
    case 'q':
        format.quoted_string(text);
        break;
    default:
        bad_verb(&value, verb);
    }
}

/// %!verb(type=value): how fmt reports a verb that doesn't fit.
void Printer::bad_verb(const Value* value, char32_t verb) {
    write("%!");
    write_rune(verb);
    write("(");
    if (value == nullptr || value->is_nil()) {
        write("<nil>");
    } else {
        write(type_name(value));
        write("=");
        print_value(*value, 'v', 0);
    }
    write(")");
}

} // namespace hitless::gotemplate
