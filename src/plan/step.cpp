#include "hitless/plan/step.hpp"

#include <array>
#include <cstddef>

namespace hitless::plan {

std::string_view to_string(Phase phase) {
    constexpr std::array<std::string_view, 7> names = {"prepare", "create",   "fill",  "publish",
                                                       "change",  "withdraw", "remove"};
    return names.at(static_cast<std::size_t>(phase));
}

std::string_view verb(Phase phase) {
    switch (phase) {
    case Phase::create:
        return "add";
    case Phase::withdraw:
    case Phase::remove:
        return "remove";
    default:
        return "change";
    }
}

const std::string& Step::running_name() const {
    const auto* const of_server = std::get_if<ServerEffect>(&effect);
    return of_server == nullptr || of_server->slot.empty() ? object.name : of_server->slot;
}

} // namespace hitless::plan
