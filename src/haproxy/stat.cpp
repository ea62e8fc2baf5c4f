#include "hitless/haproxy/stat.hpp"

#include "hitless/base/text.hpp"

#include <charconv>
#include <utility>

namespace hitless::haproxy {
namespace {

/// The cells of a line of CSV. HAProxy quotes cells with commas, doubling the quotes in them.
std::vector<std::string> split_csv(std::string_view line) {
    std::vector<std::string> cells;
    std::string cell;
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"')
            cell += line[++i];
        else if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            cells.push_back(std::exchange(cell, {}));
        else
            cell += c;
    }
    cells.push_back(std::move(cell));
    return cells;
}

} // namespace

StatRow::Kind StatRow::kind() const {
    return static_cast<Kind>(number("type").value_or(2));
}

const std::string& StatRow::field(std::string_view column) const {
    static const std::string none;
    const auto found = columns_->find(column);
    return found != columns_->end() && found->second < cells_.size() ? cells_[found->second] : none;
}

std::optional<std::int64_t> StatRow::number(std::string_view column) const {
    const std::string& text = field(column);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

Result<std::vector<StatRow>> parse_stat(std::string_view text) {
    std::shared_ptr<StatRow::Columns> columns;
    std::vector<StatRow> rows;
    for (std::string_view line : base::split(text, '\n')) {
        line = base::trim(line);
        if (line.starts_with("# ")) {
            columns = std::make_shared<StatRow::Columns>();
            for (std::string& name : split_csv(line.substr(2)))
                columns->emplace(std::move(name), columns->size());
            continue;
        }
        if (line.empty())
            continue;
        if (!columns)
            return fail("HAProxy answers '{}' to 'show stat', which are no statistics",
                        base::printable(line, 80));
        rows.emplace_back(columns, split_csv(line));
    }
    if (!columns)
        return fail("HAProxy answers nothing to 'show stat'");
    return rows;
}

} // namespace hitless::haproxy
