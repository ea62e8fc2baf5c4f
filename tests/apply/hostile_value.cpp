#include "apply/random_site.hpp"
#include "etcd/base64.hpp"

#include <fmt/format.h>

namespace hitless::apply::test {
namespace {

using namespace std::string_view_literals;

/// A JSON string in which every byte that JSON lets one escape is escaped.
std::string escape_all(std::string_view text) {
    std::string made;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        made += byte < 0x80 ? fmt::format("\\u{:04x}", byte) : std::string(1, c);
    }
    return made;
}

/// The same with escapes only where they must be.
std::string escape_few(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < ' ')
            made += fmt::format("\\u{:04x}", static_cast<int>(c));
        else if (c == '"' || c == '\\')
            made += std::string("\\") + c;
        else
            made += c;
    }
    return made;
}

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

} // namespace

std::string SiteGenerator::hostile_text() {
    static const std::vector<std::string_view> pieces = {
        "",
        " ",
        "  \t",
        "\n",
        "\r",
        "\r\n",
        "\n  bind :1",
        "\nbackend zqz\n  server zqz 10.9.9.9:9",
        "\0"sv,
        "\x1b[2J",
        "\x7f",
        "\v",
        "\f",
        "\t",
        "\xe2\x80\xa8",
        "\xe2\x80\xa9",
        "\xc2\x85",
        "\xff",
        "\xe2\x80",
        "\xa8",
        "\xc0\x8a",
        "\xed\xa0\x80",
        "\"",
        "'",
        "\\",
        "\\\\",
        "\\x0a",
        "\\x",
        "\\x2",
        "\\n",
        "\\ ",
        "\\\"",
        "\\#",
        "\"\"",
        "''",
        "\" \"",
        "' '",
        "\"'",
        "'\"",
        "\"a b\"",
        "#",
        " # ",
        "# zqz",
        "$ZQZ",
        "${ZQZ}",
        "\"$ZQZ\"",
        "%[env(ZQZ)]",
        "%",
        "%[",
        "%{+Q}o",
        "backend zqz",
        "defaults",
        ".if 1",
        "[zqz]",
        "-f /zqz",
        "-m reg .*",
        "--",
        "} or { always_true",
        "|| TRUE",
        "if FALSE",
        "!",
        "10.9.9.9:9",
        "10.0.0.3:80 agent-check agent-send zqz agent-port 1",
        "unix@/run/zqz.sock",
        "/run/zqz.sock",
        "10.0.0.3:80 cookie",
        "10.0.0.3:80 weight 7",
        "10.0.0.3:80 track last/fix",
        "10.0.0.3:80; del server zqz",
        "0.0.0.0:0",
        "weight",
        "weight 7",
        "backup",
        "source 0.0.0.0",
        "init-addr",
        "zqz",
        "zqz",
        "a b c",
        "a,b",
        "a",
        "{{zqz}}",
        "}}",
        "{{",
        "<no value>",
        "$1",
        "${1}",
        "%s",
        "%!d(",
        "ſtraße",
        "İ",
        "zqz=1&x",
        "../../zqz",
        "*",
        "[",
        ",",
        "|",
        ".",
        "-",
    };
    std::string text;
    for (int i = 1 + number(3); i > 0; --i)
        text += one_of(pieces);
    if (chance(60))
        text += std::string(static_cast<std::size_t>(1 + number(3000)), 'q');
    return text;
}

std::string SiteGenerator::json_text(std::string_view text) {
    return "\"" + (chance(2) ? escape_all(text) : escape_few(text)) + "\"";
}

std::string SiteGenerator::hostile_json(bool is_array) {
    const std::string bad = json_text(hostile_text());
    if (chance(8))
        return std::string(one_of({"null", "7", "[]", "{}", "true", "\"zqz\"", "1e400", "{\"name\"",
                                   "[null]", "{\"name\":null}", "{\"name\":{\"a\":1}}", "[[1,2]]",
                                   "{\"tags\":7}", "{\"name\":[\"zqz\",1]}", "-0.0"}));
    std::string made;
    if (is_array)
        made = chance(2) ? fmt::format("[{}]", bad) : fmt::format(R"(["p",{},"q"])", bad);
    else
        made = fmt::format(R"({{"name":{},"port":{},"tags":["t",{}],"inner":{},{}:1}})", bad,
                           chance(3) ? json_text(hostile_text()) : "80", json_text(hostile_text()),
                           json_text(fmt::format(R"({{"name":{}}})", json_text(hostile_text()))),
                           json_text(hostile_text()));
    if (chance(8))
        made.insert(0, byte_order_mark);
    if (chance(10))
        made.resize(static_cast<std::size_t>(number(static_cast<int>(made.size()))));
    return made;
}

std::string SiteGenerator::hostile_value(Shape shape) {
    const std::string text = hostile_text();
    if (chance(8))
        return text;
    switch (shape) {
    case Shape::address:
        return chance(2) ? text : "10.0.0.3:80 " + text;
    case Shape::options:
        return chance(2) ? text : "weight 7 " + text;
    case Shape::word:
        return chance(2) ? text : "w" + text;
    case Shape::list:
        return chance(2) ? "u," + text + ",v" : text + "," + hostile_text();
    case Shape::object:
        return hostile_json(false);
    case Shape::array:
        return hostile_json(true);
    case Shape::encoded:
        return etcd::encode_base64(text);
    }
    return text;
}

} // namespace hitless::apply::test
