#include "render/program.hpp"

#include "hitless/base/text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/process.hpp>

#include <future>

namespace hitless::render {

namespace process = boost::process;

Result<base::Exit> run_program(const std::vector<std::string>& command, std::string_view input) {
    constexpr int not_found = 127;
    boost::asio::io_context context;
    std::future<std::string> output;
    std::error_code error;
    // env(1) looks the program up in PATH.
    process::child child(
        "/usr/bin/env", process::args(command),
        process::std_in<boost::asio::buffer(input), (process::std_out & process::std_err)> output,
        context, error);
    if (error)
        return fail("can't run {}: {}", command.front(), error.message());
    context.run();
    child.wait(error);
    if (error)
        return fail("can't wait for {}: {}", command.front(), error.message());
    const int status = child.native_exit_code();
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_found)
        return fail("can't run {}: {}", command.front(), base::trim(output.get()));
    return base::Exit{WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
                      output.get()};
}

} // namespace hitless::render
