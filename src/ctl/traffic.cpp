#include "ctl/traffic.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

#include "ctl/view.hpp"

#include <fmt/format.h>

#include <algorithm>

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

void add_state(const StatRow& row, const RunningServer& running, const std::string& name,
               std::vector<std::string>& reasons) {
    const std::string admin = admin_word(running);
    if (admin == "maint (no address)")
        reasons.push_back(fmt::format("its name {} has no address: see `hitlessctl raw 'show "
                                      "resolvers'`",
                                      base::printable(running.fqdn)));
    else if (admin.starts_with("maint") || admin.starts_with("drain"))
        reasons.push_back(fmt::format("it is in {}: `hitlessctl ready {}` ends that", admin, name));
    const bool out = admin.starts_with("maint");
    if (!out && row.field("status").starts_with("DOWN"))
        reasons.push_back(fmt::format("its check fails: {}", check_result(row)));
    else if (!out && row.field("status").starts_with("NOLB"))
        reasons.push_back("its check asks for no new requests (404, or the agent)");
    if (running.weight == 0)
        reasons.push_back(
            fmt::format("its weight is 0: `hitlessctl weight {} 1` gives it some", name));
}

void add_load(const StatRow& row, const StatRow* backend, std::vector<std::string>& reasons) {
    const auto limit = row.number("slim").value_or(0);
    const auto sessions = row.number("scur").value_or(0);
    if (limit > 0 && sessions >= limit)
        reasons.push_back(fmt::format("it has as many sessions as it may: {} of {}, {} wait",
                                      sessions, limit, row.number("qcur").value_or(0)));
    const bool is_backup = row.number("bck").value_or(0) == 1 && row.number("act").value_or(0) == 0;
    if (is_backup && backend != nullptr && backend->number("act").value_or(0) > 0)
        reasons.push_back("it is a backup, and others of its backend are up");
}

} // namespace

std::vector<std::string> why_no_traffic(std::string_view backend, std::string_view server,
                                        std::span<const StatRow> stat,
                                        const haproxy::Running& running,
                                        const haproxy::Config* file) {
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
    add_state(*row, *state, name, reasons);
    const StatRow* const own_backend = find(stat, backend, "BACKEND");
    add_load(*row, own_backend, reasons);
    if (file != nullptr && file->find_backend(backend) != nullptr && !is_used(*file, backend))
        reasons.push_back(
            fmt::format("no frontend's default_backend or use_backend leads to {}", backend));
    return reasons;
}

} // namespace hitless::ctl
