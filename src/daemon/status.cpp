#include "daemon/status.hpp"

#include "hitless/base/file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <set>
#include <utility>

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
    note.left_out = left_out_;
    note.reload = reload_.why;
    return note;
}

void Status::write() {
    const apply::StatusNote now = note();
    if (now != noted_)
        show();
    else
        show_follow(now);
}

bool Status::holds_follow() const {
    return base::is_of(follow_hold_, apply::follow_path(dest_));
}

void Status::keep_shown() {
    if (is_shown_ && !(holds_follow() && base::is_of(hold_, apply::status_path(dest_))))
        show();
}

bool Status::is_shown_by_another() const {
    return is_written_ && base::is_held_by_another(apply::follow_path(dest_), follow_hold_);
}

void Status::set_left_out(const std::vector<apply::SpoiltPtr>& left_out) {
    if (left_out_ == left_out)
        return;
    left_out_ = left_out;
    write();
}

std::string Status::but_for_left_out() const {
    return left_out_.empty()
               ? std::string()
               : fmt::format(", but for what {} bad {} would make, which is left out",
                             left_out_.size(), left_out_.size() == 1 ? "value" : "values");
}

void Status::set_reload(OwedReload reload) {
    if (reload_ == reload)
        return;
    reload_ = std::move(reload);
    next_reload_.reset();
    if (reload_.next) {
        const auto left = *reload_.next - std::chrono::steady_clock::now();
        next_reload_ = std::chrono::time_point_cast<std::chrono::milliseconds>(
            std::chrono::system_clock::now() + left);
    }
    write();
}

void Status::take_hold_of(Status& before) {
    is_shown_ = is_shown_ || before.is_shown_; // it may have been told of a trouble already
    hold_ = std::move(before.hold_);
    follow_hold_ = std::move(before.follow_hold_);
    follow_noted_ = std::move(before.follow_noted_);
}

apply::FollowNote Status::follow_note(const apply::StatusNote& note) const {
    apply::FollowNote follow;
    std::set<std::string> sources;
    for (const apply::StatusNote::Trouble& trouble : note.troubles)
        sources.insert(trouble.source);
    follow.trouble_with.assign(sources.begin(), sources.end());
    follow.is_guarded = !note.held.empty();
    follow.next_reload = next_reload_;
    follow.left_out = note.left_out.size();
    follow.is_reload_owed = !note.reload.empty();
    follow.is_check_refused = reload_.is_check_refused;
    const bool is_as_before = follow_hold_ && follow.trouble_with == follow_noted_.trouble_with &&
                              follow.is_guarded == follow_noted_.is_guarded;
    follow.since = is_as_before ? follow_noted_.since
                                : std::chrono::time_point_cast<std::chrono::milliseconds>(
                                      std::chrono::system_clock::now());
    return follow;
}

/// After the other note, so that whoever finds this one held finds the words of the same hitlessd.
void Status::show_follow(const apply::StatusNote& note) {
    apply::FollowNote now = follow_note(note);
    if (!is_written_ || (holds_follow() && now == follow_noted_))
        return;
    auto written = write_follow(dest_, now, follow_hold_);
    if (!written) {
        spdlog::debug("hitlessctl isn't told whether the keys are followed: {}",
                      written.error().message);
        return;
    }
    follow_noted_ = std::move(now);
    follow_hold_ = std::move(*written);
}

/// Waits for the disk in the event loop. That is rare: after the start, only a trouble that begins
/// or ends leads here.
void Status::show() {
    if (!is_written_)
        return;
    is_shown_ = true;
    apply::StatusNote now = note();
    auto written = write_status(dest_, now, hold_);
    if (!written) {
        spdlog::debug("hitlessctl isn't told of what is wrong: {}", written.error().message);
        return;
    }
    noted_ = std::move(now);
    hold_ = std::move(*written);
    show_follow(noted_);
}

} // namespace hitless::daemon
