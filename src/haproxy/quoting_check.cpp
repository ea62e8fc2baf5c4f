#include "haproxy/quoting_check.hpp"

#include <algorithm>

namespace hitless::haproxy {

std::optional<LineFlaw> QuotingCheck::run() {
    for (at_ = 0; at_ < line_.size(); ++at_) {
        if (auto found = cross_borders())
            return found;
        const char c = line_[at_];
        if (c == '#' && quote_ == 0)
            return of_value() ? comment() : std::nullopt;
        if (auto found = of_value() ? take_value(c) : std::nullopt)
            return found;
        take(c);
        if (auto found = escape_crosses_border())
            return found;
    }
    // A value's blanks at the line's end are none of the line any more.
    if (current_ != nullptr)
        at_ = std::max(at_, current_->end);
    return cross_borders();
}

/// A value begins or ends here: the quoting has to be the same at both ends.
QuotingCheck::Flaw QuotingCheck::cross_borders() {
    if (current_ != nullptr && at_ >= current_->end) {
        if (quote_ != quote_before_)
            return flaw("a quote that it opens or closes changes what the template has behind it");
        current_ = nullptr;
    }
    while (next_ < brought_.size() && brought_[next_].begin <= at_) {
        if (brought_[next_].end > at_ && current_ == nullptr) {
            current_ = &brought_[next_];
            quote_before_ = quote_;
        }
        ++next_;
    }
    return std::nullopt;
}

/// A comment that is the whole line takes nothing away.
QuotingCheck::Flaw QuotingCheck::comment() const {
    if (at_ == 0 && current_->end >= line_.size())
        return std::nullopt;
    return flaw("a # begins a comment there, which takes away what the template has behind it");
}

/// What a byte of a value may not be.
QuotingCheck::Flaw QuotingCheck::take_value(char c) const {
    if (quote_before_ != 0 && c == quote_before_)
        return flaw("a quote ends the one that the template has around it");
    const bool is_name =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!rules_.trusted &&
        (variable_ == Variable::braces || (variable_ == Variable::name && is_name)))
        return flaw("it goes on with the name of the template's environment variable");
    if (c == '$' && quote_ == '"' && !rules_.trusted)
        return flaw("an environment variable stands for something that HAProxy alone knows");
    const std::string_view digits = line_.substr(std::min(at_ + 2, line_.size()), 2);
    const bool is_hexadecimal =
        c == '\\' && quote_ != '\'' && at_ + 1 < line_.size() && line_[at_ + 1] == 'x';
    if (is_hexadecimal &&
        (digits.size() != 2 ||
         digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos))
        return flaw("\\x needs two hexadecimal digits");
    if (rules_.one_word && quote_ == 0 && (c == ' ' || c == '\t'))
        return flaw("it brings more than one word, and the resource says words = 1");
    return std::nullopt;
}

/// Follows the quoting over this byte, and over one that is escaped.
void QuotingCheck::take(char c) {
    escape_begin_ = at_;
    follow_variable(c);
    if (c == '\\' && quote_ != '\'') {
        const char escaped = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
        if (escaped == 'x')
            at_ = std::min(at_ + 3, line_.size() - 1);
        else if (escaped != '\0' &&
                 (std::string_view(" \\#'\"nrt").find(escaped) != std::string_view::npos ||
                  (escaped == '$' && quote_ == '"')))
            ++at_;
    } else if (quote_ != 0 && c == quote_) {
        quote_ = 0;
    } else if (quote_ == 0 && (c == '"' || c == '\'')) {
        quote_ = c;
    }
}

void QuotingCheck::follow_variable(char c) {
    const bool is_name =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (quote_ != '"')
        variable_ = Variable::none;
    else if (c == '$')
        variable_ = Variable::name;
    else if (variable_ == Variable::name && c == '{')
        variable_ = Variable::braces;
    else if (variable_ == Variable::name && !is_name && c != '.')
        variable_ = Variable::none;
    else if (variable_ == Variable::braces && c == '}')
        variable_ = Variable::none;
}

/// An escape of which one half is a value's and the other half isn't.
QuotingCheck::Flaw QuotingCheck::escape_crosses_border() const {
    const bool is_pair = at_ > escape_begin_;
    const bool ends = of_value() && at_ >= current_->end && is_pair;
    const bool is_last = of_value() && line_[escape_begin_] == '\\' && !is_pair && quote_ != '\'' &&
                         escape_begin_ + 1 == current_->end && escape_begin_ + 1 < line_.size();
    if (ends || is_last)
        return flaw("a backslash at its end changes what the template has behind it");
    if (of_value() || !is_pair)
        return std::nullopt;
    for (std::size_t i = next_; i < brought_.size() && brought_[i].begin <= at_; ++i) {
        if (brought_[i].begin < brought_[i].end)
            return LineFlaw{brought_[i], "it follows a backslash of the template"};
    }
    return std::nullopt;
}

} // namespace hitless::haproxy
