#include "ctl/made_of.hpp"

#include "hitless/base/file.hpp"
#include "hitless/confd/resource_note.hpp"
#include "hitless/keys/key_tree.hpp"
#include "hitless/keys/keys_file.hpp"

#include "render/rendering.hpp"

#include <utility>

namespace hitless::ctl {

Result<MadeOf> made_of_keys(const std::string& dest) {
    const auto note = confd::read_note(dest);
    if (!note)
        return fail("no hitlessd keeps it: {}", note.error().message);
    auto resource = confd::load_resource(note->confdir, note->file, note->prefix);
    if (!resource)
        return resource.error();
    const std::string kept = base::companion_path(dest, keys::dump_suffix);
    const auto text = base::read_file(kept);
    if (!text)
        return text.error();
    auto entries = keys::parse_keys(*text, kept);
    if (!entries)
        return entries.error();
    keys::KeyTree tree;
    tree.replace("/", std::move(*entries));
    constexpr bool by_lines = true;
    const auto renderer = render::ResourceRenderer::load(*resource, tree, note->strict, by_lines);
    if (!renderer)
        return renderer.error();
    const auto rendered = (*renderer)->render();
    if (!rendered)
        return rendered.error();
    MadeOf made_of{std::move(*resource), {}};
    made_of.lines = apply::origins_of(rendered->text, *rendered->known, (*renderer)->renderer(),
                                      (*renderer)->rules());
    return made_of;
}

} // namespace hitless::ctl
