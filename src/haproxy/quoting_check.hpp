#pragma once

#include "hitless/haproxy/brought.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hitless::haproxy {

/// Looks at each byte of a line as HAProxy's parser does, beside where it comes from: what values
/// do to the quoting of the template's text, to its comments and its environment variables.
class QuotingCheck {
  public:
    QuotingCheck(std::string_view line, std::span<const Brought> brought, const LineRules& rules)
        : line_(line), brought_(brought), rules_(rules) {}

    std::optional<LineFlaw> run();

  private:
    using Flaw = std::optional<LineFlaw>;

    [[nodiscard]] bool of_value() const { return current_ != nullptr; }
    Flaw cross_borders();
    [[nodiscard]] Flaw comment() const;
    [[nodiscard]] Flaw take_value(char c) const;
    void take(char c);
    void follow_variable(char c);
    [[nodiscard]] Flaw escape_crosses_border() const;
    [[nodiscard]] LineFlaw flaw(std::string why) const { return {*current_, std::move(why)}; }

    std::string_view line_;
    std::span<const Brought> brought_;
    const LineRules& rules_;
    std::size_t at_ = 0;
    std::size_t next_ = 0;             ///< of brought_: the first one that hasn't begun
    const Brought* current_ = nullptr; ///< that at_ is in
    std::size_t escape_begin_ = 0;
    char quote_ = 0;        ///< the quote that at_ is in, or 0
    char quote_before_ = 0; ///< that current_ began in
    /// A variable that the template names: $NAME, or ${…}.
    enum class Variable { none, name, braces } variable_ = Variable::none;
};

} // namespace hitless::haproxy
