#include "ctl/traffic.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/routes.hpp"
#include "hitless/plan/slots.hpp"

#include "ctl/table.hpp"
#include "ctl/target.hpp"
#include "ctl/view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace hitless::ctl {
namespace {

using haproxy::RunningServer;
using haproxy::StatRow;

const StatRow* find(std::span<const StatRow> stat, std::string_view proxy, std::string_view name) {
    const auto row = std::ranges::find_if(
        stat, [&](const StatRow& one) { return one.proxy() == proxy && one.name() == name; });
    return row != stat.end() ? &*row : nullptr;
}

std::string check_result(const StatRow& row) {
    std::string text = row.field("check_status");
    if (!row.field("check_code").empty())
        text += " " + row.field("check_code");
    if (!row.field("last_chk").empty())
        text += ", " + row.field("last_chk");
    return base::printable(text);
}

/// True for a check's result that isn't a success.
bool is_bad(std::string_view result) {
    return !result.empty() && result.find("INI") == std::string_view::npos &&
           result.find("OK") == std::string_view::npos;
}

/// Behind a state that a command can set, and an agent too: HAProxy doesn't tell which one did, and
/// takes each of the agent's answers for a new command. Empty where no agent is asked.
std::string or_by_agent(const RunningServer& running, std::string_view said,
                        std::string_view should_say) {
    if (!running.is_asked())
        return {};
    return fmt::format(", unless its agent goes on to answer '{}' (agent-check): HAProxy does "
                       "what each answer says, and the agent has to answer '{}'",
                       said, should_say);
}

void add_down(const StatRow& row, std::vector<std::string>& reasons) {
    const bool by_agent = row.field("status") == "DOWN (agent)";
    if (by_agent)
        reasons.push_back(fmt::format(
            "its agent takes it down (agent-check{}{}): it gets requests again when the agent "
            "answers 'up'; a command doesn't help",
            row.field("last_agt").empty() ? "" : ", ", base::printable(row.field("last_agt"))));
    if (!by_agent || is_bad(row.field("check_status")))
        reasons.push_back(fmt::format("its check fails: {}", check_result(row)));
}

/// How that ends. `by_hold`, `by_line`: a hold, or its line, which comes from the key, has made it
/// so.
std::string way_out(const std::string& name, const ServerHints& hints, const std::string& key,
                    bool by_hold, bool by_line, const std::string& command) {
    if (by_hold)
        return fmt::format("someone holds it so; `hitlessctl holds --lift {}` ends that",
                           hints.name.empty() ? name : hints.name);
    if (by_line && !key.empty())
        return fmt::format("its line says so; to change that, change {}", key);
    return command;
}

void add_state(const StatRow& row, const RunningServer& running, const std::string& name,
               const std::optional<haproxy::Server>& line, const ServerHints& hints,
               std::vector<std::string>& reasons) {
    const std::string admin = admin_word(running);
    const bool out = admin.starts_with("maint");
    const bool holds = hints.hold != nullptr;
    const bool holds_weight = holds && hints.hold->state.kind == plan::ManualState::Kind::weight;
    if (admin == "maint (no address)")
        reasons.push_back(fmt::format("its name {} has no address: see `hitlessctl raw 'show "
                                      "resolvers'`",
                                      base::printable(running.fqdn)));
    else if (out || admin.starts_with("drain"))
        reasons.push_back(fmt::format(
            "it is in {}: {}", admin,
            way_out(name, hints, hints.key, holds && !holds_weight && !(line && line->disabled),
                    out && line && line->disabled,
                    fmt::format("`hitlessctl ready {}` ends that{}", name,
                                or_by_agent(running, out ? "maint" : "drain", "ready")))));
    if (!out && row.field("status").starts_with("DOWN"))
        add_down(row, reasons);
    else if (!out && row.field("status").starts_with("NOLB"))
        reasons.push_back("its check asks for no new requests (404, by http-check disable-on-404)");
    if (running.weight == 0)
        reasons.push_back(fmt::format(
            "its weight is 0: {}",
            way_out(name, hints, hints.weight_key, holds_weight, line && line->weight == 0,
                    fmt::format(
                        "`hitlessctl weight {} 100%` gives it that of its line{}", name,
                        running.initial_weight == 0 ? "" : or_by_agent(running, "0%", "100%")))));
}

void add_load(const StatRow& row, const StatRow* backend, std::vector<std::string>& reasons) {
    const auto limit = row.number("slim").value_or(0);
    const auto sessions = row.number("scur").value_or(0);
    if (limit > 0 && sessions >= limit) {
        // A request that may go to any server waits in the backend's queue, which is counted apart.
        const auto of_all = backend != nullptr ? backend->number("qcur").value_or(0) : 0;
        const auto own = row.number("qcur").value_or(0);
        reasons.push_back(fmt::format("it has as many sessions as it may: {} of {}; {} {} for it, "
                                      "and {} for any server of the backend",
                                      sessions, limit, counted(own, "request"),
                                      own == 1 ? "waits" : "wait", of_all));
    }
    const bool is_backup = row.number("bck").value_or(0) == 1 && row.number("act").value_or(0) == 0;
    if (is_backup && backend != nullptr && backend->number("act").value_or(0) > 0)
        reasons.push_back("it is a backup, and others of its backend are up");
}

} // namespace

