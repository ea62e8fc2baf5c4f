// Whose a key is, decided over a store that loses answers.
#include "etcd/holder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace hitless::etcd {
namespace {

namespace asio = boost::asio;
using std::chrono::seconds;
using Kind = Claim::Standing::Kind;
using Force = Claim::Force;

/// One key as v2 has it, in memory.
class MemoryStore : public Store {
  public:
    explicit MemoryStore(std::string value) : value_(std::move(value)) {}

    std::optional<Holding> key;
    bool lose_answer = false;  ///< of the next write, which happens
    bool lose_request = false; ///< the next write doesn't even happen

    /// As somebody else would.
    void set(const std::string& value, std::optional<seconds> ttl = seconds(15)) {
        ++index_;
        key = Holding{value, index_, index_, ttl};
    }
    void update(const std::string& value) { // createdIndex stays
        key->value = value;
        key->version = ++index_;
    }

    void use(const Node&) override {}
    Reply<std::optional<Holding>> read() override { co_return key; }
    Reply<std::optional<Holding>> create() override {
        return write([this] {
            if (key)
                return std::optional<Holding>();
            set(value_);
            return key;
        });
    }
    Reply<std::optional<Holding>> seize() override {
        return write([this] {
            set(value_);
            return key;
        });
    }
    Reply<std::optional<Holding>> renew(Holding seen) override {
        return write([this, seen] {
            if (!key || key->version != seen.version)
                return std::optional<Holding>();
            key->version = ++index_;
            key->ttl = seconds(15);
            return key;
        });
    }
    Reply<bool> has_keys_below() override { co_return false; }
    Reply<bool> remove(Holding seen) override {
        auto removing = write([this, seen] {
            if (!key || key->version != seen.version)
                return std::optional<Holding>();
            ++index_;
            return std::exchange(key, std::nullopt);
        });
        const auto removed = co_await std::move(removing);
        if (!removed)
            co_return removed.error();
        co_return removed->has_value();
    }
    [[nodiscard]] std::optional<bool> wrote(const Holding&) const override { return std::nullopt; }

  private:
    Reply<std::optional<Holding>> write(std::function<std::optional<Holding>()> change) {
        const Refusal lost{Refusal::Kind::unavailable, "lost"};
        if (std::exchange(lose_request, false))
            co_return lost;
        auto result = change();
        if (std::exchange(lose_answer, false))
            co_return lost;
        co_return result;
    }

    std::string value_;
    std::uint64_t index_ = 10;
};

class HolderTest : public testing::Test {
  protected:
    static Answer<Claim::Standing> wait_for(Holder::Reply reply) {
        asio::io_context context;
        auto result = asio::co_spawn(context, std::move(reply), asio::use_future);
        context.run();
        return result.get();
    }
    Kind keep(Force force = Force::none) {
        standing_ = wait_for(holder_.keep(force));
        return standing_ ? standing_->kind : Kind::unknown;
    }
    Kind release(Force force = Force::none) {
        standing_ = wait_for(holder_.release(force));
        return standing_ ? standing_->kind : Kind::unknown;
    }

