#include "hitless/apply/live_note.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "base/file_descriptor.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace hitless::apply {
namespace {

namespace fs = std::filesystem;

/// What the lines of a process begin with.
std::string begin_of(const haproxy::Info& process) {
    return fmt::format("{} {} ", process.pid, process.start_seconds);
}

} // namespace

LiveNote::LiveNote(const std::string& dest)
    : dest_(dest), path_(base::companion_path(dest, "live")) {}

// A line is appended at once: if we are killed meanwhile, the commands were not sent.
Result<void> LiveNote::add(const haproxy::Info& process, std::span<const plan::ServerId> servers) {
    const std::string begin = begin_of(process);
    std::string text;
    const auto note = [&](std::string line) {
        if (noted_.insert(line).second)
            text += line;
    };
    note(begin + "changed\n");
    for (const plan::ServerId& server : servers)
        note(fmt::format("{}{}/{}\n", begin, server.backend, server.server));
    if (text.empty()) {
        outdate_dest();
        return {};
    }
    const auto file = base::open_note(path_, O_APPEND);
    if (!file) {
        noted_.clear();
        return file.error();
    }
    if (::write(file->get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
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

void LiveNote::confirm_dest() const {
    constexpr timespec long_ago[2] = {};
    ::utimensat(AT_FDCWD, path_.c_str(), long_ago, AT_SYMLINK_NOFOLLOW);
}

void LiveNote::outdate_dest() const {
    ::utimensat(AT_FDCWD, path_.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
}

Result<std::vector<std::string>> LiveNote::lines(const haproxy::Info& process) const {
    const auto text = base::read_note(path_, base::most_of_note);
    if (!text)
        return text.error();
    std::vector<std::string> found;
    if (!*text)
        return found;
    const std::string begin = begin_of(process);
    for (const std::string_view line : base::split(**text, '\n')) {
        if (line.starts_with(begin))
            found.emplace_back(line.substr(begin.size()));
    }
    return found;
}

Result<bool> LiveNote::is_newer_than_dest(const haproxy::Info& process) const {
    const auto of_process = lines(process);
    if (!of_process)
        return of_process.error();
    std::error_code gone;
    const auto noted = fs::last_write_time(path_, gone);
    if (gone || of_process->empty()) // dest has been written meanwhile
        return false;
    const auto written = fs::last_write_time(dest_, gone);
    return gone || noted > written;
}

Result<std::set<plan::ServerId>> LiveNote::read(const haproxy::Info& process) const {
    const auto of_process = lines(process);
    if (!of_process)
        return of_process.error();
    std::set<plan::ServerId> servers;
    for (const std::string& line : *of_process) {
        const std::size_t slash = line.find('/');
        if (slash != std::string::npos)
            servers.insert({line.substr(0, slash), line.substr(slash + 1)});
    }
    return servers;
}

} // namespace hitless::apply
