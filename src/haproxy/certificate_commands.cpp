#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"

#include <utility>

// Commands that change certificates (management.txt, 9.3).
namespace hitless::haproxy::command {
namespace {

Result<std::string> certificate_line(std::string_view verb, std::string_view file) {
    // `*` would mean what somebody has begun to change.
    if (file.empty() || file.starts_with('*'))
        return fail("no command can name the file '{}'", base::printable(file, 80));
    return line({std::string(verb), "ssl", "cert", std::string(file)});
}

} // namespace

Result<Command> set_certificate(std::string_view file, const Certificate& certificate) {
    auto text = certificate_line("set", file);
    if (!text)
        return text.error();
    Command command = Command::with_payload(*text + " <<", certificate.text);
    if (const auto wire = to_wire(command); !wire)
        return wire.error();
    return command;
}

Result<std::string> commit_certificate(std::string_view file) {
    return certificate_line("commit", file);
}

Result<Command> abort_certificate(std::string_view file) {
    auto text = certificate_line("abort", file);
    if (!text)
        return text.error();
    Command command(std::move(*text));
    command.success = Success{}; // "No ongoing transaction!" is as well
    return command;
}

Result<std::string> show_certificate(std::string_view file) {
    return certificate_line("show", file);
}

} // namespace hitless::haproxy::command
