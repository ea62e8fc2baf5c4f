#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hitless::gotemplate {

/// The flags, width and precision of one printf directive: https://pkg.go.dev/fmt#hdr-Printing
struct Directive {
    /// The largest width or precision.
    static constexpr int largest = 1'000'000;

    bool minus = false;
    bool plus = false;
    bool sharp = false;
    bool space = false;
    bool zero = false;
    bool plus_v = false;  ///< %+v
    bool sharp_v = false; ///< %#v
    bool has_width = false;
    bool has_precision = false;
    int width = 0;
    int precision = 0;
};

/// Appends plain values to a text as a directive asks. Knows nothing of verbs that don't fit a
/// type.
class Formatter {
  public:
    explicit Formatter(std::string& out) : out_(out) {}

    Directive directive;

    /// Appends `text` filled up to the width.
    void pad(std::string_view text);
    void string(std::string_view text);
    void quoted_string(std::string_view text);
    /// The bytes of `text` in hexadecimal.
    void hexadecimal_string(std::string_view text, std::string_view digits);
    /// `verb` is one of d b o O x X.
    void integer(std::int64_t number, char verb);
    void unicode(std::uint64_t code);
    void character(std::uint64_t code);
    void quoted_character(std::uint64_t code);
    /// `verb` is one of those of float_text().
    void floating(double number, char verb, int precision);

  private:
    void fill(int count, char with);
    void pad_with_blanks(std::string_view text);
    [[nodiscard]] std::string_view cut(std::string_view text) const;
    [[nodiscard]] std::string keep_zeros(std::string number, char verb, int precision) const;

    std::string& out_;
};

inline constexpr std::string_view lower_digits = "0123456789abcdefx";
inline constexpr std::string_view upper_digits = "0123456789ABCDEFX";

} // namespace hitless::gotemplate
