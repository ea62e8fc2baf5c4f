#pragma once

#include "hitless/plan/object.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::converge {

/// The objects whose commands HAProxy has refused. Each is tried again after a pause that doubles
/// with each refusal, so that one whose certificate is missing, say, costs little until it is
/// there.
class Refusals {
  public:
    using Clock = std::chrono::steady_clock;

    /// HAProxy has refused what was planned for the object, in these words. True when it used other
    /// words the last time, so that this is worth a message.
    bool note(const plan::ObjectId& object, std::string_view words, Clock::time_point now);

    /// How often in a row it was refused.
    [[nodiscard]] int times(const plan::ObjectId& object) const;

    /// True while its pause lasts.
    [[nodiscard]] bool waits(const plan::ObjectId& object, Clock::time_point now) const;

    /// The objects whose pause is over. Each is returned once; after its plan, note() or forget()
    /// must be called.
    std::vector<plan::ObjectId> take_due(Clock::time_point now);

    /// When take_due() has one; max() when there is none.
    [[nodiscard]] Clock::time_point next() const;

    /// HAProxy has taken it, or something else is wanted of it.
    void forget(const plan::ObjectId& object) { refused_.erase(object); }
    /// Another process answers, or any object may have changed.
    void forget_all() { refused_.clear(); }

    /// True when some object was refused, but less often than that, so that it may still come.
    [[nodiscard]] bool any_below(int times) const;

  private:
    struct Refused {
        std::string words;
        int times = 0;
        bool is_tried = false; ///< taken as due, with no answer yet
        Clock::duration pause{};
        Clock::time_point not_before;
    };

    std::map<plan::ObjectId, Refused> refused_;
};

} // namespace hitless::converge
