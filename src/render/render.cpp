#include "hitless/render/render.hpp"

#include "hitless/apply/certificate_gate.hpp"
#include "hitless/apply/publish.hpp"
#include "hitless/base/file.hpp"
#include "hitless/base/secrets.hpp"
#include "hitless/base/text.hpp"
#include "hitless/confd/commands.hpp"
#include "hitless/haproxy/environment.hpp"
#include "hitless/haproxy/uses.hpp"
#include "hitless/keys/keys_file.hpp"
#include "hitless/render/compare.hpp"

#include "base/run_to_end.hpp"
#include "render/origins.hpp"
#include "render/program.hpp"
#include "render/rendering.hpp"
#include "render/slots.hpp"
#include "render/source.hpp"

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <ostream>
#include <set>
#include <span>
#include <string>

namespace hitless::render {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::minutes longest_command{1};

ExitCode fail_with(const Error& error) {
    spdlog::error("{}", error.message);
    return failed;
}

/// The worst of two: an error, then a difference.
ExitCode worse(ExitCode a, ExitCode b) {
    return a == failed || b == failed ? failed : std::max(a, b);
}

/// `is_secret`: only the owner may read the file.
Result<void> write_out(const std::string& file, std::string_view text, std::ostream& output,
                       bool is_secret = false) {
    if (file == "-") {
        output << text;
        return {};
    }
    base::FileAccess access;
    if (is_secret)
        access.mode = apply::mode_of_certificates;
    auto staged = base::StagedFile::create(file, text, access);
    if (!staged)
        return staged.error();
    return staged->commit();
}

/// The resources to render, and done or failed.
ExitCode load(const confd::Settings& settings, const Options& options,
              std::vector<confd::Resource>& chosen) {
    auto resources = confd::load_resources(settings.confdir, settings.prefix);
    ExitCode code = done;
    for (const Error& error : resources.errors)
        code = fail_with(error);
    chosen = std::move(resources.loaded);
    if (!options.resource.empty()) {
        std::erase_if(chosen, [&](const auto& r) { return !r.is_named(options.resource); });
        if (chosen.empty())
            return fail_with(
                fail("there is no template resource '{}' in {}/conf.d: name its file or "
                     "its dest",
                     base::printable(options.resource), settings.confdir));
        return done;
    }
    if (chosen.empty() && code == done)
        spdlog::warn("there are no template resources (*.toml) in {}/conf.d", settings.confdir);
    return code;
}

/// Has haproxy judge the text. A file of its own, since HAProxy reads no pipe twice.
ExitCode check_text(const confd::Resource& resource, const std::string& text) {
    const std::string directory = std::filesystem::temp_directory_path().string();
    const auto staged =
        base::StagedFile::create(directory + "/hitless-render.cfg", text, {0600, {}, {}});
    if (!staged)
        return fail_with(staged.error());
    const auto ended = run_program({"haproxy", "-c", "-f", staged->path()}, "");
    if (!ended)
        return fail_with(ended.error());
    if (ended->code != 0) {
        spdlog::error("haproxy refuses what {} renders:", resource.src);
        // A message each: the log spells out line breaks within one.
        for (const std::string_view line : base::split(base::trim(ended->output), '\n'))
            spdlog::error("    {}", base::printable(line, 1'000));
        return failed;
    }
    spdlog::info("haproxy accepts what {} renders", resource.src);
    return done;
}

nlohmann::json describe_left_out(const std::vector<apply::SpoiltPtr>& left_out) {
    nlohmann::json all = nlohmann::json::array();
    for (const apply::SpoiltPtr& one : left_out)
        all.push_back({{"source", one->source}, {"what", one->what}, {"message", one->message}});
    return all;
}

/// Tells how much of the result bad values have cost. What, and why, is in the log already.
ExitCode judge_left_out(const confd::Resource& resource, std::size_t number) {
    if (number == 0)
        return done;
    spdlog::error("bad values cost {} {} of what {} renders: see the messages above", number,
                  number == 1 ? "part" : "parts", resource.src);
    return incomplete;
}

ExitCode show_difference(const confd::Resource& resource, const std::string& text, bool colour,
                         std::ostream& output) {
    const auto difference = unified_difference(resource.dest, text, colour);
    if (!difference)
        return fail_with(difference.error());
    output << *difference;
    return difference->empty() ? done : differs;
}

/// Says what became of the text, and reloads where it was written.
asio::awaitable<ExitCode> finish(const confd::Resource& resource, std::string_view text,
                                 apply::Published published, apply::PublishOptions options) {
    using Kind = apply::Published::Kind;
    switch (published.kind) {
    case Kind::unchanged:
        spdlog::info("{} is in sync", resource.dest);
        co_return done;
    case Kind::would_change:
        spdlog::info("noop: {} would get {} bytes", resource.dest, text.size());
        co_return done;
    case Kind::refused:
        co_return fail_with(fail("{} stays as it is, its check_cmd refuses the new one: {}",
                                 resource.dest, published.reason));
    case Kind::written:
        break;
    }
    spdlog::info("wrote {}", resource.dest);
    if (options.sync_only)
        co_return done;
    const auto reloaded = co_await confd::reload(resource, longest_command);
    co_return reloaded ? done
                       : fail_with(fail("{} is written, but its reload_cmd failed: {}",
                                        resource.dest, reloaded.error().message));
}

/// Files that a configuration names come before it: its check_cmd looks for them.
void used_files_first(std::vector<confd::Resource>& resources) {
    std::set<std::filesystem::path> used;
    for (const confd::Resource& resource : resources) {
        const auto text = base::read_file(resource.src); // what is wrong with it is said later
        if (!text)
            continue;
        for (const haproxy::FileUse& use :
             haproxy::file_uses(*text, haproxy::own_environment(), resource.dest))
            used.insert(std::filesystem::path(use.path).lexically_normal());
    }
    std::stable_partition(resources.begin(), resources.end(), [&](const confd::Resource& resource) {
        const std::filesystem::path dest(resource.dest);
        const auto directory = dest.parent_path(); // of which HAProxy may read all files
        return used.contains(dest) || used.contains(directory) || used.contains(directory / "");
    });
}

/// One run over the chosen resources.
class Run {
  public:
    Run(const confd::Settings& settings, const Options& options, std::ostream& output)
        : settings_(settings), options_(options), output_(output) {}

    ExitCode operator()() {
        std::vector<confd::Resource>& resources = resources_;
        const ExitCode loaded = load(settings_, options_, resources);
        if (resources.empty())
            return loaded;
        if (!options_.out.empty() && resources.size() > 1)
            return fail_with(
                fail("-out takes one result, and there are {} template resources: choose "
                     "one with -resource",
                     resources.size()));
        const auto keys = read_keys(settings_, options_, resources);
        if (!keys)
            return fail_with(with_hint(keys.error(), resources));
        if (!options_.dump_keys.empty()) {
            if (auto written =
                    write_out(options_.dump_keys, keys::write_keys(keys->entries()), output_);
                !written)
                return fail_with(written.error());
            if (!options_.shows_results())
                return loaded;
        }
        used_files_first(resources);
        gated_ = apply::gated_files(resources);
        ExitCode code = loaded;
        for (const confd::Resource& resource : resources)
            code = worse(code, handle(resource, *keys));
        if (options_.json)
            output_ << changes_.dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
                    << '\n';
        return code;
    }

  private:
    /// Where the keys are to be had when etcd is gone.
    [[nodiscard]] Error with_hint(Error error,
                                  const std::vector<confd::Resource>& resources) const {
        const std::string kept = options_.keys.empty() ? kept_keys_of(resources) : std::string();
        if (!kept.empty())
            error.message += fmt::format(
                ". The last keys that hitlessd has read are in {0}: try -keys {0}", kept);
        return error;
    }

    [[nodiscard]] haproxy::Reading reading_of(const confd::Resource& resource) const {
        return haproxy::reading_of(gated_, resource.dest);
    }

    ExitCode handle(const confd::Resource& resource, const keys::KeyTree& keys) {
        const auto renderer =
            ResourceRenderer::load(resource, keys, settings_.strict, reading_of(resource));
        if (!renderer)
            return fail_with(renderer.error());
        if (!options_.only_shows())
            return bring_into_place(resource, **renderer);
        auto rendered = (*renderer)->render();
        if (!rendered) {
            const ExitCode code = fail_with(rendered.error());
            return is_only_strict(resource, keys) ? incomplete : code;
        }
        apply::log(rendered->news);
        if ((options_.origins || options_.explain != 0) && base::has_private_key(rendered->text))
            return fail_with(fail("what {} renders holds a private key, so its lines aren't shown",
                                  resource.src));
        if (options_.origins || options_.explain != 0)
            return show_origins(resource, **renderer, *rendered);
        const std::string text = with_slots(resource, std::move(rendered->text), options_.slots);
        const ExitCode code = show(resource, text, rendered->spoilt);
        return options_.check ? worse(code, judge_left_out(resource, rendered->spoilt.size()))
                              : code;
    }

    /// -check has nothing to judge, since -strict leaves nothing out; without it, all but what bad
    /// values cost would have been there.
    [[nodiscard]] bool is_only_strict(const confd::Resource& resource,
                                      const keys::KeyTree& keys) const {
        if (!options_.check || !settings_.strict)
            return false;
        const auto lenient = ResourceRenderer::load(resource, keys, false, reading_of(resource));
        return lenient && (*lenient)->render();
    }

    ExitCode show_origins(const confd::Resource& resource, const ResourceRenderer& renderer,
                          const Rendered& rendered) {
        const auto lines = apply::origins_of(rendered.text, *rendered.known, renderer.renderer(),
                                             renderer.rules());
        const auto number = static_cast<std::size_t>(options_.explain);
        if (number > lines.size())
            return fail_with(fail("what {} makes has {} lines, and no line {}", resource.src,
                                  lines.size(), number));
        const auto shown = number == 0 ? std::span(lines) : std::span(lines).subspan(number - 1, 1);
        if (options_.json)
            changes_.push_back(
                {{"resource", resource.file}, {"dest", resource.dest}, {"lines", to_json(shown)}});
        else if (number == 0)
            print_origins(shown, output_);
        else
            explain_line(shown.front(), renderer.renderer().name(), output_);
        return done;
    }

    /// Lines that check_cmd refuses are left out where a value brought them, and it is tried again.
    ExitCode bring_into_place(const confd::Resource& resource, ResourceRenderer& renderer) {
        constexpr int most_tries = 100;
        const apply::PublishOptions how{settings_.sync_only, settings_.keep_stage_file,
                                        settings_.noop};
        for (int tries = 1;; ++tries) {
            auto rendered = renderer.render();
            if (!rendered)
                return fail_with(rendered.error());
            apply::log(rendered->news);
            const std::string text =
                with_slots(resource, std::move(rendered->text), options_.slots);
            const confd::Resource published_as =
                apply::with_mode_for(resource, reading_of(resource));
            const auto published = base::run_to_end(apply::publish(published_as, text, how));
            if (!published)
                return fail_with(
                    fail("{} stays as it is: {}", resource.dest, published.error().message));
            const bool is_refused = published->kind == apply::Published::Kind::refused;
            if (is_refused && tries < most_tries && renderer.leave_out(text, *published))
                continue;
            return base::run_to_end(finish(resource, text, *published, how));
        }
    }

    ExitCode show(const confd::Resource& resource, const std::string& text,
                  const std::vector<apply::SpoiltPtr>& left_out) {
        ExitCode code = done;
        // A map, a list or a certificate has been judged as such while it was rendered.
        if (options_.check && reading_of(resource) == haproxy::Reading::whole)
            code = check_text(resource, text);
        else if (options_.check)
            spdlog::info("what {} renders is usable: a file that the configuration names",
                         resource.src);
        if (options_.to_stdout)
            output_ << text;
        if (!options_.out.empty() && code == done) {
            const bool is_secret = base::has_private_key(text);
            if (auto written = write_out(options_.out, text, output_, is_secret); !written)
                code = fail_with(written.error());
        }
        if (options_.diff)
            code = worse(code, show_difference(resource, text, options_.colour, output_));
        if (options_.json) {
            auto changes = describe_changes(resource, text, resources_);
            if (!changes)
                return fail_with(changes.error());
            (*changes)["left_out"] = describe_left_out(left_out);
            changes_.push_back(std::move(*changes));
        }
        return code;
    }

    const confd::Settings& settings_;
    const Options& options_;
    std::ostream& output_;
    std::vector<confd::Resource> resources_;
    std::vector<haproxy::FileUse> gated_; ///< see apply::gated_files()
    nlohmann::json changes_ = nlohmann::json::array();
};

} // namespace

ExitCode render(const confd::Settings& settings, const Options& options, std::ostream& output) {
    return Run(settings, options, output)();
}

} // namespace hitless::render
