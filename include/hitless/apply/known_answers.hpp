#pragma once

#include "hitless/confd/look_up.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace hitless::apply {

/// The answers to look-ups that somebody goes by, and when to ask what again. It does not ask, and
/// has no clock. A known answer counts until another one comes.
class KnownAnswers {
  public:
    using Clock = std::chrono::steady_clock;
    using Time = Clock::time_point;
    using Question = confd::Question;
    using Answer = confd::Answer;

    struct Times {
        /// A question without an answer counts as one without a result after this.
        Clock::duration patience = std::chrono::seconds(3);
        Clock::duration first_pause = std::chrono::seconds(1); ///< after a failure; then doubled
        Clock::duration longest_pause = std::chrono::seconds(10);
        Clock::duration renewal = Clock::duration::max(); ///< asked again after this
    };

    explicit KnownAnswers(Times times);

    /// The answer; nullptr: it isn't known yet. A question that is new is due from now on.
    const Answer* find(const Question& question, Time now);

    struct Due {
        Question question;
        bool is_new = false; ///< asked for the first time
    };
    /// What is to be asked now. It is under way until note().
    std::vector<Due> take_due(Time now);

    /// An answer has come. Returns true when find() has another result by that.
    bool note(const Question& question, const Answer& answer, Time now);

    /// The questions whose patience has ended since the last call: find() has a result for them
    /// now.
    std::vector<Question> take_given_up(Time now);

    /// When there is something to take; not before this.
    [[nodiscard]] Time next() const { return next_; }

    /// Everything is due.
    void renew(Time now);

    /// Takes over what another one knows, to be renewed now.
    void remember(const KnownAnswers& other, Time now);

    /// Forgets all other questions.
    void keep_only(const std::set<Question>& questions);

  private:
    struct Entry {
        std::optional<Answer> answer;
        Time asked_at; ///< for the first time
        Time due;
        Clock::duration pause{};
        bool under_way = false;
        bool is_new = true;
        bool given_up = false; ///< and whoever asked was told
    };

    [[nodiscard]] bool is_waited_for(const Entry& entry) const {
        return !entry.answer && !entry.given_up;
    }

    void find_next();

    Times times_;
    std::map<Question, Entry> entries_;
    Time next_ = Time::max();
};

} // namespace hitless::apply
