#include "daemon/status.hpp"

#include <spdlog/spdlog.h>

namespace hitless::daemon {

Status::Status(std::string dest, bool is_written)
    : dest_(std::move(dest)), is_written_(is_written) {}

void Status::raise(const void* teller, std::string_view source, std::string_view topic,
                   std::string_view message) {
    troubles_[{teller, std::string(topic)}] = {std::string(source), std::string(message)};
    write();
}

void Status::settle(const void* teller, std::string_view topic) {
    if (troubles_.erase({teller, std::string(topic)}) > 0)
        write();
}

void Status::forget(const void* teller) {
    if (std::erase_if(troubles_, [&](const auto& entry) { return entry.first.first == teller; }) >
        0)
        write();
}

void Status::set_held(std::vector<std::string> held) {
    held_ = std::move(held);
    write();
}

apply::StatusNote Status::note() const {
    apply::StatusNote note;
    for (const auto& [key, trouble] : troubles_)
        note.troubles.push_back(trouble);
    note.held = held_;
    return note;
}

void Status::write() {
    if (note() != noted_)
        show();
}

/// A few times at most while something is wrong, so that waiting for the disk does no harm.
void Status::show() {
    if (!is_written_)
        return;
    apply::StatusNote now = note();
    auto written = write_status(dest_, now);
    if (!written) {
        spdlog::debug("hitlessctl isn't told of what is wrong: {}", written.error().message);
        return;
    }
    noted_ = std::move(now);
    hold_ = std::move(*written);
}

} // namespace hitless::daemon
