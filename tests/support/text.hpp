#pragma once

#include <cstddef>
#include <string_view>

namespace hitless::test {

/// How often `what` stands in `text`.
inline std::size_t count(std::string_view text, std::string_view what) {
    std::size_t times = 0;
    for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
        ++times;
    return times;
}

} // namespace hitless::test
