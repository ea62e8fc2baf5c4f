#include "hitless/apply/kept_files.hpp"

#include "hitless/base/file.hpp"
#include "hitless/confd/resource.hpp"
#include "hitless/confd/resource_note.hpp"
#include "hitless/haproxy/environment.hpp"

namespace hitless::apply {
namespace {

bool is_kept_live(const std::string& file) {
    const auto note = confd::read_note(file);
    if (!note)
        return false;
    const auto resource = confd::load_resource(note->confdir, note->file, note->prefix);
    return resource && resource->live;
}

} // namespace

live::Files kept_files(const haproxy::Config& config, const std::string& config_file) {
    live::Files files;
    for (const haproxy::FileUse& use :
         haproxy::file_uses(config.text(), haproxy::own_environment(), config_file)) {
        if (!live::object_kind(use.kind) || !is_kept_live(use.path))
            continue;
        const auto text = base::read_if_present(use.path);
        if (!text || !*text)
            continue;
        if (const auto content = live::read_file(use.kind, **text))
            add(files, use, *content);
    }
    return files;
}

} // namespace hitless::apply
