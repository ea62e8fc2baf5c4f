#include "ctl/roles.hpp"

#include "hitless/plan/slots.hpp"

#include "ctl/holds.hpp"
#include "plan/slot_book.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

namespace hitless::ctl {

using haproxy::RunningServer;

namespace {

std::string word_of(const Role& role) {
    switch (role.kind) {
    case Role::Kind::own:
        return {};
    case Role::Kind::spare:
        return "spare";
    case Role::Kind::slot:
        return role.serves.empty() ? "slot in use" : fmt::format("slot for {}", role.serves);
    case Role::Kind::stand_in:
        return fmt::format("stands in for {}", role.serves);
    case Role::Kind::leaving:
        return "leaving";
    }
    return {};
}

std::size_t count(const haproxy::Running& running) {
    std::size_t servers = 0;
    for (const auto& [backend, of_backend] : running)
        servers += of_backend.size();
    return servers;
}

} // namespace

std::string Role::text() const {
    std::string text = word_of(*this);
    if (!held.empty())
        text += fmt::format("{}held: {}", text.empty() ? "" : ", ", held);
    return text;
}

Roles::Roles(haproxy::Running running, const haproxy::Config& file, bool managed,
             std::vector<apply::ManualHold> holds, apply::LivePlaces noted)
    : running_(std::move(running)),
      file_(file, count(running_)),
      managed_(managed),
      holds_(std::move(holds)),
      noted_(std::move(noted)) {
    apply::take_noted_slots(running_, noted_);
    plan::recognize_slots(running_, file, {});
    plan::guess_slots(running_, file);
}

Role Roles::of(std::string_view backend, std::string_view server) const {
    Role role = find(backend, server);
    const std::string_view name = role.serves.empty() ? server : std::string_view(role.serves);
    if (const auto* const hold = find_hold(holds_, backend, name))
        role.held = fmt::format("{} until {:%H:%M} UTC", apply::to_string(hold->state),
                                fmt::gmtime(apply::ManualHold::Clock::to_time_t(hold->until)));
    return role;
}

Role Roles::find(std::string_view backend, std::string_view server) const {
    const RunningServer* const running = haproxy::find_server(running_, backend, server);
    const plan::ServerId id{std::string(backend), std::string(server)};
    const auto [section, line] = file_.find(id);
    if (running == nullptr || section == nullptr)
        return {};
    const bool has_line = line != nullptr;
    if (plan::is_slot(server) && has_line)
        return {running->in_maintenance() ? Role::Kind::spare : Role::Kind::slot, running->serves};
    if (is_noted_as_leaving(id) && running->in_maintenance())
        return {Role::Kind::leaving, {}};
    if (has_line || !managed_)
        return {};
    // One that the keys want in maintenance may not be in the file yet.
    if (running->in_maintenance())
        return {noted_.leaving.contains(id) ? Role::Kind::own : Role::Kind::leaving, {}};
    const std::string_view original = plan::stood_in_for(server);
    if (!original.empty() && file_.has({id.backend, std::string(original)}))
        return {Role::Kind::stand_in, std::string(original)};
    return {};
}

bool Roles::is_noted_as_leaving(const plan::ServerId& server) const {
    const auto noted = noted_.leaving.find(server);
    return noted != noted_.leaving.end() && noted->second;
}

std::string Roles::running_name(std::string_view backend, std::string_view server) const {
    const auto servers = running_.find(backend);
    if (servers == running_.end() || servers->second.contains(server))
        return std::string(server);
    const auto* const slot = plan::SlotBook(&servers->second).serving(server);
    return slot != nullptr ? slot->first : std::string(server);
}

} // namespace hitless::ctl
