#include "registration/docker/note.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "etcd/json.hpp"
#include "registration/docker/container.hpp"
#include "registration/value.hpp"

namespace hitless::registration::docker {
namespace {

using etcd::member;
using etcd::text_of;
using nlohmann::json;

bool is_held_key(const json& key) {
    return member(key, "value").is_string() && member(key, "owner").is_number_unsigned() &&
           member(key, "version").is_number_unsigned() && check_key(text_of(key, "key"));
}

} // namespace

std::string to_text(const Note& note) {
    json keys = json::array();
    for (const auto& [name, key] : note.keys)
        keys.push_back({{"key", name},
                        {"value", key.holding.value},
                        {"owner", key.holding.owner},
                        {"version", key.holding.version},
                        {"container", key.container}});
    return json{{"keys", std::move(keys)}, {"ending", note.ending}}.dump() + '\n';
}

Result<Note> parse_note(std::string_view text) {
    const Error none{"it is no note of hitless-register"};
    const json document = etcd::parse_json(text);
    const json& keys = member(document, "keys");
    if (!keys.is_array())
        return none;
    Note note;
    for (const json& key : keys) {
        if (!is_held_key(key))
            return none;
        note.keys[text_of(key, "key")] = {{text_of(key, "value"), key["owner"].get<std::uint64_t>(),
                                           key["version"].get<std::uint64_t>(), std::nullopt},
                                          text_of(key, "container")};
    }
    const auto ending = document.find("ending");
    if (ending == document.end())
        return note;
    if (!ending->is_object())
        return none;
    for (const auto& [id, started_at] : ending->items()) {
        if (!is_id(id) || !started_at.is_string())
            return none;
        note.ending[id] = started_at.get<std::string>();
    }
    return note;
}

Result<Note> read_note(const std::string& path) {
    const auto text = base::read_note(path, base::most_of_note);
    if (!text)
        return text.error();
    if (!*text)
        return Note{};
    auto note = parse_note(**text);
    if (!note)
        return fail("{}: {}", base::printable(path), note.error().message);
    return note;
}

Result<base::Hold> write_note(const std::string& path, const Note& note, const base::Hold& before) {
    constexpr mode_t ours = 0600;
    return base::write_held(path, to_text(note), ours, before);
}

} // namespace hitless::registration::docker
