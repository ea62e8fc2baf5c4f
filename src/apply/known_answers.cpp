#include "hitless/apply/known_answers.hpp"

#include <algorithm>

namespace hitless::apply {
namespace {

using Time = KnownAnswers::Time;

Time after(Time now, KnownAnswers::Clock::duration pause) {
    return pause >= Time::max() - now ? Time::max() : now + pause;
}

} // namespace

KnownAnswers::KnownAnswers(Times times) : times_(times) {
    times_.first_pause = std::min(times_.first_pause, times_.longest_pause);
}

const confd::Answer* KnownAnswers::find(const Question& question, Time now) {
    static const Answer nothing{Answer::Kind::failed, {}, {}};
    const auto [place, is_new] = entries_.try_emplace(question);
    Entry& entry = place->second;
    if (is_new)
        next_ = entry.asked_at = entry.due = now;
    if (entry.answer)
        return &*entry.answer;
    return now >= after(entry.asked_at, times_.patience) ? &nothing : nullptr;
}

std::vector<KnownAnswers::Due> KnownAnswers::take_due(Time now) {
    std::vector<Due> due;
    for (auto& [question, entry] : entries_) {
        if (entry.under_way || entry.due > now)
            continue;
        due.push_back({question, entry.is_new});
        entry.under_way = true;
        entry.is_new = false;
    }
    find_next();
    return due;
}

bool KnownAnswers::note(const Question& question, const Answer& answer, Time now) {
    const auto found = entries_.find(question);
    if (found == entries_.end())
        return false; // nobody goes by it any more
    Entry& entry = found->second;
    entry.under_way = false;
    if (answer.kind == Answer::Kind::found) {
        entry.pause = {};
        entry.due = after(now, times_.renewal);
    } else {
        entry.pause = std::clamp(entry.pause * 2, times_.first_pause, times_.longest_pause);
        entry.due = after(now, std::min(entry.pause, times_.renewal));
    }
    next_ = std::min(next_, entry.due);
    if (answer.kind == Answer::Kind::failed && entry.answer)
        return false; // what was true a moment ago is more likely than nothing
    const bool is_other = entry.answer     ? !same(*entry.answer, answer)
                          : entry.given_up ? !same({}, answer)
                                           : true;
    entry.answer = answer;
    return is_other;
}

std::vector<confd::Question> KnownAnswers::take_given_up(Time now) {
    std::vector<Question> given_up;
    for (auto& [question, entry] : entries_) {
        if (!is_waited_for(entry) || now < after(entry.asked_at, times_.patience))
            continue;
        entry.given_up = true;
        given_up.push_back(question);
    }
    find_next();
    return given_up;
}

void KnownAnswers::find_next() {
    next_ = Time::max();
    for (const auto& [question, entry] : entries_) {
        if (!entry.under_way)
            next_ = std::min(next_, entry.due);
        if (is_waited_for(entry))
            next_ = std::min(next_, after(entry.asked_at, times_.patience));
    }
}

void KnownAnswers::renew(Time now) {
    for (auto& [question, entry] : entries_)
        entry.due = std::min(entry.due, now);
    next_ = now;
}

void KnownAnswers::remember(const KnownAnswers& other, Time now) {
    for (const auto& [question, entry] : other.entries_) {
        if (entry.answer)
            entries_.try_emplace(question, Entry{.answer = entry.answer,
                                                 .asked_at = now,
                                                 .due = now,
                                                 .pause = entry.pause,
                                                 .is_new = false});
    }
    next_ = now;
}

void KnownAnswers::keep_only(const std::set<Question>& questions) {
    std::erase_if(entries_, [&](const auto& one) { return !questions.contains(one.first); });
}

} // namespace hitless::apply
