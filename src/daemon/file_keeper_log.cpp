#include "hitless/haproxy/check_output.hpp"

#include "base/event.hpp"
#include "daemon/file_keeper.hpp"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

// What the FileKeeper tells.
namespace hitless::daemon {

using std::chrono::milliseconds;

std::string FileKeeper::due_in_words() const {
    return fmt::format("{}", fmt::join(in_words(machine_.due(), most_reasons), "; "));
}

/// A reload that waits only since there was one a moment ago, once.
void FileKeeper::tell_wait() {
    const auto now = Clock::now();
    const auto until = machine_.reload_not_before();
    const bool is_waiting = machine_.reload_is_due() && until > now;
    if (!is_waiting || reloads_ == 0 || complaints_.raised("reload") ||
        std::exchange(told_wait_, until) == until)
        return;
    spdlog::info("the reload of HAProxy waits {:.1f} s, since -reload-interval is {} s. Why it is "
                 "needed: {}",
                 std::chrono::duration<double>(until - now).count(),
                 std::chrono::duration<double>(kept_.options.reload_interval).count(),
                 due_in_words());
}

/// nullopt also where nothing is there that could reload HAProxy, which is a trouble.
std::optional<FileKeeper::Clock::time_point> FileKeeper::next_reload() const {
    const bool can_reload =
        !kept_.resource.reload_cmd.empty() || !kept_.options.haproxy_master.empty();
    return can_reload ? machine_.next_reload() : std::nullopt;
}

/// For hitlessctl: why a reload is owed, and when it comes.
void FileKeeper::note_owed_reload() {
    if (kept_.publishing.sync_only)
        return;
    const plan::Obstacles& why = machine_.awaited();
    const bool is_checking = machine_.is_writing(); // nobody knows how long
    const auto next = is_checking ? std::nullopt : next_reload();
    if (next && *next <= Clock::now()) // it begins: it needn't wait for the note
        return;
    Status::OwedReload owed = kept_.status.reload();
    if (why != told_owed_) {
        told_owed_ = why;
        owed.why = in_words(why, most_reasons);
    }
    owed.next = next;
    owed.is_check_refused = machine_.is_refused() && complaints_.raised("file");
    kept_.status.set_reload(std::move(owed));
}

/// What waits, for what and until when.
void FileKeeper::tell_turn() {
    tell_wait();
    const auto next = machine_.next_turn();
    std::string text;
    if (next != Clock::time_point::max() && machine_.file_is_due())
        text =
            fmt::format("{} waits to be written, {}", kept_.resource.dest,
                        machine_.is_put_back()       ? "since the reload with it has failed"
                        : complaints_.raised("file") ? "since that has failed"
                                                     : "since there is a pause between two checks");
    else if (next != Clock::time_point::max())
        text = fmt::format("the reload waits: {} s at least between two tries, and growing pauses "
                           "after one that failed. Why it is needed: {}",
                           std::chrono::duration<double>(kept_.options.reload_interval).count(),
                           due_in_words());
    if (std::exchange(told_turn_, text) == text || text.empty())
        return;
    const auto now = Clock::now();
    const auto left = std::chrono::duration_cast<milliseconds>(std::max(next, now) - now);
    spdlog::debug("{}. {} ms are left", text, std::max(left, milliseconds(0)).count());
}

void FileKeeper::tell_failed_reload(const std::string& what) {
    const std::string_view state = owner_.any_answers()       ? ", HAProxy runs on as it was"
                                   : owner_.sockets().empty() ? ""
                                                              : ", no HAProxy answers";
    complaints_.raise("reload", fmt::format("the reload failed{}, and the reload is tried again "
                                            "with growing pauses: {}",
                                            state, what));
    const auto left = machine_.reload_not_before() - Clock::now();
    spdlog::debug("the next try of the reload is in {} ms",
                  std::chrono::duration_cast<milliseconds>(left).count());
}

/// Each change is one line: where HAProxy is told of it, that says it all.
void FileKeeper::tell_written(Clock::duration took) const {
    const auto level = kept_.publishing.sync_only || !owner_.any_answers() ? spdlog::level::info
                                                                           : spdlog::level::debug;
    log(level, base::Event("wrote")
                   .with("dest", kept_.resource.dest)
                   .took(std::chrono::duration_cast<milliseconds>(took)));
    if (machine_.noted().empty())
        spdlog::debug("no reload is needed for {}", kept_.resource.dest);
}

/// The output of check_cmd, and what may be behind it.
std::string FileKeeper::why_refused(const apply::Published& published) const {
    std::string output =
        haproxy::as_told(published.reason, published.checked_file, kept_.resource.dest);
    if (missing_.empty())
        return output;
    return fmt::format("{} (the file names environment variables that neither hitlessd nor HAProxy "
                       "has, so that they are empty: {}; start hitlessd with them)",
                       output, fmt::join(missing_, ", "));
}

} // namespace hitless::daemon
