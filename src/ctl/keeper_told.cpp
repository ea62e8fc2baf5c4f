#include "ctl/keeper_told.hpp"

#include "hitless/apply/status_note.hpp"
#include "hitless/confd/resource_note.hpp"

#include "ctl/managed.hpp"
#include "ctl/status_text.hpp"
#include "ctl/told.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;

const Json nothing_told;

/// Each address costs as much at most, since all goes on without it. Where hitlessd is busy, it
/// still knows more than its notes.
constexpr std::chrono::milliseconds patience(3'000);

Result<KeeperTold> ask_about(const std::string& address, const std::string& dest,
                             std::chrono::milliseconds limit) {
    auto status = ask_hitlessd(address, limit);
    if (!status)
        return status.error();
    std::error_code ignored;
    for (const Json& resource : told_list(*status, "resources")) {
        if (std::filesystem::equivalent(told_text(resource, "dest"), dest, ignored)) {
            Json its = resource;
            return KeeperTold{address, std::move(*status), std::move(its)};
        }
    }
    return fail("the hitlessd at {} does not keep {}", address, dest);
}

bool is_of(const Json& change, const std::string& backend, const std::string& name) {
    const Json& object = member(change, "object");
    return told_text(object, "kind") == "server" && told_text(object, "scope") == backend &&
           told_text(object, "name") == name;
}

/// "14:05:06 UTC add 10.0.0.7:8080: done, 1.9 ms"
std::string change_text(const Json& status, const Json& change) {
    std::string text =
        fmt::format("{} {}", clock_text(status, change, "time"), told_text(change, "action"));
    if (has_text(change, "detail"))
        text += " " + told_text(change, "detail");
    text += ": " + told_text(change, "result");
    if (const Json& total = member(change, "total_ms"); total.is_number())
        text += fmt::format(", {} ms", total.dump());
    if (has_text(change, "message"))
        text += ": " + told_text(change, "message");
    return text;
}

/// Of a server that is wanted and that HAProxy gets by a reload; empty: it is none.
std::string reload_text(const Json& status, const Json& resource, const Json& server) {
    const Json& reload = member(resource, "reload");
    if (!member(server, "wanted").is_object() || !member(server, "running").is_null() ||
        has_text(server, "queued") || told_list(reload, "obstacles").empty())
        return {};
    const std::string begin = "is wanted, and comes with a reload of HAProxy";
    if (is_true(reload, "running"))
        return begin + ", which runs now";
    if (has_text(resource, "check_refused"))
        return begin + ", which waits until check_cmd accepts what the keys make";
    if (told_text(member(resource, "publishing"), "state") == "checking")
        return begin + ", when check_cmd has accepted the file, which it checks now";
    return has_text(reload, "next")
               ? fmt::format("{}, which is tried at {}", begin, clock_text(status, reload, "next"))
               : begin;
}

} // namespace

const Json& KeeperTold::haproxy(long pid) const {
    const Json& all = told_list(resource, "haproxies");
    const auto found =
        std::ranges::find_if(all, [&](const Json& one) { return told_number(one, "pid") == pid; });
    return found == all.end() ? nothing_told : *found;
}

const Json& KeeperTold::server(long pid, std::string_view backend, std::string_view name) const {
    for (const Json& one : told_list(haproxy(pid), "backends")) {
        if (told_text(one, "name") != backend)
            continue;
        for (const Json& server : told_list(one, "servers")) {
            if (told_text(server, "name") == name)
                return server;
        }
    }
    return nothing_told;
}

Json KeeperTold::of_server(long pid, const std::string& backend, const std::string& name,
                           const std::string& otherwise) const {
    constexpr std::size_t most_changes_of_server = 3;
    Json json;
    json["address"] = address;
    json["state"] = told_text(status, "state");
    const Json& its = server(pid, backend, name);
    auto remarks = remarks_told(its);
    if (std::string comes = reload_text(status, resource, its); !comes.empty())
        remarks.push_back(std::move(comes));
    const Json& registry = member(status, "registry");
    if (told_text(resource, "kind") == "unknown" && !is_true(registry, "connected"))
        remarks.push_back(fmt::format("does nothing for it now: {} doesn't answer, so that it has "
                                      "had no keys since it was started, or has read its files "
                                      "again",
                                      told_text(registry, "name")));
    else if (told_text(resource, "kind") == "unknown")
        remarks.emplace_back("does nothing for it now: since hitlessd was started, or has read its "
                             "files again, it could not render the template");
    else if (!haproxy(pid).is_object())
        remarks.push_back(fmt::format("does not know this process of HAProxy (pid {}) yet", pid));
    if (remarks.empty() && !otherwise.empty())
        remarks.push_back(otherwise);
    json["remarks"] = std::move(remarks);
    std::vector<std::string> texts;
    for (const Json& change : told_list(status, "changes")) {
        if (is_of(change, backend, name))
            texts.push_back(change_text(status, change));
    }
    if (texts.size() > most_changes_of_server)
        texts.erase(texts.begin(), texts.end() - most_changes_of_server);
    json["changes"] = std::move(texts);
    return json;
}

