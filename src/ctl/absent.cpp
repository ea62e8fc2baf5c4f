#include "ctl/absent.hpp"

#include "hitless/apply/resolve.hpp"
#include "hitless/apply/status_note.hpp"
#include "hitless/base/text.hpp"
#include "hitless/plan/plan.hpp"

#include "base/run_to_end.hpp"
#include "ctl/managed.hpp"
#include "ctl/preview.hpp"

#include <fmt/format.h>

#include <span>
#include <utility>

namespace hitless::ctl {

MadeLine find_made(const Wanted& wanted, const std::string& backend, const std::string& server) {
    if (!wanted.made)
        return {};
    const haproxy::Section* const section = wanted.made->find_backend(backend);
    const haproxy::ServerLine* const line =
        section != nullptr ? section->find_server(server) : nullptr;
    return line != nullptr ? MadeLine{&*wanted.made, section, line} : MadeLine{};
}

std::optional<std::string> why_no_address(const MadeLine& made) {
    const plan::ServerId server{std::string(made.section->name), std::string(made.line->name)};
    plan::Names found;
    base::run_to_end(apply::resolve(
        plan::names_to_resolve(*made.config, std::span<const plan::ServerId>(&server, 1)), found));
    for (const auto& [name, addresses] : found) {
        if (addresses.empty())
            return fmt::format("its name {} leads to no address now, and HAProxy gets no server "
                               "without one",
                               base::printable(name));
    }
    return std::nullopt;
}

std::optional<std::string> why_not_known(const Wanted& wanted, bool is_told) {
    if (wanted.from_registry || keeper_of(wanted.file) == Keeper::none)
        return std::nullopt;
    if (!wanted.no_status.empty())
        return wanted.no_status;
    for (const apply::StatusNote::Trouble& trouble : wanted.status.troubles) {
        // Of a template that can't be rendered as it is on disk, nobody can tell what it makes.
        if (trouble.source == apply::keys_trouble || trouble.source == apply::registry_trouble ||
            trouble.source == apply::confdir_trouble)
            return trouble.message;
    }
    const OwedReload& owed = wanted.owed;
    if (!is_told && owed.is_owed && owed.runs && !owed.next_try && !owed.is_check_refused)
        return owed.when({}) + ", and keeps no newer keys beside the file until then";
    return wanted.made ? std::nullopt : why_not_compared(wanted);
}

} // namespace hitless::ctl
