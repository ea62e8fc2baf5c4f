#include "docs/tables.hpp"

#include "hitless/base/text.hpp"

namespace hitless::test {
namespace {

/// The cells of a line of a table; empty for any other line. `\|` is a character of a cell.
std::vector<std::string> cells(std::string_view line) {
    if (!line.starts_with('|') || !line.ends_with('|'))
        return {};
    std::vector<std::string> found(1);
    for (std::size_t i = 1; i + 1 < line.size(); ++i) {
        if (line[i] == '\\' && line[i + 1] == '|')
            found.back() += line[++i];
        else if (line[i] == '|')
            found.emplace_back();
        else
            found.back() += line[i];
    }
    for (std::string& cell : found)
        cell = std::string(base::trim(cell));
    return found;
}

} // namespace

std::vector<std::vector<std::string>> table_rows(const std::string& page,
                                                 const std::string& first_column) {
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> header;
    for (const std::string_view line : base::split(page, '\n')) {
        auto row = cells(line);
        if (row.empty())
            header.clear();
        else if (header.empty())
            header = std::move(row);
        else if (!row.front().starts_with("---") &&
                 (first_column.empty() || header.front() == first_column))
            rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<std::vector<std::string>> table_rows(const std::string& page) {
    return table_rows(page, "");
}

std::vector<std::string> code_spans(const std::string& text) {
    std::vector<std::string> spans;
    const auto parts = base::split(text, '`');
    for (std::size_t i = 1; i + 1 < parts.size(); i += 2)
        spans.emplace_back(parts[i]);
    return spans;
}

std::vector<std::string> code_blocks(const std::string& page, const std::string& language) {
    std::vector<std::string> blocks;
    bool inside = false;
    for (const std::string_view line : base::split(page, '\n')) {
        if (inside && line == "```")
            inside = false;
        else if (inside)
            blocks.back() += std::string(line) + '\n';
        else if (line == "```" + language) {
            inside = true;
            blocks.emplace_back();
        }
    }
    return blocks;
}

} // namespace hitless::test
