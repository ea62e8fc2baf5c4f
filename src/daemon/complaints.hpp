#pragma once

#include "daemon/status.hpp"

#include <map>
#include <string>
#include <string_view>

namespace hitless::daemon {

/// Says each trouble once, however often it is met, and once when it is over.
class Complaints {
  public:
    using Told = std::map<std::string, std::string, std::less<>>; ///< texts by their topics

    Complaints() = default;
    /// What is raised is told to `status` as well, as trouble of `source` (apply::StatusNote).
    Complaints(Status& status, std::string_view source) : status_(&status), source_(source) {}
    Complaints(const Complaints&) = delete;
    Complaints& operator=(const Complaints&) = delete;
    ~Complaints();

    /// Logs `text` as an error unless it is what was last said of `topic`.
    void raise(std::string_view topic, std::string_view text);

    /// The trouble is over: logs `relief` if there was one (nothing when `relief` is empty).
    void settle(std::string_view topic, std::string_view relief = {});

    /// An earlier reading of the confdir has told this, and it counts until it is settled. Nothing
    /// where `told` lacks the topic.
    void remember(std::string_view topic, Told& told);
    /// What was said of it is said once more if it comes again.
    void say_again(std::string_view topic);
    /// For the next reading, if it isn't over.
    void hand_over(std::string_view topic, Told& told) const;

    [[nodiscard]] bool raised(std::string_view topic) const { return said_.contains(topic); }
    [[nodiscard]] bool any() const { return !said_.empty(); }
    /// What was last said of it, or nullptr.
    [[nodiscard]] const std::string* text(std::string_view topic) const {
        const auto said = said_.find(topic);
        return said == said_.end() ? nullptr : &said->second;
    }

  private:
    Status* status_ = nullptr;
    std::string_view source_;
    Told said_;
};

} // namespace hitless::daemon
