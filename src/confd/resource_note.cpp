#include "hitless/confd/resource_note.hpp"

#include "hitless/base/file.hpp"

#include <nlohmann/json.hpp>

namespace hitless::confd {
namespace {

using nlohmann::json;

std::string path_of(const std::string& dest) {
    return base::companion_path(dest, "resource.json");
}

} // namespace

Result<void> write_note(const std::string& dest, const ResourceNote& note) {
    const json text = {{"confdir", note.confdir},
                       {"file", note.file},
                       {"prefix", note.prefix},
                       {"strict", note.strict}};
    auto staged = base::StagedFile::create(
        path_of(dest), text.dump(2, ' ', false, json::error_handler_t::replace) + "\n",
        {0644, {}, {}});
    return staged ? staged->commit() : staged.error();
}

Result<ResourceNote> read_note(const std::string& dest) {
    const auto text = base::read_file(path_of(dest));
    if (!text)
        return text.error();
    const json parsed = json::parse(*text, nullptr, false);
    const auto is_text = [&](const char* name) {
        return parsed.contains(name) && parsed[name].is_string();
    };
    if (!parsed.is_object() || !is_text("confdir") || !is_text("file") || !is_text("prefix") ||
        !parsed.contains("strict") || !parsed["strict"].is_boolean())
        return fail("{} is no note of a template resource", path_of(dest));
    return ResourceNote{parsed["confdir"], parsed["file"], parsed["prefix"], parsed["strict"]};
}

} // namespace hitless::confd
