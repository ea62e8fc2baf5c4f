#include "hitless/apply/lookups.hpp"

#include "base/blocking_calls.hpp"

#include <boost/asio/post.hpp>

#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace hitless::apply {

namespace asio = boost::asio;
using base::BlockingCalls;
using confd::Answer;
using confd::Question;
using Clock = KnownAnswers::Clock;

/// Outlives the Resolver where a thread hangs.
struct Resolver::Mailbox {
    std::mutex mutex;
    std::optional<asio::any_io_executor> loop; ///< none: nobody reads any more. Needs the lock
    Resolver* reader = nullptr;                ///< only in the loop's thread

    /// In another thread.
    static void put(const std::shared_ptr<Mailbox>& mailbox, const Question& question,
                    Answer answer) {
        const std::lock_guard lock(mailbox->mutex);
        if (!mailbox->loop)
            return;
        asio::post(*mailbox->loop, [mailbox, question, answer = std::move(answer)] {
            if (mailbox->reader != nullptr)
                mailbox->reader->tell(question, answer);
        });
    }
};

Resolver::Resolver(const asio::any_io_executor& executor, LookUp look_up, std::size_t most)
    : look_up_(std::move(look_up)),
      mailbox_(std::make_shared<Mailbox>()),
      calls_(std::make_unique<BlockingCalls>(most)) {
    mailbox_->loop = executor;
    mailbox_->reader = this;
}

Resolver::~Resolver() {
    mailbox_->reader = nullptr;
    const std::lock_guard lock(mailbox_->mutex);
    mailbox_->loop.reset();
}

void Resolver::ask(const Question& question, bool is_new, Done done) {
    const auto [place, is_first] = under_way_.try_emplace(question);
    place->second.push_back(std::move(done));
    if (!is_first)
        return;
    auto call = [look_up = look_up_, mailbox = mailbox_, question] {
        Answer answer;
        try {
            answer = look_up(question);
        } catch (const std::exception&) { // no memory
            answer.kind = Answer::Kind::failed;
        }
        Mailbox::put(mailbox, question, std::move(answer));
    };
    calls_->run(std::move(call),
                is_new ? BlockingCalls::Urgency::soon : BlockingCalls::Urgency::can_wait);
}

void Resolver::tell(const Question& question, const Answer& answer) {
    const auto waiting = under_way_.extract(question);
    for (const Done& done : waiting.mapped())
        done(answer);
}

struct Lookups::State : std::enable_shared_from_this<State> {
    State(const asio::any_io_executor& executor, Resolver& asked, KnownAnswers::Times times,
          OnChange tell)
        : resolver(asked), known(times), on_change(std::move(tell)), timer(executor) {}

    /// Does go_on() once for many questions.
    void go_on_soon() {
        if (std::exchange(is_about_to, true))
            return;
        asio::post(timer.get_executor(), [weak = weak_from_this()] {
            if (const auto state = weak.lock()) {
                state->is_about_to = false;
                state->go_on();
            }
        });
    }

    /// Asks what is due, and sees to it that what comes later is asked then.
    void go_on() {
        if (stopped)
            return;
        if (known.next() <= Clock::now())
            ask_due();
        const auto next = known.next();
        if (next == timer_at)
            return;
        timer_at = next;
        timer.cancel();
        if (next == Clock::time_point::max())
            return;
        timer.expires_at(next);
        timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            if (const auto state = weak.lock(); state && !error)
                state->on_time();
        });
    }

    void ask_due() {
        for (const KnownAnswers::Due& due : known.take_due(Clock::now()))
            resolver.ask(due.question, due.is_new,
                         [weak = weak_from_this(), question = due.question](const Answer& answer) {
                             if (const auto state = weak.lock())
                                 state->note(question, answer);
                         });
    }

    void on_time() {
        timer_at.reset();
        for (const Question& question : known.take_given_up(Clock::now()))
            on_change(question);
        go_on();
    }

    void note(const Question& question, const Answer& answer) {
        if (known.note(question, answer, Clock::now()) && !stopped)
            on_change(question);
        go_on();
    }

    Resolver& resolver;
    KnownAnswers known;
    const OnChange on_change;
    asio::steady_timer timer;
    std::optional<Clock::time_point> timer_at;
    bool is_about_to = false; ///< go on
    bool stopped = false;
};

Lookups::Lookups(const asio::any_io_executor& executor, Resolver& resolver,
                 KnownAnswers::Times times, OnChange on_change)
    : state_(std::make_shared<State>(executor, resolver, times, std::move(on_change))) {}

Lookups::~Lookups() {
    stop();
}

const Answer* Lookups::find(const Question& question) {
    const Answer* const answer = state_->known.find(question, Clock::now());
    if (answer == nullptr)
        state_->go_on_soon();
    return answer;
}

void Lookups::renew() {
    state_->known.renew(Clock::now());
    state_->go_on();
}

void Lookups::keep_only(const std::set<Question>& questions) {
    state_->known.keep_only(questions);
    state_->go_on();
}

void Lookups::remember(const Lookups& other) {
    state_->known.remember(other.state_->known, Clock::now());
    state_->go_on();
}

void Lookups::stop() {
    state_->stopped = true;
    state_->timer_at.reset();
    state_->timer.cancel();
}

} // namespace hitless::apply
