#pragma once

#include "ctl/top_sample.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

/// Which entries of a sample `top` shows, and in which order: pure.
namespace hitless::ctl {

enum class TopColumn { as_in_haproxy, name, state, weight, sessions, queue, requests, errors, age };
inline constexpr int top_columns = 9;

/// "as in HAProxy", "name", "requests"…
[[nodiscard]] std::string_view column_name(TopColumn column);

/// What the one who looks has chosen.
struct TopChoice {
    TopColumn sort = TopColumn::as_in_haproxy;
    bool reversed = false; ///< numbers begin with the highest, texts with the lowest, unless so
    std::string filter;    ///< a part of BACKEND/SERVER, or with wildcards all of it
    bool only_problems = false;
    std::set<std::string, std::less<>> folded; ///< backends whose servers are hidden
};

/// Backends in order, each followed by its servers in order. A server that the filter names comes
/// with its backend; a backend that it names with all its servers.
[[nodiscard]] std::vector<const TopEntry*> choose_rows(const std::vector<TopEntry>& entries,
                                                       const TopChoice& choice);

} // namespace hitless::ctl
