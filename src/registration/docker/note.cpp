#include "registration/docker/note.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "etcd/json.hpp"
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
    for (const auto& [key, holding] : note)
        keys.push_back({{"key", key},
                        {"value", holding.value},
                        {"owner", holding.owner},
                        {"version", holding.version}});
    return json{{"keys", std::move(keys)}}.dump() + '\n';
}

Result<Note> parse_note(std::string_view text) {
    const json document = etcd::parse_json(text);
    if (!document.is_object() || !document.contains("keys") || !document["keys"].is_array())
        return Error{"it is no note of hitless-register"};
    Note note;
    for (const json& key : document["keys"]) {
        if (!is_held_key(key))
            return Error{"it is no note of hitless-register"};
        note[key["key"].get<std::string>()] = {key["value"].get<std::string>(),
                                               key["owner"].get<std::uint64_t>(),
                                               key["version"].get<std::uint64_t>(), std::nullopt};
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

Result<void> write_note(const std::string& path, const Note& note) {
    constexpr mode_t ours = 0600;
    auto file = base::StagedFile::create(path, to_text(note), {ours, {}, {}});
    if (!file)
        return file.error();
    return file->commit();
}

} // namespace hitless::registration::docker
