#include "hitless/apply/lookups.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace hitless::apply {
namespace {

using namespace std::chrono_literals;
using confd::Answer;
using confd::Question;
using testing::ElementsAre;
using testing::IsEmpty;

/// A DNS in which a name hangs until it is let go: that name's address is 10.0.0.N for its Nth
/// look-up.
class Dns {
  public:
    Answer look_up(const Question& question) {
        std::unique_lock lock(mutex_);
        const int times = ++times_[question.name];
        changed_.notify_all();
        changed_.wait(lock, [&] { return !hanging_.contains(question.name); });
        if (question.name.ends_with(".none"))
            return {Answer::Kind::none, {}, {}};
        return {Answer::Kind::found, {"10.0.0." + std::to_string(times)}, {}};
    }
    void hang(const std::string& name) {
        const std::lock_guard lock(mutex_);
        hanging_.insert(name);
    }
    void let_go(const std::string& name) {
        const std::lock_guard lock(mutex_);
        hanging_.erase(name);
        changed_.notify_all();
    }
    void let_all_go() {
        const std::lock_guard lock(mutex_);
        hanging_.clear();
        changed_.notify_all();
    }
    [[nodiscard]] int times(const std::string& name) {
        const std::lock_guard lock(mutex_);
        return times_[name];
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<std::string> hanging_;
    std::map<std::string, int> times_;
};

class LookupsTest : public testing::Test {
  protected:
    void TearDown() override { dns_->let_all_go(); }

    Lookups& user(KnownAnswers::Times times = {1h, 1s, 10s, 1h}) {
        users_.push_back(std::make_unique<Lookups>(
            context_.get_executor(), *resolver_, times,
            [this](const Question& question) { changes_.push_back(question.name); }));
        return *users_.back();
    }
    static Question name(std::string text) { return {Question::Kind::addresses, std::move(text)}; }
    static std::vector<std::string> ask(Lookups& user, const std::string& text) {
        const Answer* const answer = user.find(name(text));
        return answer == nullptr ? std::vector<std::string>{"?"} : answer->addresses;
    }
    /// Runs the loop until the name was asked for so often.
    void wait_asked(const std::string& text, int times = 1) {
        const auto limit = std::chrono::steady_clock::now() + 60s;
        while (dns_->times(text) < times && std::chrono::steady_clock::now() < limit)
            context_.run_one_for(10ms);
        ASSERT_GE(dns_->times(text), times);
    }
    /// Runs the loop until so many changes were told.
    void wait_changes(std::size_t count) {
        const auto limit = std::chrono::steady_clock::now() + 60s;
        while (changes_.size() < count && std::chrono::steady_clock::now() < limit)
            context_.run_one_for(1s);
        ASSERT_GE(changes_.size(), count);
    }

    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
        context_.get_executor()};
    std::shared_ptr<Dns> dns_ = std::make_shared<Dns>(); // threads that hang have it
    std::optional<Resolver> resolver_{
        std::in_place, context_.get_executor(),
        [dns = dns_](const Question& question) { return dns->look_up(question); }};
    std::vector<std::unique_ptr<Lookups>> users_;
    std::vector<std::string> changes_;
};

TEST_F(LookupsTest, ANameThatHangsHoldsUpNoOther) {
    Lookups& lookups = user();
    dns_->hang("dead");
    EXPECT_THAT(ask(lookups, "dead"), ElementsAre("?"));
    EXPECT_THAT(ask(lookups, "good"), ElementsAre("?"));
    wait_changes(1);
    EXPECT_THAT(changes_, ElementsAre("good"));
    EXPECT_THAT(ask(lookups, "good"), ElementsAre("10.0.0.1"));
    EXPECT_THAT(ask(lookups, "dead"), ElementsAre("?"));
    dns_->let_go("dead");
    wait_changes(2);
    EXPECT_THAT(ask(lookups, "dead"), ElementsAre("10.0.0.1"));
}

TEST_F(LookupsTest, PatienceEndsAndALateAnswerIsTold) {
    Lookups& lookups = user({1ms, 1s, 10s, 1h});
    dns_->hang("dead");
    EXPECT_THAT(ask(lookups, "dead"), ElementsAre("?"));
    wait_changes(1);
    EXPECT_THAT(ask(lookups, "dead"), IsEmpty());
    dns_->let_go("dead");
    wait_changes(2);
    EXPECT_THAT(ask(lookups, "dead"), ElementsAre("10.0.0.1"));
    EXPECT_EQ(dns_->times("dead"), 1);
}

TEST_F(LookupsTest, TheSameQuestionOfTwoUsersIsAskedOnce) {
    dns_->hang("a");
    EXPECT_THAT(ask(user(), "a"), ElementsAre("?"));
    wait_asked("a");
    EXPECT_THAT(ask(user(), "a"), ElementsAre("?"));
    context_.poll(); // the second one asks
    dns_->let_go("a");
    wait_changes(2);
    EXPECT_THAT(ask(*users_[0], "a"), ElementsAre("10.0.0.1"));
    EXPECT_THAT(ask(*users_[1], "a"), ElementsAre("10.0.0.1"));
    EXPECT_EQ(dns_->times("a"), 1);
}

TEST_F(LookupsTest, AnswersAreRenewedByThemselves) {
    Lookups& lookups = user({1h, 1s, 10s, 1ms});
    (void)ask(lookups, "a");
    wait_changes(3);
    EXPECT_GE(dns_->times("a"), 3);
    lookups.stop();
    changes_.clear();
    (void)ask(user(), "b");
    wait_changes(1);
    EXPECT_THAT(changes_, ElementsAre("b")) << "a is stopped";
}

TEST_F(LookupsTest, FailuresAreTriedAgainByThemselves) {
    Lookups& lookups = user({1h, 1ms, 2ms, 1h});
    (void)ask(lookups, "a.none");
    wait_changes(1);
    wait_asked("a.none", 3);
    EXPECT_THAT(changes_, ElementsAre("a.none")) << "nothing has changed since";
}

TEST_F(LookupsTest, RenewAsksAgain) {
    Lookups& lookups = user();
    (void)ask(lookups, "a");
    wait_changes(1);
    lookups.renew();
    EXPECT_THAT(ask(lookups, "a"), ElementsAre("10.0.0.1")) << "it counts meanwhile";
    wait_changes(2);
    EXPECT_THAT(ask(lookups, "a"), ElementsAre("10.0.0.2"));
}

TEST_F(LookupsTest, NobodyWaitsForALookUpThatHangs) {
    dns_->hang("dead");
    (void)ask(user(), "dead");
    wait_asked("dead");
    users_.clear();
    resolver_.reset();
    guard_.reset();
    context_.run(); // ends
    dns_->let_go("dead");
    EXPECT_THAT(changes_, IsEmpty());
}

} // namespace
} // namespace hitless::apply
