#pragma once

#include "hitless/confd/settings.hpp"

#include <span>
#include <variant>

namespace hitless::confd {

/// One of confd's settings: its flag, its name in confd.toml and where its value goes.
struct Option {
    struct Ignored {}; ///< a setting of other backends: takes a value
    using Target =
        std::variant<Ignored, std::string Settings::*, bool Settings::*,
                     std::chrono::seconds Settings::*, std::vector<std::string> Settings::*>;

    const char* flag = nullptr;
    const char* key = nullptr; ///< in confd.toml; empty when it has none
    const char* value = nullptr;
    const char* help = nullptr; ///< empty: not worth a line
    Target target;
};

/// All settings of confd 0.16.
std::span<const Option> options();

} // namespace hitless::confd
