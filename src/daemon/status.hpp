#pragma once

#include "hitless/apply/status_note.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::daemon {

/// What keeps a resource from following the keys, gathered from all that work on it and noted
/// beside dest.
class Status {
  public:
    /// `is_written`: it is noted in the file, which this process then holds.
    Status(std::string dest, bool is_written);
    Status(const Status&) = delete;
    Status& operator=(const Status&) = delete;

    /// Shows hitlessctl from now on that hitlessd keeps dest, also while nothing is wrong.
    void show();

    /// Writes the notes anew if they have been replaced or removed, or if another hitlessd has held
    /// them until now. To be called now and then.
    void keep_shown();

    /// Another hitlessd holds the notes of the same dest.
    [[nodiscard]] bool is_shown_by_another() const;

    /// `teller` tells its troubles apart from those of others.
    void raise(const void* teller, std::string_view source, std::string_view topic,
               std::string_view message);
    void settle(const void* teller, std::string_view topic);
    /// The teller has ended, and its troubles with it.
    void forget(const void* teller);

    /// What the guard holds now.
    void set_held(std::vector<std::string> held);
    [[nodiscard]] bool any_held() const { return !held_.empty(); }

    /// What bad values cost now.
    void set_left_out(const std::vector<apply::SpoiltPtr>& left_out);
    /// For the end of a sentence that says that all is in step; empty: nothing is left out.
    [[nodiscard]] std::string but_for_left_out() const;

    /// A reload that HAProxy is owed.
    struct OwedReload {
        std::vector<std::string> why; ///< some causes; none: no reload is owed
        /// When it is tried; nullopt: that isn't known.
        std::optional<std::chrono::steady_clock::time_point> next;
        bool is_check_refused = false; ///< check_cmd refuses what the keys make now

        bool operator==(const OwedReload&) const = default;
    };
    void set_reload(OwedReload reload);
    [[nodiscard]] const OwedReload& reload() const { return reload_; }

    /// Goes on holding the files of an earlier reading of the confdir until they are written anew,
    /// so that nobody finds them without a hitlessd.
    void take_hold_of(Status& before);

    /// Writes the notes if they don't say what is true now. One that couldn't be written is tried
    /// again.
    void write();

    [[nodiscard]] const std::string& dest() const { return dest_; }
    /// What is to be noted now.
    [[nodiscard]] apply::StatusNote note() const;

  private:
    using Time = apply::FollowNote::Time;

    [[nodiscard]] apply::FollowNote follow_note(const apply::StatusNote& note) const;
    void show_follow(const apply::StatusNote& note);
    [[nodiscard]] bool holds_follow() const;

    using Key = std::pair<const void*, std::string>; ///< teller, topic
    std::string dest_;
    bool is_written_;
    std::map<Key, apply::StatusNote::Trouble> troubles_;
    std::vector<std::string> held_;
    std::vector<apply::SpoiltPtr> left_out_;
    OwedReload reload_;
    std::optional<Time> next_reload_; ///< the same time by the other clock
    apply::StatusNote noted_;
    bool is_shown_ = false; ///< or would be, but for another hitlessd
    base::Hold hold_;
    apply::FollowNote follow_noted_;
    base::Hold follow_hold_;
};

} // namespace hitless::daemon
