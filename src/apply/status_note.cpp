#include "hitless/apply/status_note.hpp"

#include "hitless/base/file.hpp"

#include "base/note_format.hpp"

#include <fmt/chrono.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <unistd.h>
#include <utility>

namespace hitless::apply {
namespace {

using Json = nlohmann::ordered_json;
using Time = FollowNote::Time;

std::string to_text(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// An Error: it is no object, or another build wrote it.
Result<Json> parse_note(std::string_view text) {
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object())
        return fail("it is no note of hitlessd's state");
    if (const auto same = base::expect_same_build(base::note_format_of(json)); !same)
        return same.error();
    return Result<Json>(std::move(json));
}

Time to_time(const Json& milliseconds) {
    return Time(std::chrono::milliseconds(milliseconds.get<std::int64_t>()));
}

Json to_json(const std::vector<SpoiltPtr>& left_out) {
    constexpr std::size_t most = 1'000;
    Json list = Json::array();
    for (const SpoiltPtr& one : left_out) {
        if (list.size() == most)
            break;
        list.push_back({{"source", one->source},
                        {"what", one->what},
                        {"message", one->message},
                        {"backend", one->backend},
                        {"server", one->server},
                        {"hidden", one->is_hidden}});
    }
    return list;
}

/// Throws on a member of another type.
SpoiltPtr to_spoilt(const Json& json) {
    const auto text = [&](const char* name) { return json.at(name).get<std::string>(); };
    return std::make_shared<const Spoilt>(Spoilt{text("source"),
                                                 text("what"),
                                                 text("message"),
                                                 text("backend"),
                                                 text("server"),
                                                 {},
                                                 json.at("hidden").get<bool>()});
}

/// The text of a note that somebody holds; nullopt: nobody does.
Result<std::optional<std::string>> read_held(const std::string& path) {
    const auto is_held = base::is_held(path);
    if (!is_held)
        return is_held.error();
    if (!*is_held)
        return std::optional<std::string>();
    return base::read_note(path, base::most_of_note);
}

/// "the keys" and so on: what a trouble is with.
std::string_view in_words(std::string_view source) {
    if (source == registry_trouble)
        return "the registry";
    if (source == keys_trouble)
        return "the keys or the template";
    if (source == confdir_trouble)
        return "a template resource or a template";
    if (source == file_trouble)
        return "the file or a reload";
    return source == haproxy_trouble ? "HAProxy" : "something";
}

/// What a user may know who may not read the other note.
StatusNote in_words(const FollowNote& note) {
    StatusNote status;
    const std::string since = fmt::format(
        "{:%Y-%m-%d %H:%M:%S} UTC",
        fmt::gmtime(std::chrono::system_clock::to_time_t(
            std::chrono::time_point_cast<std::chrono::system_clock::duration>(note.since))));
    constexpr const char* who = "only root, or the user whom hitlessd runs as, may read more";
    for (const std::string& source : note.trouble_with)
        status.troubles.push_back(
            {source, fmt::format("hitlessd has a trouble with {}, since {} or "
                                 "before; {}",
                                 in_words(source), since, who)});
    if (note.left_out > 0)
        status.troubles.push_back(
            {std::string(keys_trouble),
             fmt::format("hitlessd leaves out what {} bad {} of keys "
                         "would make; {}",
                         note.left_out, note.left_out == 1 ? "value" : "values", who)});
    if (note.is_guarded)
        status.held.push_back(fmt::format("a change, since {} or before; {}", since, who));
    return status;
}

} // namespace

bool StatusNote::has_trouble_with(std::string_view source) const {
    return std::ranges::find(troubles, source, &Trouble::source) != troubles.end();
}

std::string status_path(const std::string& dest) {
    return base::companion_path(dest, "status.json");
}

std::string follow_path(const std::string& dest) {
    return base::companion_path(dest, "follows.json");
}

std::string to_text(const StatusNote& note) {
    Json troubles = Json::array();
    for (const StatusNote::Trouble& trouble : note.troubles)
        troubles.push_back({{"source", trouble.source}, {"message", trouble.message}});
    const Json json = {{base::note_format_name, base::note_format},
                       {"troubles", std::move(troubles)},
                       {"held", note.held},
                       {"left_out", to_json(note.left_out)},
                       {"reload", note.reload}};
    return to_text(json);
}

std::string to_text(const FollowNote& note) {
    Json json = {{base::note_format_name, base::note_format},
                 {"follows", note.trouble_with.empty() && !note.is_guarded && note.left_out == 0},
                 {"since_ms", note.since.time_since_epoch().count()},
                 {"trouble_with", note.trouble_with},
                 {"guarded", note.is_guarded},
                 {"left_out", note.left_out},
                 {"reload_owed", note.is_reload_owed},
                 {"check_refused", note.is_check_refused}};
    if (note.next_reload)
        json["next_reload_ms"] = note.next_reload->time_since_epoch().count();
    return to_text(json);
}

Result<StatusNote> parse_status(std::string_view text) {
    const auto json = parse_note(text);
    if (!json)
        return json.error();
    try {
        StatusNote note;
        for (const Json& trouble : json->at("troubles"))
            note.troubles.push_back({trouble.at("source"), trouble.at("message")});
        note.held = json->at("held").get<std::vector<std::string>>();
        for (const Json& one : json->value("left_out", Json::array()))
            note.left_out.push_back(to_spoilt(one));
        note.reload = json->value("reload", std::vector<std::string>());
        return note;
    } catch (const Json::exception&) {
        return fail("it is no note of hitlessd's state");
    }
}

Result<FollowNote> parse_follow(std::string_view text) {
    const auto json = parse_note(text);
    if (!json)
        return json.error();
    try {
        FollowNote note;
        note.trouble_with = json->at("trouble_with").get<std::vector<std::string>>();
        note.is_guarded = json->at("guarded").get<bool>();
        note.left_out = json->value("left_out", std::size_t{0});
        note.is_reload_owed = json->value("reload_owed", false);
        note.is_check_refused = json->value("check_refused", false);
        note.since = to_time(json->at("since_ms"));
        if (json->contains("next_reload_ms"))
            note.next_reload = to_time(json->at("next_reload_ms"));
        return note;
    } catch (const Json::exception&) {
        return fail("it is no note of whether hitlessd follows the keys");
    }
}

// For the owner alone: messages may hold values of keys that are secrets, and of which dest, which
// others may read, says nothing.
Result<base::Hold> write_status(const std::string& dest, const StatusNote& note,
                                const base::Hold& before) {
    return base::write_held(status_path(dest), to_text(note), 0600, before);
}

Result<base::Hold> write_follow(const std::string& dest, const FollowNote& note,
                                const base::Hold& before) {
    return base::write_held(follow_path(dest), to_text(note), 0644, before);
}

Result<StatusNote> read_status(const std::string& dest) {
    const auto text = read_held(status_path(dest));
    if (!text) {
        const auto follow = read_follow(dest);
        if (!follow)
            return follow.error();
        if (*follow)
            return in_words(**follow);
        const bool none_runs = ::access(follow_path(dest).c_str(), F_OK) == 0;
        return none_runs ? Result<StatusNote>(StatusNote()) : text.error();
    }
    if (!*text)
        return StatusNote();
    auto note = parse_status(**text);
    if (!note)
        return fail("{}: {}", status_path(dest), note.error().message);
    return note;
}

Result<std::optional<FollowNote>> read_follow(const std::string& dest) {
    const auto text = read_held(follow_path(dest));
    if (!text)
        return text.error();
    if (!*text)
        return std::optional<FollowNote>();
    const auto note = parse_follow(**text);
    if (!note)
        return fail("{}: {}", follow_path(dest), note.error().message);
    return std::optional<FollowNote>(*note);
}

} // namespace hitless::apply
