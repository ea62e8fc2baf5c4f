#include "registration/docker/note.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "etcd/json.hpp"
#include "registration/docker/container.hpp"
#include "registration/value.hpp"

namespace hitless::registration::docker {
namespace {

using nlohmann::json;

bool is_held_key(const json& key) {
    return key.is_object() && key.contains("key") && key["key"].is_string() &&
           key.contains("value") && key["value"].is_string() && key.contains("owner") &&
           key["owner"].is_number_unsigned() && key.contains("version") &&
           key["version"].is_number_unsigned() && check_key(key["key"].get<std::string>());
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
    if (!document.is_object() || !document.contains("keys") || !document["keys"].is_array())
        return none;
    Note note;
    for (const json& key : document["keys"]) {
        if (!is_held_key(key))
            return none;
        note.keys[key["key"].get<std::string>()] = {
            {key["value"].get<std::string>(), key["owner"].get<std::uint64_t>(),
             key["version"].get<std::uint64_t>(), std::nullopt},
            key.contains("container") && key["container"].is_string()
                ? key["container"].get<std::string>()
                : ""};
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

Result<std::shared_ptr<const void>> write_note(const std::string& path, const Note& note) {
    constexpr mode_t ours = 0600;
    return base::write_held(path, to_text(note), ours);
}

} // namespace hitless::registration::docker
