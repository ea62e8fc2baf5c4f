#include "hitless/confd/resource_note.hpp"

#include "hitless/base/file.hpp"

#include "base/note_format.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <sys/stat.h>
#include <utility>

namespace hitless::confd {
using nlohmann::json;

std::string state_of_file(const std::string& path) {
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0)
        return {};
    return fmt::format("{} {} {}.{}", file.st_ino, file.st_size, file.st_mtim.tv_sec,
                       file.st_mtim.tv_nsec);
}

std::string note_path(const std::string& dest) {
    return base::companion_path(dest, "resource.json");
}

Result<base::Hold> write_note(const std::string& dest, const ResourceNote& note,
                              const base::Hold& before) {
    const json text = {{base::note_format_name, base::note_format},
                       {"confdir", note.confdir},
                       {"file", note.file},
                       {"prefix", note.prefix},
                       {"strict", note.strict},
                       {"drain_timeout_ms", note.drain_timeout.count()},
                       {"http", note.http},
                       {"template_read", note.template_read}};
    return base::write_held(note_path(dest),
                            text.dump(2, ' ', false, json::error_handler_t::replace) + "\n", 0644,
                            before);
}

namespace {

/// None where there is no note.
Result<std::optional<json>> parse_note(const std::string& dest) {
    const auto text = base::read_note(note_path(dest), base::most_of_note);
    if (!text)
        return text.error();
    if (!*text)
        return std::optional<json>();
    json parsed = json::parse(**text, nullptr, false);
    if (parsed.is_object()) {
        if (const auto same = base::expect_same_build(base::note_format_of(parsed)); !same)
            return fail("{}: {}", note_path(dest), same.error().message);
    }
    return std::optional<json>(std::move(parsed));
}

} // namespace

Result<void> expect_note_of_same_build(const std::string& dest) {
    const auto parsed = parse_note(dest);
    return parsed ? Result<void>() : parsed.error();
}

Result<ResourceNote> read_note(const std::string& dest) {
    const auto note = parse_note(dest);
    if (!note)
        return note.error();
    if (!*note)
        return fail("there is no {}", note_path(dest));
    const json& parsed = **note;
    const auto is_text = [&](const char* name) {
        return parsed.contains(name) && parsed[name].is_string();
    };
    if (!parsed.is_object() || !is_text("confdir") || !is_text("file") || !is_text("prefix") ||
        !parsed.contains("strict") || !parsed["strict"].is_boolean())
        return fail("{} is no note of a template resource", note_path(dest));
    ResourceNote found{parsed["confdir"], parsed["file"], parsed["prefix"], parsed["strict"]};
    const auto drain_timeout = parsed.find("drain_timeout_ms");
    if (drain_timeout != parsed.end() && drain_timeout->is_number_unsigned())
        found.drain_timeout = std::chrono::milliseconds(drain_timeout->get<std::uint32_t>());
    if (is_text("template_read"))
        found.template_read = parsed["template_read"];
    if (const auto http = parsed.find("http"); http != parsed.end() && http->is_array()) {
        for (const json& address : *http) {
            if (address.is_string())
                found.http.push_back(address);
        }
    }
    return found;
}

} // namespace hitless::confd
