#include "ctl/shell_history.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace hitless::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_lines = 1'000;

/// Readable to its owner only: what is typed may be no one else's business.
bool make_private(const std::string& file) {
    std::error_code error;
    const fs::path folder = fs::path(file).parent_path();
    if (fs::create_directories(folder, error))
        fs::permissions(folder, fs::perms::owner_all, error);
    const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (made >= 0)
        ::close(made);
    return made >= 0;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    auto lines = base::split(text, '\n');
    std::erase(lines, "");
    return lines;
}

/// Written at once, so that lines of several shells don't mix.
void append(const std::string& file, const std::string& line) {
    const int out = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (out < 0)
        return;
    const std::string text = line + "\n";
    if (::write(out, text.data(), text.size()) < 0) {
        // The shell goes on without it, as when there is no file.
    }
    ::close(out);
}

void shorten(const std::string& file) {
    const auto text = base::read_file(file);
    if (!text)
        return;
    const auto lines = lines_of(*text);
    if (lines.size() <= most_lines)
        return;
    std::string kept;
    for (std::size_t i = lines.size() - most_lines; i < lines.size(); ++i)
        kept.append(lines[i]).append("\n");
    auto staged = base::StagedFile::create(file, kept, {.mode = 0600, .uid = {}, .gid = {}});
    if (staged)
        static_cast<void>(staged->commit());
}

} // namespace

ShellHistory::ShellHistory(std::string file) : file_(std::move(file)), lines_(::history_init()) {
    HistEvent event{};
    ::history(lines_.get(), &event, H_SETSIZE, static_cast<int>(most_lines));
    if (!file_.empty() && !make_private(file_))
        file_.clear();
    if (file_.empty())
        return;
    const auto text = base::read_file(file_);
    if (!text)
        return;
    for (const std::string_view line : lines_of(*text))
        enter(std::string(line));
}

ShellHistory::~ShellHistory() {
    if (!file_.empty())
        shorten(file_);
}

void ShellHistory::serve(EditLine* edit) const {
    ::el_set(edit, EL_HIST, ::history, lines_.get());
}

void ShellHistory::remember(const std::string& line) {
    if (line.find_first_not_of(" \t") != 0 || line == last_)
        return;
    enter(line);
    if (!file_.empty())
        append(file_, line);
}

void ShellHistory::enter(const std::string& line) {
    HistEvent event{};
    ::history(lines_.get(), &event, H_ENTER, line.c_str());
    last_ = line;
}

std::string usual_history_file() {
    const char* const state = std::getenv("XDG_STATE_HOME");
    if (state != nullptr && *state == '/')
        return std::string(state) + "/hitlessctl/history";
    const char* const home = std::getenv("HOME");
    if (home != nullptr && *home == '/')
        return std::string(home) + "/.local/state/hitlessctl/history";
    return {};
}

} // namespace hitless::ctl
