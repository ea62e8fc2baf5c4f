#include "gotemplate/print.hpp"
#include "gotemplate/printer.hpp"
#include "gotemplate/utf8.hpp"

#include <algorithm>
#include <optional>

namespace hitless::gotemplate {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool too_large(std::int64_t number) {
    return number > Directive::largest || number < -Directive::largest;
}

/// A walk through one format: https://pkg.go.dev/fmt#hdr-Printing
class Printf {
  public:
    Printf(std::string& out, const Value& format, Operands operands, std::size_t limit,
           std::vector<Piece>& pieces)
        : printer_(out, limit, &pieces),
          format_(*format.as<std::string>()),
          trace_(format.trace()),
          operands_(operands) {}

    [[nodiscard]] bool run() {
        while (position_ < format_.size() && printer_.good()) {
            const std::size_t percent = std::min(format_.find('%', position_), format_.size());
            printer_.write(format_.substr(position_, percent - position_), trace_, position_);
            position_ = percent;
            if (!at_end()) {
                ++position_;
                take_directive();
            }
        }
        report_extra();
        return printer_.good();
    }

  private:
    [[nodiscard]] bool at_end() const { return position_ >= format_.size(); }
    [[nodiscard]] bool at(char c) const { return !at_end() && format_[position_] == c; }
    Directive& directive() { return printer_.format.directive; }

    void take_directive() {
        directive() = Directive();
        good_index_ = true;
        after_index_ = false;
        take_flags();
        if (!is_simple()) {
            take_index();
            take_width();
            take_precision();
            if (!after_index_)
                take_index();
        }
        if (at_end()) {
            printer_.write("%!(NOVERB)");
            return;
        }
        const Rune verb = decode_rune(format_.substr(position_));
        position_ += verb.size;
        print_operand(verb.value);
    }

    void take_flags() {
        for (; !at_end(); ++position_) {
            switch (format_[position_]) {
            case '#':
                directive().sharp = true;
                break;
            case '0':
                directive().zero = !directive().minus;
                break;
            case '+':
                directive().plus = true;
                break;
            case '-':
                directive().minus = true;
                directive().zero = false;
                break;
            case ' ':
                directive().space = true;
                break;
            default:
                return;
            }
        }
    }

    /// A lower-case verb right after the flags.
    [[nodiscard]] bool is_simple() const {
        return !at_end() && format_[position_] >= 'a' && format_[position_] <= 'z' &&
               next_ < operands_.size();
    }

    void take_width() {
        Directive& d = directive();
        if (at('*')) {
            ++position_;
            const auto width = take_integer_operand();
            d.has_width = width.has_value();
            d.width = width.value_or(0);
            if (!width)
                printer_.write("%!(BADWIDTH)");
            if (d.width < 0) {
                d.width = -d.width;
                d.minus = true;
                d.zero = false;
            }
            after_index_ = false;
            return;
        }
        const auto width = take_number(format_.size());
        d.has_width = width.has_value();
        d.width = width.value_or(0);
        if (after_index_ && d.has_width)
            good_index_ = false;
    }

    void take_precision() {
        if (!at('.') || position_ + 1 >= format_.size())
            return;
        ++position_;
        if (after_index_)
            good_index_ = false;
        take_index();
        Directive& d = directive();
        if (at('*')) {
            ++position_;
            const auto precision = take_integer_operand();
            d.has_precision = precision.has_value() && *precision >= 0;
            d.precision = d.has_precision ? *precision : 0;
            if (!d.has_precision)
                printer_.write("%!(BADPREC)");
            after_index_ = false;
            return;
        }
        d.precision = take_number(format_.size()).value_or(0);
        d.has_precision = true;
    }

    /// Digits up to `end`. A number that is too large takes all that is left with it, as in Go.
    std::optional<int> take_number(std::size_t end) {
        std::optional<int> number;
        if (position_ >= end)
            position_ = end;
        for (; position_ < end && is_digit(format_[position_]); ++position_) {
            if (too_large(number.value_or(0))) {
                position_ = end;
                return std::nullopt;
            }
            number = number.value_or(0) * 10 + (format_[position_] - '0');
        }
        return number;
    }

    std::optional<int> take_integer_operand() {
        if (next_ >= operands_.size())
            return std::nullopt;
        const Value* const operand = operands_[next_++];
        const auto* number = operand != nullptr ? operand->as<std::int64_t>() : nullptr;
        if (number == nullptr || too_large(*number))
            return std::nullopt;
        return static_cast<int>(*number);
    }

    /// An explicit index of an operand: [2].
    void take_index() {
        after_index_ = false;
        if (!at('['))
            return;
        reordered_ = true;
        const std::size_t close = format_.find(']', position_);
        if (format_.size() - position_ < 3 || close == std::string_view::npos) {
            ++position_;
            good_index_ = false;
            return;
        }
        ++position_;
        const auto number = take_number(close);
        const bool is_number = number && position_ == close;
        position_ = close + 1;
        after_index_ = is_number;
        if (is_number && *number >= 1 && static_cast<std::size_t>(*number) <= operands_.size())
            next_ = static_cast<std::size_t>(*number) - 1;
        else
            good_index_ = false;
    }

    void print_operand(char32_t verb) {
        if (verb == '%') {
            printer_.write("%");
        } else if (!good_index_) {
            complain(verb, "(BADINDEX)");
        } else if (next_ >= operands_.size()) {
            complain(verb, "(MISSING)");
        } else {
            Directive& d = directive();
            if (verb == 'v') {
                d.sharp_v = std::exchange(d.sharp, false);
                d.plus_v = std::exchange(d.plus, false);
            }
            printer_.print(operands_[next_++], verb);
        }
    }

    void complain(char32_t verb, std::string_view what) {
        printer_.write("%!");
        printer_.write_rune(verb);
        printer_.write(what);
    }

    void report_extra() {
        if (reordered_ || next_ >= operands_.size() || !printer_.good())
            return;
        directive() = Directive();
        printer_.write("%!(EXTRA ");
        for (bool first = true; next_ < operands_.size() && printer_.good(); first = false) {
            const Value* const operand = operands_[next_++];
            if (!first)
                printer_.write(", ");
            if (operand != nullptr && !operand->is_nil()) {
                printer_.write(type_name(operand));
                printer_.write("=");
            }
            printer_.print(operand, 'v');
        }
        printer_.write(")");
    }

    Printer printer_;
    std::string_view format_;
    const Trace& trace_; ///< of the format
    Operands operands_;
    std::size_t position_ = 0;
    std::size_t next_ = 0; ///< the operand that comes next
    bool reordered_ = false;
    bool good_index_ = true;
    bool after_index_ = false;
};

} // namespace

Result<Value> builtin_printf(Operands operands, std::size_t room) {
    std::string out;
    std::vector<Piece> pieces;
    Printf printf(out, *operands.front(), operands.subspan(1), room, pieces);
    if (!printf.run())
        return Error{"the text is too long, or a value too deep to print"};
    Trace trace(std::move(pieces));
    // A format that a value has brought says how the template's operands are printed.
    const Trace& format = operands.front()->trace();
    return Value(std::move(out)).from(format.empty() ? std::move(trace) : trace.with(format));
}

} // namespace hitless::gotemplate
