#pragma once

#include <string>
#include <vector>

namespace hitless::test {

/// The cells of each row of the tables of a page of documentation, without the blanks around them.
/// The names of the columns and the line below them are no rows.
std::vector<std::vector<std::string>> table_rows(const std::string& page);

/// The rows of the tables whose first column has this name.
std::vector<std::vector<std::string>> table_rows(const std::string& page,
                                                 const std::string& first_column);

/// The texts of the page between two backquotes, in order.
std::vector<std::string> code_spans(const std::string& text);

/// What stands between "```LANGUAGE" and "```" on lines of their own, for each such block.
std::vector<std::string> code_blocks(const std::string& page, const std::string& language);

} // namespace hitless::test
