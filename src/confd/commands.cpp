#include "hitless/confd/commands.hpp"

#include "hitless/base/subprocess.hpp"
#include "hitless/base/text.hpp"
#include "hitless/gotemplate/template.hpp"

#include "confd/shell_quoting.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace hitless::confd {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_output = 4'000;

/// An Error: the command can't be run, or didn't end.
asio::awaitable<Result<base::Exit>> run(const Resource& resource, std::string_view name,
                                        std::string command, std::chrono::milliseconds limit,
                                        base::Priority priority,
                                        std::vector<std::string> environment) {
    spdlog::debug("running {} of {}: {}", name, resource.file, command);
    auto exit = co_await base::run_shell(command, limit, priority, std::move(environment));
    if (!exit)
        co_return fail("{} of {}: {}", name, resource.file, exit.error().message);
    exit->output = base::trim(exit->output);
    spdlog::debug("{} of {} has ended with status {}; its output: {}", name, resource.file,
                  exit->code, exit->output.empty() ? "none" : exit->output);
    co_return exit;
}

/// Of a command that says nothing, it is told what was run. It stands in quotes, since /status,
/// which anybody may read, leaves out what is in quotes.
std::string failure(const Resource& resource, std::string_view name, std::string_view command,
                    const base::Exit& exit) {
    return fmt::format(
        "{} of {} failed with status {}{}", name, resource.file, exit.code,
        exit.output.empty()
            ? fmt::format(", without a word; it was run as '{}'{}",
                          base::printable(command, most_output),
                          name == "check_cmd"
                              ? " on the new file, before it became dest. If it said which lines "
                                "it refuses (haproxy -c without -q), only they would be left out"
                              : "")
            : ": " + base::printable(exit.output, most_output));
}

/// The shell has found no such program, or none that may be run.
bool is_not_there(const base::Exit& exit) {
    return exit.code == 126 || exit.code == 127;
}

/// What a command's `{{.src}}` and `{{.dest}}` stand for.
struct Paths {
    std::string src;
    std::string dest;
};

/// What is put into the template of a command: the paths themselves, or, when the shell wouldn't
/// take them as they are, words that are replaced when it is known where they stand.
Paths stand_ins(const Paths& paths, std::string_view command) {
    if (is_plain_word(paths.src) && is_plain_word(paths.dest))
        return paths;
    const std::string src = unused_word(command, "HitlessPathOfSrc");
    return {src, paths.src == paths.dest ? src : unused_word(command, "HitlessPathOfDest")};
}

/// The output of a command's template, with the paths in the place of their stand-ins.
Result<std::string> with_paths(std::string output, const Paths& stand_ins, const Paths& paths) {
    if (stand_ins.src == paths.src)
        return output;
    const std::array<StandIn, 2> words{{{stand_ins.src, paths.src}, {stand_ins.dest, paths.dest}}};
    return replace_stand_ins(output, words);
}

/// check_cmd with its paths. confd takes it for a whole template, and so do we.
Result<std::string> check_command(const Resource& resource, const std::string& staged_file) {
    const auto command = gotemplate::Template::parse("checkcmd", resource.check_cmd, {});
    if (!command)
        return command.error();
    const Paths paths{staged_file, resource.dest};
    const Paths words = stand_ins(paths, resource.check_cmd);
    auto output = command->execute(gotemplate::Map{{"src", words.src}, {"dest", words.dest}});
    if (!output)
        return output.error();
    return with_paths(std::move(*output), words, paths);
}

/// The paths as a template's data in which any other name is an error.
class PathsOnly : public gotemplate::Object {
  public:
    explicit PathsOnly(const Paths& paths) : fields_{{{"src", paths.src}, {"dest", paths.dest}}} {}
    [[nodiscard]] std::string type_name() const override { return "paths"; }
    [[nodiscard]] std::optional<Result<gotemplate::Value>>
    member(std::string_view, std::span<const gotemplate::Value>) const override {
        return std::nullopt;
    }
    [[nodiscard]] std::string print() const override { return {}; }
    [[nodiscard]] std::span<const gotemplate::Field> fields() const override { return fields_; }

  private:
    std::array<gotemplate::Field, 2> fields_;
};

/// The output of reload_cmd's template, or nullopt when it is none of ours: to confd 0.16 a
/// reload_cmd is no template, so that it may hold one of somebody else, as in
/// `docker ps --format '{{.ID}}'`.
std::optional<std::string> execute_reload(const Resource& resource, const Paths& words) {
    const std::string& text = resource.reload_cmd;
    const auto has = [&](const char* part) { return text.find(part) != std::string::npos; };
    if (!has("{{") || !(has(".src") || has(".dest")))
        return std::nullopt;
    const auto command = gotemplate::Template::parse("reloadcmd", text, {});
    auto output = command ? command->execute(gotemplate::Value(std::make_shared<PathsOnly>(words)))
                          : Result<std::string>(command.error());
    if (output)
        return std::move(*output);
    spdlog::debug("reload_cmd of {} is run as it is written, since it isn't a template of "
                  "hitlessd: {}",
                  resource.file, output.error().message);
    return std::nullopt;
}

/// reload_cmd with its paths. The staged file has become dest.
Result<std::string> reload_command(const Resource& resource) {
    const Paths paths{resource.dest, resource.dest};
    const Paths words = stand_ins(paths, resource.reload_cmd);
    auto output = execute_reload(resource, words);
    if (!output)
        return resource.reload_cmd;
    return with_paths(std::move(*output), words, paths);
}

} // namespace

asio::awaitable<Result<std::optional<std::string>>> check(const Resource& resource,
                                                          std::string staged_file,
                                                          std::chrono::milliseconds limit,
                                                          std::vector<std::string> environment) {
    if (resource.check_cmd.empty())
        co_return std::nullopt;
    auto command = check_command(resource, staged_file);
    if (!command)
        co_return fail("check_cmd of {}: {}", resource.file, command.error().message);
    const auto exit = co_await run(resource, "check_cmd", *command, limit, base::Priority::low,
                                   std::move(environment));
    if (!exit)
        co_return exit.error();
    if (exit->code == 0)
        co_return std::nullopt;
    std::string refusal = failure(resource, "check_cmd", *command, *exit);
    if (is_not_there(*exit))
        co_return Error{std::move(refusal)};
    co_return refusal;
}

asio::awaitable<Result<std::string>> reload(const Resource& resource,
                                            std::chrono::milliseconds limit,
                                            std::vector<std::string> environment) {
    if (resource.reload_cmd.empty())
        co_return std::string();
    auto command = reload_command(resource);
    if (!command)
        co_return fail("reload_cmd of {}: {}", resource.file, command.error().message);
    const auto exit = co_await run(resource, "reload_cmd", *command, limit, base::Priority::normal,
                                   std::move(environment));
    if (!exit)
        co_return exit.error();
    if (exit->code != 0)
        co_return Error{failure(resource, "reload_cmd", *command, *exit)};
    co_return base::printable(exit->output, most_output);
}

} // namespace hitless::confd