std::vector<Json> KeeperTold::rows(long pid, const char* name, const char* action) const {
    std::vector<Json> found;
    for (const Json& backend : told_list(haproxy(pid), "backends")) {
        for (const Json& server : told_list(backend, "servers")) {
            if (has_text(server, name))
                found.push_back({{"action", action},
                                 {"backend", told_text(backend, "name")},
                                 {"server", told_text(server, "name")},
                                 {"change", told_text(server, name)}});
        }
    }
    return found;
}

Result<std::optional<KeeperTold>> ask_keeper(const Options& options, const std::string& dest) {
    if (!options.http.empty()) {
        auto told = ask_about(options.http, dest, options.timeout);
        if (!told)
            return told.error();
        return std::optional<KeeperTold>(std::move(*told));
    }
    const auto note = confd::read_note(dest);
    if (!note)
        return std::optional<KeeperTold>();
    for (const std::string& address : note->http) {
        if (auto told = ask_about(address, dest, std::min(options.timeout, patience)); told)
            return std::optional<KeeperTold>(std::move(*told));
    }
    return std::optional<KeeperTold>();
}

namespace {

/// A row of what is left out. It has no value of a key.
apply::SpoiltPtr to_spoilt(const Json& left) {
    apply::Spoilt spoilt{"key " + told_text(left, "key"),
                         told_text(left, "what"),
                         told_text(left, "why"),
                         {},
                         {},
                         {},
                         is_true(left, "hidden")};
    constexpr std::string_view of_server = "server ";
    const std::size_t slash = spoilt.what.find('/');
    if (spoilt.what.starts_with(of_server) && slash != std::string::npos) {
        spoilt.backend = spoilt.what.substr(of_server.size(), slash - of_server.size());
        spoilt.server = spoilt.what.substr(slash + 1);
    }
    return std::make_shared<const apply::Spoilt>(std::move(spoilt));
}

/// Why a reload is owed, where its own notes can't be read.
void take_reload(OwedReload& owed, const Json& reload) {
    if (!is_true(reload, "owed"))
        return;
    owed.is_owed = true;
    if (!owed.why.empty())
        return;
    for (const Json& obstacle : told_list(reload, "obstacles")) {
        if (has_text(obstacle, "words"))
            owed.why.push_back(told_text(obstacle, "words"));
    }
}

} // namespace

void take_told(Wanted& wanted, const KeeperTold& told) {
    if (keeper_of(wanted.file) != Keeper::hitlessd)
        return; // who answers may be anybody
    const Json& reload = member(told.resource, "reload");
    wanted.owed.is_running = is_true(reload, "running");
    wanted.owed.is_needless =
        wanted.owed.is_owed && wanted.owed.is_running && !is_true(reload, "owed");
    // As the user who reads it, and not as who has started this program.
    const bool is_readable =
        ::faccessat(AT_FDCWD, apply::status_path(wanted.file.path).c_str(), R_OK, AT_EACCESS) == 0;
    if (is_readable)
        return; // the note has them whole
    wanted.no_status.clear();
    wanted.status = {};
    for (const Json& trouble : told_list(told.resource, "troubles"))
        wanted.status.troubles.push_back(
            {told_text(trouble, "source"), told_text(trouble, "message")});
    for (const Json& held : told_list(member(told.resource, "held"), "changes")) {
        if (held.is_string())
            wanted.status.held.push_back(held);
    }
    std::vector<apply::SpoiltPtr> left_out;
    for (const Json& left : told_list(told.resource, "left_out"))
        left_out.push_back(to_spoilt(left));
    add_left_out(wanted, left_out);
    take_reload(wanted.owed, reload);
}

base::Flag keeper_flag(Options& options) {
    return base::text_flag("http", "ADDRESS",
                           "ask hitlessd here (its -http) what it is about to do (default where it "
                           "listens, as it has noted beside the file)",
                           options.http);
}

} // namespace hitless::ctl
