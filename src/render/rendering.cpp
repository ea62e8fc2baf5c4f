#include "render/rendering.hpp"

#include "hitless/apply/certificate_gate.hpp"
#include "hitless/apply/key_feed.hpp"
#include "hitless/apply/reports.hpp"
#include "hitless/haproxy/check_output.hpp"
#include "hitless/haproxy/config.hpp"

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

} // namespace

ResourceRenderer::ResourceRenderer(const confd::Resource& resource, bool strict)
    : rules_(apply::rules_of(resource, strict)), resource_(resource), vetter_(rules_) {}

Result<std::unique_ptr<ResourceRenderer>> ResourceRenderer::load(const confd::Resource& resource,
                                                                 const keys::KeyTree& all,
                                                                 bool strict,
                                                                 haproxy::Reading reading) {
    auto renderer = confd::Renderer::load(resource.src);
    if (!renderer)
        return fail("{}: {}", resource.file, renderer.error().message);
    apply::KeyFeed feed(resource.prefix, resource.watched());
    for (const std::string& root : resource.watched())
        feed.apply(snapshot_of(root, all), (*renderer)->tree());
    std::unique_ptr<ResourceRenderer> made(new ResourceRenderer(resource, strict));
    made->renderer_ = std::move(*renderer);
    made->reading_ = reading;
    return made;
}

Result<Rendered> ResourceRenderer::render() {
    auto plain = std::make_shared<confd::Rendering>(renderer_->render({nullptr, !rules_.strict}));
    if (!plain->output.failure && apply::makes_haproxy(*plain, rules_)) {
        auto vetted = vetter_.vet(*renderer_);
        if (!vetted)
            return vetted.error();
        return Rendered{vetted->config.text(), true, vetter_.spoilt(), vetted->rendering,
                        std::move(vetted->news)};
    }
    const gotemplate::Gate gate = apply::make_gate(*renderer_, rules_);
    const bool is_gated = reading_ == haproxy::Reading::lines;
    plain = std::make_shared<confd::Rendering>(
        renderer_->render({is_gated ? &gate : nullptr, is_gated && !rules_.strict}));
    if (plain->output.failure)
        return Error{apply::explain(*plain->output.failure, *renderer_, rules_)};
    if (reading_ == haproxy::Reading::certificates) {
        if (const auto read = apply::expect_certificate(*plain, resource_, rules_); !read)
            return read.error();
    }
    auto spoilt = is_gated ? reports_.of_entries(*renderer_, *plain, rules_)
                           : reports_.of_rendering(*renderer_, *plain, rules_);
    if (rules_.strict && !spoilt.empty())
        return Error{spoilt.front()->message};
    auto news = reports_.update(std::move(spoilt));
    return Rendered{plain->output.text, false, reports_.all(), plain, std::move(news)};
}

bool ResourceRenderer::leave_out(const std::string& text, const apply::Published& refused) {
    const auto config = haproxy::Config::parse(text);
    return config &&
           leave_out(text, haproxy::refused_lines(refused.reason, refused.checked_file, *config));
}

bool ResourceRenderer::leave_out(const std::string& text, const std::map<int, std::string>& lines) {
    const auto config = haproxy::Config::parse(text);
    return config && !rules_.strict && vetter_.refuse(*config, lines);
}

} // namespace hitless::render
