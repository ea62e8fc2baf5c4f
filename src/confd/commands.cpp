#include "hitless/confd/commands.hpp"

#include "hitless/base/subprocess.hpp"
#include "hitless/base/text.hpp"
#include "hitless/gotemplate/template.hpp"

#include <spdlog/spdlog.h>

namespace hitless::confd {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_output = 4'000;

asio::awaitable<Result<void>> run(const Resource& resource, std::string_view name,
                                  std::string command, std::chrono::milliseconds limit,
                                  base::Priority priority) {
    spdlog::debug("running {}", command);
    const auto exit = co_await base::run_shell(command, limit, priority);
    if (!exit)
        co_return fail("{} of {}: {}", name, resource.file, exit.error().message);
    const std::string_view output = base::trim(exit->output);
    spdlog::debug("status {} of {}: {}", exit->code, name, output);
    if (exit->code == 0)
        co_return Result<void>{};
    co_return fail("{} of {} failed with status {}{}{}", name, resource.file, exit->code,
                   output.empty() ? "" : ": ", base::printable(output, most_output));
}

/// check_cmd with its `{{.src}}`. confd takes it for a whole template, and so do we.
Result<std::string> check_command(const Resource& resource, const std::string& staged_file) {
    const auto command = gotemplate::Template::parse("checkcmd", resource.check_cmd, {});
    if (!command)
        return command.error();
    return command->execute(gotemplate::Map{{"src", staged_file}});
}

} // namespace

asio::awaitable<Result<void>> check(const Resource& resource, const std::string& staged_file,
                                    std::chrono::milliseconds limit) {
    if (resource.check_cmd.empty())
        co_return Result<void>{};
    auto command = check_command(resource, staged_file);
    if (!command)
        co_return fail("check_cmd of {}: {}", resource.file, command.error().message);
    co_return co_await run(resource, "check_cmd", std::move(*command), limit, base::Priority::low);
}

asio::awaitable<Result<void>> reload(const Resource& resource, std::chrono::milliseconds limit) {
    if (resource.reload_cmd.empty())
        co_return Result<void>{};
    co_return co_await run(resource, "reload_cmd", resource.reload_cmd, limit,
                           base::Priority::normal);
}

} // namespace hitless::confd
