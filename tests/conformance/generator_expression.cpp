#include "conformance/generator.hpp"

namespace hitless::conformance {

std::string Generator::pipeline(Type type, int depth) {
    if (type == Type::text && chance(4))
        return pipeline(Type::text, depth - 1) + " | " +
               std::string(one_of({"toUpper", "printf \"<%s>\"", "html", "print", "js", "urlquery",
                                   "contains \"a\" | print", "base", "trimSuffix \"x\"",
                                   "printf \"%q\"", "println", "print 1", "printf \"%-8s|%d\""}));
    return depth > 0 ? command(type, depth) : operand(type, 0);
}

std::string Generator::command(Type type, int depth) {
    switch (type) {
    case Type::text:
        return text_command(depth - 1);
    case Type::whole:
        return whole_command(depth - 1);
    case Type::truth:
        return truth_command(depth - 1);
    default:
        return other_command(type, depth - 1);
    }
}

std::string Generator::text_command(int depth) {
    const auto text = [&] { return operand(Type::text, depth); };
    switch (number(19)) {
    case 0:
        return std::string(one_of({"toUpper ", "toLower ", "dir ", "base64Encode ", "base64Decode ",
                                   "base64Decode \"YTpi\" | print "})) +
               text();
    case 1:
        return "join " + operand(Type::texts, depth) + " " + text();
    case 2:
        return "replace " + text() + " " + text() + " " + text() + " " + operand(Type::whole, 0);
    case 3:
        return "base " + text();
    case 4:
        return "print " + any_operand(depth) + " " + any_operand(depth) + " " + any_operand(depth);
    case 5:
        return "println " + any_operand(depth) + " " + any_operand(depth);
    case 6:
    case 7:
    case 8:
        return printf_command(depth);
    case 9:
        return "slice " + text() + " " + std::to_string(number(4)) +
               (chance(2) ? "" : " " + std::to_string(number(5)));
    case 10:
        return "getv " + text() + " " + text();
    case 11:
        return std::string(one_of({"html ", "js ", "urlquery "})) + any_operand(depth) +
               (chance(2) ? "" : " " + any_operand(depth));
    case 12:
        return std::string(one_of({"or ", "and "})) + text() + " " + text();
    case 13:
        return "index " + operand(Type::texts, depth) + " " + std::to_string(number(3));
    case 14:
        return "trimSuffix " + text() + " " + text();
    case 15:
        return "getenv " + text() + (chance(2) ? "" : " " + text());
    case 16:
        return "getv " + key();
    case 17:
        return operand(Type::pair, depth) + (chance(2) ? ".Key" : ".Value");
    default:
        return operand(Type::text, depth);
    }
}

std::string Generator::printf_command(int depth) {
    std::string format;
    std::string operands;
    for (int i = number(4); i > 0; --i) {
        format += one_of({"", "a", " ", "|", "%%"});
        format += '%';
        format += one_of({"", "", "", "-", "+", "#", "0", " ", "+0", "-0", "# "});
        format += one_of({"", "", "", "1", "5", "12", "[1]", "[2]", "*", "07"});
        format += one_of({"", "", "", ".0", ".1", ".3", ".10", ".", ".*"});
        format += one_of(
            {"d", "s", "v", "q", "x", "X", "t", "f", "g", "e", "c", "U", "b", "o", "O", "z"});
        if (!chance(12))
            operands += " " + any_operand(depth);
    }
    if (chance(10))
        operands += " " + any_operand(depth);
    return "printf \"" + format + "\"" + operands;
}

std::string Generator::whole_command(int depth) {
    const auto whole = [&] { return operand(Type::whole, depth); };
    switch (number(8)) {
    case 0:
        return std::string(one_of({"add ", "sub ", "mul ", "div ", "mod "})) + whole() + " " +
               whole();
    case 1:
        return "len " + operand(Type::text, depth);
    case 2:
        return "len " + operand(chance(2) ? Type::texts : Type::pairs, depth);
    case 3:
        return "atoi " + (chance(4) ? operand(Type::text, depth) : "\"17\"");
    case 4:
        return "index " + operand(Type::wholes, depth) + " " + std::to_string(number(3));
    case 5:
        return std::string(one_of({"or ", "and "})) + whole() + " " + whole();
    default:
        return whole();
    }
}

std::string Generator::truth_command(int depth) {
    const Type types[] = {Type::text, Type::whole, Type::real, Type::truth};
    const std::string_view comparison = one_of({"eq ", "ne ", "lt ", "le ", "gt ", "ge "});
    const Type type = types[number(4)];
    switch (number(8)) {
    case 0:
    case 1:
        return std::string(comparison) + operand(type, depth) + " " +
               operand(chance(15) ? any_type() : type, depth);
    case 2:
        return "eq " + operand(type, depth) + " " + operand(type, depth) + " " +
               operand(type, depth);
    case 3:
        return "not " + any_operand(depth);
    case 4:
        return std::string(one_of({"and ", "or "})) + operand(Type::truth, depth) + " " +
               operand(Type::truth, depth) + (chance(2) ? "" : " " + any_operand(depth));
    case 5:
        return chance(2) ? "exists " + key()
                         : "parseBool " + (chance(3) ? operand(Type::text, depth) : "\"true\"");
    case 6:
        return "contains " + operand(Type::text, depth) + " " + operand(Type::text, depth);
    default:
        return operand(Type::truth, depth);
    }
}

std::string Generator::other_command(Type type, int depth) {
    switch (type) {
    case Type::texts:
        switch (number(8)) {
        case 0:
            return "split " + operand(Type::text, depth) + " " + operand(Type::text, depth);
        case 1:
        case 2:
            return std::string(one_of({"ls ", "lsdir "})) + key();
        case 3:
            return "getvs " + pattern();
        case 4:
            return std::string(one_of({"reverse ", "sortByLength "})) + operand(Type::texts, depth);
        case 5:
            return "slice " + operand(Type::texts, depth) + " " + std::to_string(number(3));
        default:
            return operand(type, depth);
        }
    case Type::wholes:
        return "seq " + std::to_string(number(4)) + " " + std::to_string(number(6));
    case Type::pair:
        return chance(2) ? "get " + (chance(2) ? key() : literal(Type::text))
                         : "index " + operand(Type::pairs, depth) + " 0";
    case Type::pairs:
        if (chance(4))
            return std::string(one_of({"reverse ", "sortKVByLength "})) +
                   operand(Type::pairs, depth);
        return "gets " + pattern();
    case Type::object:
        return chance(2)
                   ? "map \"a\" " + any_operand(depth) + " \"b\" " + operand(Type::text, depth)
                   : "json (getv \"" +
                         std::string(one_of({"/data/object", "/data/deep", "/data/flags"})) + "\")";
    case Type::array:
        return "jsonArray (getv \"/data/array\")";
    default:
        return operand(type, depth);
    }
}

/// A key or a directory, perhaps not there, perhaps not written as it should be.
std::string Generator::key() {
    return std::string(
        one_of({"\"/services\"", "\"/\"", "\"/app\"", "\"/none\"", "\"/app/\"", "\"app\"",
                "\"/app/servers\"", "\"/app/serv\"", "\"/app-two\"", "\"/app//servers\"",
                "\"/app/./servers\"", "\"/app/servers/web1\"", "\"/top\"", "\"/top/\"", "\"\"",
                "\"/data/empty\"", "\"/services/red/..\"", "\"/services/blue/\""}));
}

std::string Generator::pattern() {
    return std::string(one_of({"\"/app/servers/*\"",
                               "\"/app/servers/*\"",
                               "\"/services/*/servers/*\"",
                               "\"/*\"",
                               "\"/none/*\"",
                               "\"/services/red/*/r[12]\"",
                               "\"/*/*\"",
                               "\"/app*/*\"",
                               "\"*\"",
                               "\"/app/servers\"",
                               "\"/app/servers/\"",
                               "\"/app/servers/web1\"",
                               "\"/app/*/\"",
                               "\"app/servers/*\"",
                               "\"/app/servers/web?\"",
                               "\"/app/servers/[^w]*\"",
                               "\"/[a-d]*/*\"",
                               "\"/services/*/*\"",
                               "\"/app/servers/web\\\\1\"",
                               "\"/json/*/[aw]1\"",
                               "\"/app/servers/[\"",
                               "\"/app//servers/*\""}));
}

std::string Generator::operand(Type type, int depth) {
    if (chance(60))
        type = any_type(); // a mistake
    for (int attempt = 0; attempt < 3 && !variables_.empty(); ++attempt) {
        const Variable& variable =
            variables_[static_cast<std::size_t>(number(static_cast<int>(variables_.size())))];
        if (variable.type == type)
            return variable.name;
        if (variable.type == Type::pair && type == Type::text)
            return variable.name + (chance(2) ? ".Key" : ".Value");
        if (variable.type == Type::object && type == Type::text)
            return variable.name + ".b";
    }
    if (has_dot_ && chance(2)) {
        const std::string dot = dotted(type);
        if (!dot.empty())
            return dot;
    }
    if (depth > 0)
        return "(" + pipeline(type, depth - 1) + ")";
    return literal(type);
}

/// The dot, or a field of it, when that is of the type.
std::string Generator::dotted(Type type) {
    if (dot_ == type)
        return ".";
    if (dot_ == Type::pair && type == Type::text)
        return chance(2) ? ".Key" : ".Value";
    if (dot_ == Type::object && type == Type::text)
        return chance(2) ? ".b" : ".host";
    return {};
}

std::string Generator::any_operand(int depth) {
    return chance(25) ? "nil" : operand(any_type(), depth);
}

std::string Generator::literal(Type type) {
    switch (type) {
    case Type::text:
        return std::string(
            one_of({"\"\"", "\"a\"", "\"/app/name\"", "\"/top\"", "`raw \\n`", "\"b,c\"", "\",\"",
                    "\"größe\"", "\"\\t\\\"\\u00e4\\xff\"", "\"/none\"", "\"<&'>\"",
                    "\"10.0.0.1:80\"", "\"true\"", "\"{}\""}));
    case Type::whole:
        return std::string(one_of({"0", "1", "-1", "7", "42", "0x1F", "1_000", "'a'", "'\\n'",
                                   "0b11", "9223372036854775807", "255", "-128"}));
    case Type::real:
        return std::string(one_of({"0.0", "1.5", "-2.5", "1e6", "1e-7", "3.14159265358979", "1e21",
                                   "2.0", "0x1p-2", "123456789.0"}));
    case Type::truth:
        return chance(2) ? "true" : "false";
    case Type::texts:
        return "(ls \"/services\")";
    case Type::wholes:
        return "(seq 1 3)";
    case Type::pair:
        return "(get \"/top\")";
    case Type::pairs:
        return "(gets \"/app/servers/*\")";
    case Type::object:
        return "(map \"a\" 1 \"b\" \"two\")";
    case Type::array:
        return "(jsonArray \"[1,\\\"a\\\",null,[2.5],{\\\"k\\\":true}]\")";
    }
    return {};
}

} // namespace hitless::conformance