    MemoryStore store_{"mine"};
    Holder holder_{store_, "mine"};
    Answer<Claim::Standing> standing_ = Refusal{};
};

TEST_F(HolderTest, SetsRenewsAndRemoves) {
    EXPECT_FALSE(holder_.may_hold());
    EXPECT_EQ(keep(), Kind::ours);
    EXPECT_TRUE(standing_->is_new);
    EXPECT_EQ(keep(), Kind::ours);
    EXPECT_FALSE(standing_->is_new);
    EXPECT_EQ(store_.key->owner, 11U);
    EXPECT_EQ(release(), Kind::ours);
    EXPECT_FALSE(store_.key);
    EXPECT_FALSE(holder_.may_hold());
}

TEST_F(HolderTest, RemovesWhatAnEarlierRunHasSetUnlessItWasSetSince) {
    keep();
    const Holding noted = *store_.key;
    Holder next(store_, "mine");
    next.adopt(noted);
    EXPECT_EQ(wait_for(next.release(Force::none))->kind, Kind::ours);
    EXPECT_FALSE(store_.key);
    holder_.forget();
    keep(); // another one, with the same value
    Holder last(store_, "mine");
    last.adopt(noted);
    EXPECT_NE(wait_for(last.release(Force::none))->kind, Kind::ours);
    EXPECT_TRUE(store_.key);
}

TEST_F(HolderTest, SetsAgainWhatWasLost) {
    keep();
    store_.key.reset();
    EXPECT_EQ(keep(), Kind::ours);
    EXPECT_TRUE(standing_->is_new);
    EXPECT_EQ(store_.key->value, "mine");
}

TEST_F(HolderTest, LeavesAnothersKeyAlone) {
    store_.set("other");
    EXPECT_EQ(keep(), Kind::others);
    EXPECT_EQ(standing_->holding.value, "other");
    EXPECT_FALSE(holder_.may_hold());
    EXPECT_EQ(release(), Kind::others);
    EXPECT_EQ(store_.key->value, "other");
}

TEST_F(HolderTest, NoticesThatItWasTaken) {
    const std::function<void()> ways[] = {[&] { store_.set("other"); },
                                          [&] { store_.set("mine"); }, // another instance
                                          [&] { store_.update("other"); }};
    for (const auto& take : ways) {
        store_.key.reset();
        Holder holder(store_, "mine");
        EXPECT_EQ(wait_for(holder.keep(Force::none))->kind, Kind::ours);
        take();
        EXPECT_EQ(wait_for(holder.keep(Force::none))->kind, Kind::others);
        EXPECT_FALSE(holder.may_hold());
        EXPECT_EQ(wait_for(holder.release(Force::none))->kind, Kind::others);
        EXPECT_TRUE(store_.key);
    }
}

TEST_F(HolderTest, ReleasesNothingThatWasTakenSinceTheLastLook) {
    keep();
    store_.set("other");
    EXPECT_EQ(release(), Kind::others);
    EXPECT_EQ(store_.key->value, "other");
}

TEST_F(HolderTest, RecognizesItsOwnWriteWhoseAnswerWasLost) {
    store_.lose_answer = true;
    EXPECT_EQ(keep(), Kind::unknown);
    EXPECT_TRUE(holder_.may_hold());
    EXPECT_EQ(keep(), Kind::ours);
    EXPECT_TRUE(standing_->is_new);
    EXPECT_EQ(store_.key->owner, 11U); // not set twice

    store_.lose_answer = true; // of a renewal
    EXPECT_EQ(keep(), Kind::unknown);
    EXPECT_EQ(keep(), Kind::ours);
    EXPECT_FALSE(standing_->is_new);

    store_.lose_answer = true;
    EXPECT_EQ(release(), Kind::unknown);
    EXPECT_EQ(release(), Kind::nobodys);
}

TEST_F(HolderTest, ReleasesWhatItMayHaveSet) {
    store_.lose_answer = true;
    EXPECT_EQ(keep(), Kind::unknown);
    EXPECT_EQ(release(), Kind::ours);
    EXPECT_FALSE(store_.key);
}

TEST_F(HolderTest, TriesAgainWhatNeverArrived) {
    store_.lose_request = true;
    EXPECT_EQ(keep(), Kind::unknown);
    EXPECT_EQ(keep(), Kind::ours);
}

TEST_F(HolderTest, AKeyWithItsValueIsTakenIfNobodyRenewsIt) {
    store_.set("mine", std::nullopt);
    EXPECT_EQ(keep(), Kind::ours);
    EXPECT_EQ(store_.key->ttl, seconds(15));
    store_.set("other", std::nullopt);
    EXPECT_EQ(keep(), Kind::others);
}

TEST_F(HolderTest, ForceTakesAsFarAsItGoes) {
    store_.set("mine");
    EXPECT_EQ(keep(), Kind::others);
    EXPECT_EQ(keep(Force::same_value), Kind::ours);
    EXPECT_EQ(store_.key->owner, 11U) << "no event for watchers";
    store_.set("other");
    EXPECT_EQ(keep(Force::same_value), Kind::others);
    EXPECT_EQ(keep(Force::any), Kind::ours);
    EXPECT_EQ(store_.key->value, "mine");
    store_.set("mine");
    const auto owner = store_.key->owner;
    EXPECT_EQ(keep(Force::any), Kind::ours);
    EXPECT_NE(store_.key->owner, owner) << "the one before would think it's still its own";
    store_.set("other");
    EXPECT_EQ(release(Force::same_value), Kind::others);
    EXPECT_EQ(release(Force::any), Kind::ours);
    EXPECT_FALSE(store_.key);
}

} // namespace
} // namespace hitless::etcd
