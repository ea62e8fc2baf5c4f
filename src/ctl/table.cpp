#include "ctl/table.hpp"

#include "hitless/base/text.hpp"

#include "ctl/colour.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest_text = 8;
constexpr std::size_t longest_cell = 500;

const Json& cell_of(const Json& row, const char* key) {
    static const Json none;
    const auto found = row.find(key);
    return found != row.end() ? *found : none;
}

bool is_right(const Column& column) {
    return column.kind == Column::Kind::number || column.kind == Column::Kind::seconds;
}

/// The first `width` columns of the text, with a mark when that isn't all.
std::string cut(const std::string& text, std::size_t width) {
    if (text_width(text) <= width)
        return text;
    std::string shorter;
    std::size_t taken = 0;
    for (std::size_t i = 0; i < text.size() && taken + 1 < width; ++taken) {
        const std::size_t begin = i++;
        while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0U) == 0x80U)
            ++i;
        shorter += text.substr(begin, i - begin);
    }
    return shorter + "…";
}

/// A table laid out for a terminal.
class Layout {
  public:
    Layout(const Table& table, Style style) : columns_(table.columns), style_(style) {
        for (const Json& row : table.rows) {
            auto& cells = cells_.emplace_back();
            for (const Column& column : columns_)
                cells.push_back(cell_text(cell_of(row, column.key), column.kind));
        }
        for (std::size_t i = 0; i < columns_.size(); ++i)
            widths_.push_back(natural_width(i));
        fit();
    }

    [[nodiscard]] std::string text() const {
        std::string all;
        for (std::size_t i = 0; i < columns_.size(); ++i)
            add_cell(all, i, columns_[i].title, style_.colour ? bold : std::string_view());
        end_line(all);
        for (const auto& cells : cells_) {
            for (std::size_t i = 0; i < columns_.size(); ++i)
                add_cell(all, i, cells[i],
                         style_.colour && columns_[i].kind == Column::Kind::state
                             ? colour_of(cells[i])
                             : std::string_view());
            end_line(all);
        }
        return all;
    }

  private:
    [[nodiscard]] std::size_t natural_width(std::size_t column) const {
        std::size_t width = text_width(columns_[column].title);
        for (const auto& cells : cells_)
            width = std::max(width, text_width(cells[column]));
        return width;
    }

    [[nodiscard]] std::size_t total() const {
        std::size_t width = 0;
        for (const std::size_t one : widths_)
            width += one + gap;
        return width - std::min(width, gap);
    }

    void fit() {
        while (style_.width > 0 && total() > style_.width) {
            const auto widest_rank = std::ranges::max_element(columns_, {}, &Column::rank);
            if (widest_rank->rank > 0)
                drop(static_cast<std::size_t>(widest_rank - columns_.begin()));
            else if (!shorten())
                return;
        }
    }

    void drop(std::size_t column) {
        const auto at = static_cast<std::ptrdiff_t>(column);
        columns_.erase(columns_.begin() + at);
        widths_.erase(widths_.begin() + at);
        for (auto& cells : cells_)
            cells.erase(cells.begin() + at);
    }

    bool shorten() {
        const auto widest = std::ranges::max_element(widths_);
        const std::size_t excess = total() - style_.width;
        if (*widest <= narrowest_text)
            return false;
        *widest -= std::min(excess, *widest - narrowest_text);
        return true;
    }

    /// Without the blanks of empty cells.
    static void end_line(std::string& all) {
        while (all.ends_with(' '))
            all.pop_back();
        all += '\n';
    }

    void add_cell(std::string& all, std::size_t column, const std::string& text,
                  std::string_view colour) const {
        const std::string shown = cut(text, widths_[column]);
        const std::string filling(widths_[column] - text_width(shown), ' ');
        const bool last = column + 1 == columns_.size();
        if (is_right(columns_[column]))
            all += filling;
        all += colour;
        all += shown;
        if (!colour.empty())
            all += plain;
        if (!last && !is_right(columns_[column]))
            all += filling;
        if (!last)
            all.append(gap, ' ');
    }

    std::vector<Column> columns_;
    Style style_;
    std::vector<std::vector<std::string>> cells_;
    std::vector<std::size_t> widths_;
};

