#pragma once

#include "hitless/base/result.hpp"

#include "ctl/options.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace hitless::ctl {

/// A column of a table, or a member of its rows as JSON.
struct Column {
    enum class Kind {
        text,
        number,
        seconds, ///< a number, shown as "3m12s"
        state,   ///< a text that has a colour
    };
    const char* key;
    const char* title;
    Kind kind = Kind::text;
    int rank = 0; ///< where the terminal is narrow, those of the highest rank are left out first
};

/// Rows of values; one that isn't there is null.
struct Table {
    std::vector<Column> columns;
    std::vector<nlohmann::ordered_json> rows;
};

/// How a table looks.
struct Style {
    bool colour = false;
    std::size_t width = 0; ///< of the terminal; 0: as wide as need be
};

/// Sorts the rows by the column of that key, falling when a dash is before it; what is null comes
/// last. Empty: as they are. The Error lists the keys.
Result<void> sort_rows(Table& table, std::string_view key);

/// The table as the format has it; a table without rows is only its titles. Values come from
/// outside: control characters and terminal escapes in them are spelt out, but in JSON, which
/// escapes them itself.
[[nodiscard]] std::string show(const Table& table, Format format, Style style);

/// The document as --json prints it.
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& document);

/// A value of a cell as text, safe for a terminal; "-" for null.
[[nodiscard]] std::string cell_text(const nlohmann::ordered_json& value, Column::Kind kind);

/// "42s", "3m12s", "5h03m", "12d07h".
[[nodiscard]] std::string duration_text(long long seconds);

/// "1 session", "2 sessions".
[[nodiscard]] std::string counted(long long number, std::string_view what);
/// "1 entry", "2 entries".
[[nodiscard]] std::string counted(long long number, std::string_view one, std::string_view several);

/// The number of columns that the text takes on a terminal.
[[nodiscard]] std::size_t text_width(std::string_view text);

/// The text, which begins in the column `indent`, with line breaks instead of blanks where it would
/// cross `width`. A longer word stays whole.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

} // namespace hitless::ctl
