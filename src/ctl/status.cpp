#include "hitless/base/text.hpp"

#include "ctl/commands.hpp"
#include "ctl/status_text.hpp"
#include "ctl/told.hpp"

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

/// What hitlessd tells of itself, in a terminal.
namespace hitless::ctl {
namespace {

/// As many lines as the terminal has, so that the verdict stays on it.
std::string cut_to_screen(const std::string& text) {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 3)
        return text;
    std::size_t end = 0;
    for (int lines = 0; lines + 2 < size.ws_row; ++lines) {
        end = text.find('\n', end);
        if (end == std::string::npos)
            return text;
        ++end;
    }
    const auto left = std::ranges::count(std::string_view(text).substr(end), '\n');
    return left == 0 ? text : text.substr(0, end) + "… " + counted(left, "line") + " more\n";
}

ExitCode status_once(Context& context) {
    const Options& options = context.options;
    const std::string address = options.http.empty() ? usual_http : options.http;
    const auto status = ask_hitlessd(address, options.timeout);
    if (!status)
        return context.complain(status.error().message);
    if (options.json) {
        // Names may have characters beyond ASCII that a terminal obeys.
        context.out << status->dump(2, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
    } else {
        const std::string text = status_text(*status, context.style());
        const bool fills_screen = context.terminal && !options.watch.empty();
        context.out << (fills_screen ? cut_to_screen(text) : text);
    }
    return tells_in_step(*status) ? done : differs;
}

} // namespace

std::vector<base::Flag> status_flags(Options& options) {
    return {base::text_flag("http", "ADDRESS",
                            "where hitlessd listens (its -http): IP:PORT or the path of a Unix "
                            "socket (default 127.0.0.1:9690)",
                            options.http),
            base::text_flag("watch", "SECONDS",
                            "show it again every so many seconds; without a number, every 2",
                            options.watch)};
}

ExitCode show_status(Context& context) {
    if (context.options.csv)
        return context.complain("status is a text or, with -json, JSON; there is no CSV of it",
                                usage);
    return repeat(context, status_once);
}

} // namespace hitless::ctl
