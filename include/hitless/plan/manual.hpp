#pragma once

#include "hitless/plan/difference.hpp"

#include <map>

namespace hitless::plan {

/// What someone wants of a server by hand, for a while, whatever its line says.
struct ManualState {
    enum class Kind {
        drain,
        maint,
        weight,
        released, ///< nothing any more: it is brought to what its line says, also under an agent
    };
    Kind kind = Kind::drain;
    int weight = 0; ///< of Kind::weight: 0 to 256

    bool operator==(const ManualState&) const = default;
};

/// By the server's name in the configuration; it need not be there.
using ManualStates = std::map<ServerChange, ManualState>;

} // namespace hitless::plan
