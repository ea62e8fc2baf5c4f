#include "ctl/made_of.hpp"

#include "hitless/confd/resource_note.hpp"
#include "hitless/keys/key_tree.hpp"

#include "ctl/managed.hpp"
#include "render/rendering.hpp"

#include <fmt/format.h>

#include <utility>

namespace hitless::ctl {
namespace {

/// What the resource makes of these keys.
Result<MadeOf> render_kept(confd::Resource resource, const KeptKeys& kept, bool strict) {
    keys::KeyTree tree;
    tree.replace("/", kept.entries);
    const auto renderer =
        render::ResourceRenderer::load(resource, tree, strict, haproxy::Reading::lines);
    if (!renderer)
        return renderer.error();
    const auto rendered = (*renderer)->render();
    if (!rendered)
        return rendered.error();
    MadeOf made_of{std::move(resource), {}};
    made_of.lines = apply::origins_of(rendered->text, *rendered->known, (*renderer)->renderer(),
                                      (*renderer)->rules());
    return made_of;
}

} // namespace

LookAtTemplate look_at_template(const std::string& dest) {
    const auto note = confd::read_note(dest);
    if (!note)
        return {fail("no hitlessd keeps it: {}", note.error().message)};
    auto resource = confd::load_resource(note->confdir, note->file, note->prefix);
    if (!resource)
        return {resource.error(), fmt::format("its template resource can't be used now: {}",
                                              resource.error().message)};
    const auto kept = read_kept_keys(dest);
    if (!kept)
        return {kept.error()};
    const auto newer = about_newer_template(*note, *resource);
    auto made = render_kept(std::move(*resource), *kept, note->strict);
    if (made)
        return {std::move(made)};
    const std::string trouble =
        fmt::format("{} with the keys that hitlessd has: {}",
                    newer ? fmt::format("{}. As it is now, it can't be rendered", *newer)
                          : std::string("its template can't be rendered"),
                    made.error().message);
    return {std::move(made), trouble};
}

} // namespace hitless::ctl
