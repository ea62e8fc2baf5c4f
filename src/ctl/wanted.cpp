#include "ctl/wanted.hpp"

#include "hitless/base/text.hpp"
#include "hitless/confd/settings.hpp"

#include "confd/options.hpp"
#include "ctl/managed.hpp"
#include "render/rendering.hpp"
#include "render/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

namespace hitless::ctl {
namespace {

namespace fs = std::filesystem;

/// confd's flags that say how it runs, not where things are.
constexpr std::array of_running = {"interval", "keep-stage-file", "log-level", "noop",
                                   "onetime",  "sync-only",       "watch"};

/// The resource that the flag names, or whose dest is the file, or the only one.
Result<confd::Resource> choose(const confd::Settings& settings, const std::string& name,
                               const std::string& file) {
    auto resources = confd::load_resources(settings.confdir, settings.prefix);
    std::error_code ignored;
    for (const confd::Resource& resource : resources.loaded) {
        if (name.empty() ? fs::equivalent(resource.dest, file, ignored) : resource.is_named(name))
            return resource;
    }
    if (!resources.errors.empty())
        return resources.errors.front();
    if (!name.empty())
        return fail("there is no template resource '{}' in {}/conf.d", base::printable(name),
                    settings.confdir);
    return fail("no template resource in {}/conf.d has the dest {}; name one with --resource",
                settings.confdir, file);
}

Result<Wanted> render(const Options& options, ConfigFile file) {
    const confd::Program program{"hitlessctl", "", "", "", {}};
    const confd::CommandLine line = confd::read_command_line(options.confd, program);
    if (line.action != confd::CommandLine::Action::run)
        return fail("{}", line.text.substr(0, line.text.find('\n')));
    auto resource = choose(line.settings, options.resource, file.path);
    if (!resource)
        return resource.error();
    auto keys = render::read_keys(line.settings, render::Options(),
                                  std::vector<confd::Resource>(1, *resource));
    if (!keys)
        return keys.error();
    auto renderer = render::ResourceRenderer::load(*resource, *keys, line.settings.strict);
    if (!renderer)
        return renderer.error();
    auto rendered = (*renderer)->render();
    if (!rendered)
        return rendered.error();
    auto config = haproxy::Config::parse(std::move(rendered->text));
    if (!config)
        return fail("{} renders no configuration of HAProxy: {}", resource->src,
                    config.error().message);
    return Wanted{std::move(file), std::move(*config), std::move(*resource), std::move(*keys),
                  "the registry"};
}

} // namespace

std::vector<base::Flag> wanted_flags(Options& options) {
    std::vector<base::Flag> flags;
    for (const confd::Option& option : confd::options()) {
        const bool is_shown = *option.help != '\0';
        if (!is_shown ||
            std::ranges::find(of_running, std::string_view(option.flag)) != of_running.end())
            continue;
        flags.push_back({option.flag, option.value, option.help,
                         [&options, name = option.flag](const std::string& value) {
                             options.confd.push_back(fmt::format("-{}={}", name, value));
                             return Result<void>();
                         }});
    }
    flags.push_back(base::text_flag(
        "resource", "NAME", "the template resource (default: the one whose dest is the file)",
        options.resource));
    return flags;
}

Result<Wanted> find_wanted(const Options& options, long pid) {
    auto file = find_config(options, pid);
    if (!file)
        return file.error();
    if (!options.confd.empty())
        return render(options, std::move(*file));
    Wanted wanted{*file, file->config, {}, {}, {}};
    if (const auto kept = read_kept_keys(*file)) {
        wanted.keys.replace("/", kept->entries);
        wanted.keys_from = kept->path;
    }
    return wanted;
}

} // namespace hitless::ctl
