#include "hitless/base/text.hpp"

#include "ctl/program.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <ostream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace hitless::ctl {

Style Context::style() const {
    Style style;
    style.colour = options.colour == "always" ||
                   (options.colour == "auto" && terminal && std::getenv("NO_COLOR") == nullptr);
    winsize size{};
    if (terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        style.width = size.ws_col;
    return style;
}

ExitCode Context::complain(const std::string& message, ExitCode code) const {
    out.flush();
    err << "hitlessctl: " << message << '\n';
    return code;
}

std::list<Channel> Context::channels() const {
    std::list<Channel> all;
    const auto targets = find_targets(options);
    if (!targets) {
        complain(targets.error().message);
        return all;
    }
    for (const Target& target : *targets)
        all.emplace_back(target, options.timeout);
    return all;
}

std::unique_ptr<Channel> Context::channel() const {
    const auto targets = find_targets(options);
    if (!targets) {
        complain(targets.error().message);
        return nullptr;
    }
    return std::make_unique<Channel>(targets->front(), options.timeout);
}

ExitCode Context::print(Table table) const {
    if (auto sorted = sort_rows(table, options.sort); !sorted)
        return complain(sorted.error().message, usage);
    out << show(table, options.format(), style());
    return done;
}

} // namespace hitless::ctl
