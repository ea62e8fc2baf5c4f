#include "daemon/live_note.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "base/file_descriptor.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

namespace hitless::daemon {
namespace {

/// What the lines of a process begin with.
std::string begin_of(const haproxy::Info& process) {
    return fmt::format("{} {} ", process.pid, process.start_seconds);
}

} // namespace

LiveNote::LiveNote(const std::string& dest) : path_(base::companion_path(dest, "live")) {}

// A line is appended at once: if we are killed meanwhile, the commands were not sent.
Result<void> LiveNote::add(const haproxy::Info& process,
                           std::span<const plan::ServerChange> servers) {
    const std::string begin = begin_of(process);
    std::string text;
    for (const plan::ServerChange& server : servers) {
        std::string line = fmt::format("{}{}/{}\n", begin, server.backend, server.server);
        if (noted_.contains(line))
            continue;
        text += line;
        noted_.insert(std::move(line));
    }
    if (text.empty())
        return {};
    const base::FileDescriptor file(
        ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!file.is_open() ||
        ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        const auto failure = base::system_error("can't write " + path_);
        noted_.clear();
        return failure;
    }
    return {};
}

void LiveNote::clear() {
    noted_.clear();
    ::unlink(path_.c_str());
}

bool LiveNote::is_set() const {
    return ::access(path_.c_str(), F_OK) == 0;
}

Result<std::set<plan::ServerChange>> LiveNote::read(const haproxy::Info& process) const {
    const auto text = base::read_note(path_, base::most_of_note);
    if (!text)
        return text.error();
    std::set<plan::ServerChange> servers;
    if (!*text)
        return servers;
    const std::string begin = begin_of(process);
    for (std::string_view line : base::split(**text, '\n')) {
        if (!line.starts_with(begin))
            continue;
        line.remove_prefix(begin.size());
        const std::size_t slash = line.find('/');
        if (slash != std::string_view::npos)
            servers.insert(
                {std::string(line.substr(0, slash)), std::string(line.substr(slash + 1))});
    }
    return servers;
}

} // namespace hitless::daemon
