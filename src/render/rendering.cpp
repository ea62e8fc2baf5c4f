#include "render/rendering.hpp"

#include "hitless/apply/key_feed.hpp"
#include "hitless/apply/vet.hpp"
#include "hitless/confd/renderer.hpp"
#include "hitless/haproxy/config.hpp"

#include <spdlog/spdlog.h>

namespace hitless::render {
namespace {

keys::Update snapshot_of(const std::string& root, const keys::KeyTree& all) {
    std::vector<keys::Entry> entries;
    for (const auto& [key, value] : all.entries()) {
        if (keys::is_within(key, root))
            entries.push_back({key, value});
    }
    return keys::snapshot(root, std::move(entries));
}

/// Without the lines that a key has spoilt. What can't be judged stays as the template has it, and
/// as confd would write it: check_cmd and HAProxy have the last word.
std::string without_spoilt_servers(std::string text, const keys::KeyTree& tree) {
    auto vetted = apply::Vetter().vet(text, tree);
    if (!vetted) {
        spdlog::warn("{}", vetted.error().message);
        return text;
    }
    for (const apply::SpoiltServer& server : vetted->spoilt)
        spdlog::error("{}", server.message);
    if (!vetted->spoilt.empty())
        text = vetted->config.text();
    return text;
}

} // namespace

Result<std::string> render_resource(const confd::Resource& resource, const keys::KeyTree& all) {
    const auto renderer = confd::Renderer::load(resource.src);
    if (!renderer)
        return fail("{}: {}", resource.file, renderer.error().message);
    keys::KeyTree& tree = (*renderer)->tree();
    apply::KeyFeed feed(resource.prefix, resource.watched());
    for (const std::string& root : resource.watched())
        feed.apply(snapshot_of(root, all), tree);
    auto text = (*renderer)->render();
    feed.screen(tree);
    (*renderer)->screen();
    const auto of_fit = (*renderer)->render();
    if (!text || (of_fit && !haproxy::looks_like_haproxy(*of_fit)))
        return text;
    text = (*renderer)->render();
    return text ? without_spoilt_servers(std::move(*text), tree) : std::move(text);
}

} // namespace hitless::render