std::string csv_cell(const Json& value) {
    std::string text;
    if (value.is_string())
        text = base::printable(value.get<std::string>(), longest_cell);
    else if (!value.is_null())
        text = value.dump();
    if (text.find_first_of(",\"") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + '"';
}

std::string as_csv(const Table& table) {
    std::string text;
    for (const Column& column : table.columns)
        text += fmt::format("{}{}", text.empty() ? "" : ",", column.key);
    text += '\n';
    for (const Json& row : table.rows) {
        std::string line;
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            line += (i == 0 ? "" : ",") + csv_cell(cell_of(row, table.columns[i].key));
        text += line + '\n';
    }
    return text;
}

/// Numbers before texts before nothing.
bool is_before(const Json& a, const Json& b) {
    if (a.is_number() != b.is_number())
        return a.is_number();
    if (a.is_number())
        return a.get<double>() < b.get<double>();
    return a.is_string() && b.is_string() &&
           a.get_ref<const std::string&>() < b.get_ref<const std::string&>();
}

} // namespace

Result<void> sort_rows(Table& table, std::string_view key) {
    if (key.empty())
        return {};
    const bool falling = key.starts_with('-');
    key.remove_prefix(falling ? 1 : 0);
    const auto column = std::ranges::find_if(
        table.columns, [&](const Column& candidate) { return candidate.key == key; });
    if (column == table.columns.end()) {
        std::vector<std::string_view> keys;
        for (const Column& candidate : table.columns)
            keys.emplace_back(candidate.key);
        return fail("there is no column '{}' to sort by; there are {}", base::printable(key),
                    fmt::join(keys, ", "));
    }
    std::ranges::stable_sort(table.rows, [&](const Json& a, const Json& b) {
        const Json& left = cell_of(a, column->key);
        const Json& right = cell_of(b, column->key);
        if (left.is_null() || right.is_null())
            return !left.is_null();
        return falling ? is_before(right, left) : is_before(left, right);
    });
    return {};
}

std::string show(const Table& table, Format format, Style style) {
    switch (format) {
    case Format::json:
        return json_text(table.rows);
    case Format::csv:
        return as_csv(table);
    case Format::table:
        break;
    }
    return Layout(table, style).text();
}

std::string json_text(const Json& document) {
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string cell_text(const Json& value, Column::Kind kind) {
    if (value.is_null())
        return "-";
    if (value.is_string())
        return base::printable(value.get<std::string>(), longest_cell);
    if (value.is_boolean())
        return value.get<bool>() ? "yes" : "no";
    if (kind == Column::Kind::seconds && value.is_number_integer())
        return duration_text(value.get<long long>());
    return base::printable(value.dump(-1, ' ', false, Json::error_handler_t::replace),
                           longest_cell);
}

std::string duration_text(long long seconds) {
    constexpr long long minute = 60;
    constexpr long long hour = 60 * minute;
    constexpr long long day = 24 * hour;
    if (seconds < minute)
        return fmt::format("{}s", seconds);
    if (seconds < hour)
        return fmt::format("{}m{:02}s", seconds / minute, seconds % minute);
    if (seconds < day)
        return fmt::format("{}h{:02}m", seconds / hour, seconds % hour / minute);
    return fmt::format("{}d{:02}h", seconds / day, seconds % day / hour);
}

std::string counted(long long number, std::string_view what) {
    return counted(number, what, fmt::format("{}s", what));
}

std::string counted(long long number, std::string_view one, std::string_view several) {
    return fmt::format("{} {}", number, number == 1 ? one : several);
}

std::size_t text_width(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
    constexpr std::size_t narrowest = 20;
    if (width < indent + narrowest)
        return std::string(text);
    std::string lines;
    std::size_t column = 0; // behind the indent
    for (const std::string_view word : base::split(text, ' ')) {
        const std::size_t length = text_width(word);
        if (column > 0 && indent + column + 1 + length > width) {
            lines += '\n' + std::string(indent, ' ');
            column = 0;
        } else if (!lines.empty()) {
            lines += ' ';
            ++column;
        }
        lines += word;
        column += length;
    }
    return lines;
}

} // namespace hitless::ctl
