#include "confd/shell_quoting.hpp"

#include "hitless/base/text.hpp"

#include <algorithm>

namespace hitless::confd {
namespace {

/// What encloses the place in a command that was read up to here.
class Place {
  public:
    /// What is innermost, by the sign that began it: ' " ( ` or #; a blank when there is nothing.
    [[nodiscard]] char inside() const { return enclosing_.empty() ? ' ' : enclosing_.back(); }
    [[nodiscard]] bool in_backquotes() const { return enclosing_.find('`') != std::string::npos; }
    /// True after a backslash that takes away the next sign's meaning.
    [[nodiscard]] bool is_escaped() const { return escaped_; }

    /// Reads the command's next sign.
    void pass(char sign) {
        if (escaped_)
            pass_text();
        else if (inside() == '\'' || inside() == '#')
            pass_in_literal(sign);
        else
            pass_in_command(sign);
    }

    /// Reads something that has no meaning of its own.
    void pass_text() {
        escaped_ = false;
        before_ = 'x';
    }

  private:
    void pass_in_literal(char sign) {
        if (sign == (inside() == '#' ? '\n' : '\''))
            enclosing_.pop_back();
        before_ = sign;
    }

    void pass_in_command(char sign) {
        const bool is_quoted = inside() == '"';
        escaped_ = sign == '\\';
        if (ends(sign))
            enclosing_.pop_back();
        else if (is_quoted ? begins_in_quotes(sign) : begins(sign))
            enclosing_ += sign;
        before_ = sign;
    }

    [[nodiscard]] bool ends(char sign) const {
        return (sign == ')' && inside() == '(') ||
               ((sign == '"' || sign == '`') && inside() == sign);
    }
    [[nodiscard]] bool begins(char sign) const {
        constexpr std::string_view before_comments = " \t\n;&|()";
        if (sign == '#')
            return before_comments.find(before_) != std::string_view::npos;
        return sign == '\'' || sign == '"' || sign == '(' || sign == '`';
    }
    [[nodiscard]] bool begins_in_quotes(char sign) const {
        return sign == '`' || (sign == '(' && before_ == '$');
    }

    std::string enclosing_; ///< from the outside to the inside
    char before_ = '\n';
    bool escaped_ = false;
};

std::string in_single_quotes(std::string_view text) {
    std::string quoted;
    for (const char sign : text)
        quoted += sign == '\'' ? std::string("'\\''") : std::string(1, sign);
    return quoted;
}

std::string in_double_quotes(std::string_view text) {
    std::string quoted;
    for (const char sign : text) {
        if (std::string_view("\\\"$`").find(sign) != std::string_view::npos)
            quoted += '\\';
        quoted += sign;
    }
    return quoted;
}

std::string in_comment(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return text;
}

/// Puts the text to the end of `command`, which is read up to `place`.
Result<void> append(std::string& command, const std::string& text, const Place& place) {
    if (is_plain_word(text)) {
        command += text;
        return {};
    }
    if (place.in_backquotes())
        return fail("the path {} can't be quoted within backquotes; write $(…) instead of `…`",
                    base::printable(text));
    switch (place.inside()) {
    case '\'':
        command += in_single_quotes(text);
        return {};
    case '#':
        command += in_comment(text);
        return {};
    case '"':
        // The backslash before it was meant for itself, not for the text's first sign.
        command += (place.is_escaped() ? "\\" : "") + in_double_quotes(text);
        return {};
    default:
        if (place.is_escaped())
            command.pop_back();
        command += '\'' + in_single_quotes(text) + '\'';
        return {};
    }
}

} // namespace

bool is_plain_word(std::string_view text) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_./@%+=:,-";
    return !text.empty() && text.find_first_not_of(plain) == std::string_view::npos;
}

std::string unused_word(std::string_view command, std::string stem) {
    while (command.find(stem) != std::string_view::npos)
        stem += 'x';
    return stem;
}

Result<std::string> replace_stand_ins(std::string_view command,
                                      std::span<const StandIn> stand_ins) {
    std::string replaced;
    Place place;
    while (!command.empty()) {
        const auto found = std::ranges::find_if(
            stand_ins, [&](const StandIn& one) { return command.starts_with(one.word); });
        if (found == stand_ins.end()) {
            replaced += command.front();
            place.pass(command.front());
            command.remove_prefix(1);
            continue;
        }
        if (auto appended = append(replaced, found->text, place); !appended)
            return appended.error();
        place.pass_text();
        command.remove_prefix(found->word.size());
    }
    return replaced;
}

} // namespace hitless::confd
