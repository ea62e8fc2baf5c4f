#include "gotemplate/print.hpp"
#include "gotemplate/traced_text.hpp"
#include "gotemplate/unicode.hpp"
#include "gotemplate/utf8.hpp"

#include <fmt/format.h>

#include <iterator>

/// html, js, urlquery.
namespace hitless::gotemplate {
namespace {

/// Appends the first rune of `text` in its escaped form and gives its size.
using Escape = std::size_t (*)(std::string& out, std::string_view text);

std::size_t escape_html(std::string& out, std::string_view text) {
    switch (text.front()) {
    case '\0':
        out += "\xef\xbf\xbd"; // U+FFFD
        break;
    case '"':
        out += "&#34;";
        break;
    case '\'':
        out += "&#39;";
        break;
    case '&':
        out += "&amp;";
        break;
    case '<':
        out += "&lt;";
        break;
    case '>':
        out += "&gt;";
        break;
    default:
        out += text.front();
    }
    return 1;
}

std::size_t escape_js(std::string& out, std::string_view text) {
    const Rune rune = decode_rune(text);
    const char c = text.front();
    if (c == '\\' || c == '\'' || c == '"') {
        out += '\\';
        out += c;
    } else if (rune.value < ' ' || c == '<' || c == '>' || c == '&' || c == '=' ||
               (rune.value >= 0x80 && !is_printable(rune.value))) {
        fmt::format_to(std::back_inserter(out), "\\u{:04X}",
                       static_cast<std::uint32_t>(rune.value));
    } else {
        out += text.substr(0, rune.size);
    }
    return rune.size;
}

std::size_t escape_query(std::string& out, std::string_view text) {
    const char c = text.front();
    const bool is_alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_alphanumeric || c == '-' || c == '_' || c == '.' || c == '~')
        out += c;
    else if (c == ' ')
        out += '+';
    else
        fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    return 1;
}

/// The escaped form of each byte or rune has the trace of what it stands for.
Result<Value> escape(Operands operands, std::size_t room, Escape escape_one) {
    const auto printed = print_for_escaping(operands, room);
    if (!printed)
        return printed.error();
    const std::string& text = *printed->as<std::string>();
    TracedText out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        std::string escaped;
        at += escape_one(escaped, std::string_view(text).substr(at));
        out.add_made(escaped, *printed, begin, at);
        if (out.text().size() > room)
            return Error{"the text is too long"};
    }
    return std::move(out).value();
}

} // namespace

Result<Value> builtin_html(Operands operands, std::size_t room) {
    return escape(operands, room, escape_html);
}

Result<Value> builtin_js(Operands operands, std::size_t room) {
    return escape(operands, room, escape_js);
}

Result<Value> builtin_urlquery(Operands operands, std::size_t room) {
    return escape(operands, room, escape_query);
}

} // namespace hitless::gotemplate
