#pragma once

#include "hitless/base/result.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::haproxy {

/// A line of HAProxy's statistics: a frontend, a backend, a server or a listener. The fields are
/// those of management.txt, 9.1; a field that this version doesn't have is empty.
class StatRow {
  public:
    using Columns = std::map<std::string, std::size_t, std::less<>>;
    enum class Kind { frontend = 0, backend = 1, server = 2, listener = 3 };

    StatRow(std::shared_ptr<const Columns> columns, std::vector<std::string> cells)
        : columns_(std::move(columns)), cells_(std::move(cells)) {}

    [[nodiscard]] Kind kind() const;
    [[nodiscard]] const std::string& proxy() const { return field("pxname"); }
    /// A server's or listener's name; "BACKEND" and "FRONTEND" for those.
    [[nodiscard]] const std::string& name() const { return field("svname"); }
    [[nodiscard]] const std::string& field(std::string_view column) const;
    /// The field as a number; nullopt when it is empty or none.
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view column) const;

  private:
    std::shared_ptr<const Columns> columns_;
    std::vector<std::string> cells_;
};

/// Parses the answer to `show stat`.
Result<std::vector<StatRow>> parse_stat(std::string_view text);

} // namespace hitless::haproxy
