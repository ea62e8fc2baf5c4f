#include "hitless/apply/status_note.hpp"

#include "hitless/base/file.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace hitless::apply {

using Json = nlohmann::ordered_json;

std::string status_path(const std::string& dest) {
    return base::companion_path(dest, "status.json");
}

std::string to_text(const StatusNote& note) {
    Json troubles = Json::array();
    for (const StatusNote::Trouble& trouble : note.troubles)
        troubles.push_back({{"source", trouble.source}, {"message", trouble.message}});
    const Json json = {{"troubles", std::move(troubles)}, {"held", note.held}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<StatusNote> parse_status(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    try {
        StatusNote note;
        for (const Json& trouble : json.at("troubles"))
            note.troubles.push_back({trouble.at("source"), trouble.at("message")});
        note.held = json.at("held").get<std::vector<std::string>>();
        return note;
    } catch (const Json::exception&) {
        return fail("it is no note of hitlessd's state");
    }
}

// For the owner alone: messages may hold values of keys that are secrets, and of which dest, which
// others may read, says nothing.
Result<std::shared_ptr<const void>> write_status(const std::string& dest, const StatusNote& note) {
    return base::write_held(status_path(dest), to_text(note), 0600);
}

Result<StatusNote> read_status(const std::string& dest) {
    const std::string path = status_path(dest);
    const auto is_held = base::is_held(path);
    if (!is_held)
        return is_held.error();
    if (!*is_held)
        return StatusNote();
    const auto text = base::read_note(path, base::most_of_note);
    if (!text)
        return text.error();
    if (!*text)
        return StatusNote();
    auto note = parse_status(**text);
    if (!note)
        return fail("{}: {}", path, note.error().message);
    return note;
}

} // namespace hitless::apply
