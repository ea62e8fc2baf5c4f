#include "ctl/roles.hpp"

#include "hitless/plan/slots.hpp"

#include "plan/slot_book.hpp"

#include <fmt/format.h>

#include <utility>

namespace hitless::ctl {

using haproxy::RunningServer;

std::string Role::text() const {
    switch (kind) {
    case Kind::own:
        return {};
    case Kind::spare:
        return "spare";
    case Kind::slot:
        return fmt::format("slot for {}", serves);
    case Kind::stand_in:
        return fmt::format("stands in for {}", serves);
    case Kind::leaving:
        return "leaving";
    }
    return {};
}

Roles::Roles(haproxy::Running running, const haproxy::Config& file, bool managed)
    : running_(std::move(running)), file_(file), managed_(managed) {
    plan::recognize_slots(running_, file, {});
}

Role Roles::of(std::string_view backend, std::string_view server) const {
    const RunningServer* const running = haproxy::find_server(running_, backend, server);
    const haproxy::Section* const section = file_.find_backend(backend);
    if (running == nullptr || section == nullptr)
        return {};
    const bool has_line = section->find_server(server) != nullptr;
    if (plan::is_slot(server) && has_line)
        return {running->serves.empty() ? Role::Kind::spare : Role::Kind::slot, running->serves};
    if (has_line || !managed_)
        return {};
    if (running->in_maintenance())
        return {Role::Kind::leaving, {}};
    const std::string_view original = plan::stood_in_for(server);
    if (!original.empty() && section->find_server(original) != nullptr)
        return {Role::Kind::stand_in, std::string(original)};
    return {};
}

std::string Roles::running_name(std::string_view backend, std::string_view server) const {
    const auto servers = running_.find(backend);
    if (servers == running_.end() || servers->second.contains(server))
        return std::string(server);
    const auto* const slot = plan::SlotBook(&servers->second).serving(server);
    return slot != nullptr ? slot->first : std::string(server);
}

} // namespace hitless::ctl
