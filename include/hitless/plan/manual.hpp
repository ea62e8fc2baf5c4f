#pragma once

#include "hitless/plan/difference.hpp"

#include <map>

namespace hitless::plan {

/// The state in which someone holds a server for a while, whatever its line says (`hitlessctl drain
/// --for 10m`).
struct ManualState {
    enum class Kind {
        drain,
        maint,
        weight,
        released, ///< the hold is over: the server goes back to what its line says, whatever its
                  ///< agent has told HAProxy
    };
    Kind kind = Kind::drain;
    int weight = 0; ///< of Kind::weight: 0 to 256

    bool operator==(const ManualState&) const = default;
};

/// The servers that someone holds, by their names in the configuration, which may lack them.
using ManualStates = std::map<ServerId, ManualState>;

} // namespace hitless::plan