std::vector<std::string> why_no_traffic(std::string_view backend, std::string_view server,
                                        std::span<const StatRow> stat,
                                        const haproxy::Running& running,
                                        const haproxy::Config* file, const ServerHints& hints) {
    std::vector<std::string> reasons;
    const std::string name = fmt::format("{}/{}", backend, server);
    const RunningServer* const state = haproxy::find_server(running, backend, server);
    const StatRow* const row = find(stat, backend, server);
    if (state == nullptr || row == nullptr) {
        // Of one without servers, only the statistics tell.
        const bool has_backend =
            running.contains(backend) || std::ranges::any_of(stat, [&](const StatRow& one) {
                return one.kind() == StatRow::Kind::backend && one.proxy() == backend;
            });
        reasons.push_back(has_backend ? fmt::format("HAProxy has no server {}", name)
                                      : fmt::format("HAProxy has no backend {}", backend));
        return reasons;
    }
    // A spare server's own line says nothing of the one in whose place it is.
    const bool is_in_a_slot = plan::is_slot(server) && !hints.name.empty();
    const std::string& meant = is_in_a_slot ? hints.name : name;
    add_state(*row, *state, meant,
              file != nullptr ? server_of(*file, backend, meant.substr(meant.find('/') + 1))
                              : std::nullopt,
              hints, reasons);
    const StatRow* const own_backend = find(stat, backend, "BACKEND");
    add_load(*row, own_backend, reasons);
    if (file != nullptr && file->find_backend(backend) != nullptr &&
        haproxy::routes_to(*file, backend).empty())
        reasons.push_back(
            fmt::format("no frontend's default_backend or use_backend leads to {}", backend));
    return reasons;
}

std::string agent_in_words(std::string_view backend, std::string_view server,
                           std::span<const StatRow> stat, const haproxy::Running& running) {
    const RunningServer* const state = haproxy::find_server(running, backend, server);
    const StatRow* const row = find(stat, backend, server);
    if (state == nullptr || row == nullptr || !state->is_asked())
        return {};
    std::string said = base::printable(row->field("agent_status"));
    if (said.empty())
        said = "no answer yet";
    if (!row->field("last_agt").empty())
        said += ", " + base::printable(row->field("last_agt"));
    // hitlessd changes the weight under an agent by another server only.
    if (state->weight != state->initial_weight)
        said += fmt::format("; weight {} is a share of the {} that its line has: its agent has "
                            "answered so (agent-check), or somebody has typed it. HAProxy doesn't "
                            "tell which",
                            state->weight, state->initial_weight);
    return said;
}

std::string why_backend_is_down(std::string_view backend, std::span<const StatRow> stat) {
    const StatRow* const row = find(stat, backend, "BACKEND");
    if (row == nullptr || !row->field("status").starts_with("DOWN"))
        return {};
    return fmt::format("{} is down as a whole: none of its servers takes new requests, so that {}",
                       backend,
                       row->field("mode") == "tcp" ? "HAProxy closes new connections at once"
                                                   : "clients get 503 from HAProxy");
}

} // namespace hitless::ctl
