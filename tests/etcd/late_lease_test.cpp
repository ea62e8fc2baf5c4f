// A key whose lease is over, and which is still there: etcd takes it away a moment later, in 3.5
// after it has told that the lease is gone.
#include "hitless/etcd/claim.hpp"

#include "etcd/base64.hpp"
#include "support/fake_peer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <mutex>
#include <set>

namespace hitless::etcd {
namespace {

namespace asio = boost::asio;
using nlohmann::json;
using Kind = Claim::Standing::Kind;
using test::FakeAnswer;
using test::FakePeer;

/// One key of etcd's v3 store, through the gateway. Leases never end by themselves.
class Gateway {
  public:
    Gateway() : peer_([this](const std::string& request) { return answer(request); }) {}

    [[nodiscard]] std::string url() const { return peer_.url(); }

    /// All leases are over; the keys that are bound to them stay.
    void end_leases() {
        const std::lock_guard lock(mutex_);
        leases_.clear();
    }
    /// As another instance with the same value would set it.
    void take_over() {
        const std::lock_guard lock(mutex_);
        lease_ = "4711";
        leases_.insert(lease_);
        ++revision_;
    }
    /// The answer to the next request of that path is lost; what it asks for happens.
    void lose_answer(const std::string& path) {
        const std::lock_guard lock(mutex_);
        lost_ = path;
    }
    [[nodiscard]] bool has_key() {
        const std::lock_guard lock(mutex_);
        return !value_.empty();
    }
    /// Whether the key is bound to a lease that lasts.
    [[nodiscard]] bool is_alive() {
        const std::lock_guard lock(mutex_);
        return !value_.empty() && leases_.contains(lease_);
    }

  private:
    static FakeAnswer reply(const json& message, unsigned status = 200) {
        return FakePeer::http(status, "Content-Type: application/json\r\n", message.dump() + "\n");
    }
    static FakeAnswer no_lease() {
        return reply({{"error", "etcdserver: requested lease not found"}, {"code", 5}}, 404);
    }

    FakeAnswer answer(const std::string& request) {
        const std::lock_guard lock(mutex_);
        const std::string path = request.substr(5, request.find(' ', 5) - 5);
        const json message = json::parse(request.substr(request.find("\r\n\r\n") + 4));
        FakeAnswer answer = carry_out(path, message);
        if (path == lost_) {
            lost_.clear();
            answer = {}; // silence
        }
        return answer;
    }

    FakeAnswer carry_out(const std::string& path, const json& message) {
        json header = {{"cluster_id", "7"}, {"revision", std::to_string(revision_)}};
        if (path == "/v3/kv/range") {
            json found = {{"header", header}};
            if (!value_.empty())
                found["kvs"] = json::array({{{"key", encode_base64("/app/a")},
                                             {"value", value_},
                                             {"lease", lease_},
                                             {"mod_revision", std::to_string(revision_)}}});
            return reply(found);
        }
        if (path == "/v3/kv/txn")
            return transaction(message);
        const std::string id = message.at("ID");
        if (path == "/v3/lease/grant")
            return leases_.insert(id).second
                       ? reply({{"header", header}, {"ID", id}, {"TTL", "15"}})
                       : reply({{"error", "etcdserver: lease already exists"}, {"code", 9}}, 412);
        if (path == "/v3/lease/keepalive") {
            json result = {{"header", header}, {"ID", id}};
            if (leases_.contains(id))
                result["TTL"] = "15";
            return reply({{"result", result}});
        }
        if (path == "/v3/lease/timetolive")
            return reply(
                {{"header", header}, {"ID", id}, {"TTL", leases_.contains(id) ? "9" : "-1"}});
        if (leases_.erase(id) == 0)
            return no_lease();
        if (id == lease_)
            value_.clear();
        return reply({{"header", header}});
    }

    FakeAnswer transaction(const json& message) {
        const json condition = message.at("compare").at(0);
        const bool holds =
            condition.at("target") == "CREATE"
                ? value_.empty()
                : !value_.empty() && condition.at("mod_revision") == std::to_string(revision_);
        const json& operation = message.at("success").at(0);
        if (holds && operation.contains("request_put")) {
            const std::string lease = operation["request_put"].at("lease");
            if (!leases_.contains(lease))
                return no_lease();
            lease_ = lease;
            value_ = operation["request_put"].at("value");
        } else if (holds) {
            value_.clear();
        }
        revision_ += holds ? 1 : 0;
        json answer = {{"header", {{"cluster_id", "7"}, {"revision", std::to_string(revision_)}}}};
        if (holds)
            answer["succeeded"] = true;
        return reply(answer);
    }

    std::mutex mutex_;
    std::set<std::string> leases_;
    std::string value_; ///< empty: the key isn't there
    std::string lease_; ///< the key's
    int revision_ = 5;
    std::string lost_;
    FakePeer peer_; // the last: its thread uses the others
};

class LateLease : public testing::Test {
  protected:
    Kind keep() { return wait_for(claim_.keep()); }
    Kind release() { return wait_for(claim_.release()); }

    Gateway gateway_;

  private:
    [[nodiscard]] Settings settings() const {
        Settings settings;
        settings.api = Settings::Api::v3;
        settings.nodes = {gateway_.url()};
        settings.timing.answer = std::chrono::milliseconds(100);
        return settings;
    }
    Kind wait_for(asio::awaitable<Claim::Standing> work) {
        auto result = asio::co_spawn(context_, std::move(work), asio::use_future);
        context_.restart();
        context_.run();
        return result.get().kind;
    }

    asio::io_context context_;
    Claim claim_{context_.get_executor(), settings(), {"/app/a", "mine"}};
};

TEST_F(LateLease, IsNoReasonToTakeItsKeyForAnothers) {
    ASSERT_EQ(keep(), Kind::ours);
    for (int i = 0; i < 3; ++i) {
        gateway_.end_leases();
        EXPECT_EQ(keep(), Kind::ours);
        EXPECT_TRUE(gateway_.is_alive()) << "on a new lease";
    }
    EXPECT_EQ(release(), Kind::ours);
    EXPECT_FALSE(gateway_.has_key());
}

TEST_F(LateLease, IsNoReasonToLeaveItsKeyBehind) {
    ASSERT_EQ(keep(), Kind::ours);
    gateway_.end_leases();
    EXPECT_EQ(release(), Kind::ours);
    EXPECT_FALSE(gateway_.has_key());
}

TEST_F(LateLease, IsOursThoughAnswersWereLost) {
    for (const char* const path : {"/v3/lease/grant", "/v3/kv/txn"}) {
        gateway_.lose_answer(path);
        EXPECT_EQ(keep(), Kind::unknown) << path;
        gateway_.end_leases();
        EXPECT_EQ(keep(), Kind::ours) << path;
        EXPECT_TRUE(gateway_.is_alive());
        gateway_.end_leases();
        gateway_.lose_answer("/v3/lease/keepalive");
        EXPECT_EQ(keep(), Kind::unknown) << path;
        EXPECT_EQ(release(), Kind::ours) << path;
        EXPECT_FALSE(gateway_.has_key());
    }
}

TEST_F(LateLease, DoesNotMakeAnothersKeyOurs) {
    ASSERT_EQ(keep(), Kind::ours);
    gateway_.end_leases();
    gateway_.take_over();
    EXPECT_EQ(keep(), Kind::others);
    EXPECT_EQ(release(), Kind::others);
    EXPECT_TRUE(gateway_.is_alive());
}

} // namespace
} // namespace hitless::etcd
