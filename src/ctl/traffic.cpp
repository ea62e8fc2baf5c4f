#include "ctl/traffic.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/server.hpp"
#include "hitless/haproxy/words.hpp"

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

/// True when a line sends traffic to the backend, or to one whose name only a request tells.
bool may_lead_to(std::string_view line, std::string_view backend) {
    const auto words = haproxy::split_words(line);
    if (!words || words->size() < 2)
        return false;
    const std::string& keyword = words->front();
    if (keyword != "default_backend" && keyword != "use_backend")
        return false;
    return (*words)[1] == backend || (*words)[1].find("%[") != std::string::npos;
}

bool is_used(const haproxy::Config& file, std::string_view backend) {
    return std::ranges::any_of(file.sections(), [&](const haproxy::Section& section) {
        return (section.kind == "listen" && section.name == backend) ||
               std::ranges::any_of(section.settings, [&](const haproxy::Line& line) {
                   return may_lead_to(line.text, backend);
               });
    });
}

std::string check_result(const StatRow& row) {
    std::string text = row.field("check_status");
    if (!row.field("check_code").empty())
        text += " " + row.field("check_code");
    if (!row.field("last_chk").empty())
        text += ", " + row.field("last_chk");
    return base::printable(text);
}

/// The server as its line wants it; nullopt: it has none, or that can't be read.
std::optional<haproxy::Server> line_of(const haproxy::Config* file, std::string_view backend,
                                       std::string_view server) {
    const haproxy::Section* const section = file != nullptr ? file->find_backend(backend) : nullptr;
    const haproxy::ServerLine* const line =
        section != nullptr ? section->find_server(server) : nullptr;
    if (line == nullptr)
        return std::nullopt;
    auto wanted = haproxy::effective_server(*file, *section, *line);
    return wanted ? std::optional(std::move(*wanted)) : std::nullopt;
}

/// How that ends: `by_line`: its line says so.
std::string way_out(const std::string& name, const ServerHints& hints, bool by_line,
                    const std::string& command) {
    if (hints.hold != nullptr)
        return fmt::format("someone holds it so; `hitlessctl holds --lift {}` ends that", name);
    if (by_line && !hints.instead.empty())
        return fmt::format("its line says so; {}", hints.instead);
    return command;
}

void add_state(const StatRow& row, const RunningServer& running, const std::string& name,
               const std::optional<haproxy::Server>& line, const ServerHints& hints,
               std::vector<std::string>& reasons) {
    const std::string admin = admin_word(running);
    const bool out = admin.starts_with("maint");
    if (admin == "maint (no address)")
        reasons.push_back(fmt::format("its name {} has no address: see `hitlessctl raw 'show "
                                      "resolvers'`",
                                      base::printable(running.fqdn)));
    else if (out || admin.starts_with("drain"))
        reasons.push_back(
            fmt::format("it is in {}: {}", admin,
                        way_out(name, hints, out && line && line->disabled,
                                fmt::format("`hitlessctl ready {}` ends that", name))));
    if (!out && row.field("status").starts_with("DOWN"))
        reasons.push_back(fmt::format("its check fails: {}", check_result(row)));
    else if (!out && row.field("status").starts_with("NOLB"))
        reasons.push_back("its check asks for no new requests (404, or the agent)");
    if (running.weight == 0)
        reasons.push_back(
            fmt::format("its weight is 0: {}",
                        way_out(name, hints, line && line->weight == 0,
                                fmt::format("`hitlessctl weight {} 1` gives it some", name))));
}

void add_load(const StatRow& row, const StatRow* backend, std::vector<std::string>& reasons) {
    const auto limit = row.number("slim").value_or(0);
    const auto sessions = row.number("scur").value_or(0);
    if (limit > 0 && sessions >= limit) {
        // What no server is free for waits in the backend's queue, whichever will be.
        const auto of_all = backend != nullptr ? backend->number("qcur").value_or(0) : 0;
        const auto own = row.number("qcur").value_or(0);
        reasons.push_back(fmt::format("it has as many sessions as it may: {} of {}; {} request(s) "
                                      "wait for it, and {} for any server of the backend",
                                      sessions, limit, own,
                                      std::max<std::int64_t>(of_all - own, 0)));
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
        reasons.push_back(running.contains(backend)
                              ? fmt::format("HAProxy has no server {}", name)
                              : fmt::format("HAProxy has no backend {}", backend));
        return reasons;
    }
    add_state(*row, *state, name, line_of(file, backend, server), hints, reasons);
    const StatRow* const own_backend = find(stat, backend, "BACKEND");
    add_load(*row, own_backend, reasons);
    if (file != nullptr && file->find_backend(backend) != nullptr && !is_used(*file, backend))
        reasons.push_back(
            fmt::format("no frontend's default_backend or use_backend leads to {}", backend));
    return reasons;
}

} // namespace hitless::ctl
