#include "hitless/confd/resource_note.hpp"

#include "hitless/base/file.hpp"

#include <nlohmann/json.hpp>

namespace hitless::confd {
using nlohmann::json;

std::string note_path(const std::string& dest) {
    return base::companion_path(dest, "resource.json");
}

Result<std::shared_ptr<const void>> write_note(const std::string& dest, const ResourceNote& note) {
    const json text = {{"confdir", note.confdir},
                       {"file", note.file},
                       {"prefix", note.prefix},
                       {"strict", note.strict},
                       {"drain_timeout_ms", note.drain_timeout.count()}};
    return base::write_held(note_path(dest),
                            text.dump(2, ' ', false, json::error_handler_t::replace) + "\n", 0644);
}

Result<ResourceNote> read_note(const std::string& dest) {
    const auto text = base::read_note(note_path(dest), base::most_of_note);
    if (!text)
        return text.error();
    if (!*text)
        return fail("there is no {}", note_path(dest));
    const json parsed = json::parse(**text, nullptr, false);
    const auto is_text = [&](const char* name) {
        return parsed.contains(name) && parsed[name].is_string();
    };
    if (!parsed.is_object() || !is_text("confdir") || !is_text("file") || !is_text("prefix") ||
        !parsed.contains("strict") || !parsed["strict"].is_boolean())
        return fail("{} is no note of a template resource", note_path(dest));
    ResourceNote note{parsed["confdir"], parsed["file"], parsed["prefix"], parsed["strict"]};
    const auto drain_timeout = parsed.find("drain_timeout_ms");
    if (drain_timeout != parsed.end() && drain_timeout->is_number_unsigned())
        note.drain_timeout = std::chrono::milliseconds(drain_timeout->get<std::uint32_t>());
    return note;
}

} // namespace hitless::confd
