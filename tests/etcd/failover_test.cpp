#include "etcd/failover.hpp"

#include <gmock/gmock.h>

namespace hitless::etcd {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

std::vector<Node> nodes(std::initializer_list<const char*> texts) {
    Settings settings;
    settings.nodes.assign(texts.begin(), texts.end());
    return nodes_of(settings).value();
}

const Refusal down{Refusal::Kind::unavailable, "down"};

TEST(Node, IsReadFromItsAddress) {
    const struct {
        const char* text;
        const char* scheme;
        const char* url; ///< empty: refused
    } cases[] = {
        {"http://127.0.0.1:2379", "https", "http://127.0.0.1:2379"},
        {"https://etcd.example.com:4001/", "http", "https://etcd.example.com:4001"},
        {"127.0.0.1:4001", "https", "https://127.0.0.1:4001"},
        {" etcd1 ", "http", "http://etcd1:2379"},
        {"http://[::1]:2379", "http", "http://[::1]:2379"},
        {"[::1]", "http", "http://[::1]:2379"},
        {"http://etcd:", "http", "http://etcd:2379"},
        {"", "http", ""},
        {"ftp://etcd", "http", ""},
        {"http://etcd:0", "http", ""},
        {"http://etcd:65535", "http", "http://etcd:65535"},
        {"http://etcd:65536", "http", ""},
        {"http://etcd:70000", "http", ""},
        {"http://127.0.0.1:99999", "http", ""},
        {"http://etcd:18446744073709553995", "http", ""},
        {"http://etcd:2379x", "http", ""},
        {"http://etcd:2379/v2", "http", ""},
        {"http://etcd:2379?x", "http", ""},
        {"127.0.0.1:2379,127.0.0.1:2380", "http", ""},
        {"http://a b", "http", ""},
    };
    for (const auto& [text, scheme, url] : cases) {
        const auto node = parse_node(text, scheme);
        EXPECT_EQ(node ? node->url() : "", url) << text;
        if (!node) {
            EXPECT_THAT(node.error().message, HasSubstr(text));
        }
    }
}

// What is refused goes to the log, which others may read.
TEST(Node, WithAPasswordIsRefusedWithoutShowingIt) {
    for (const char* const text : {"http://ann:hunter2@etcd:2379", "ann:hunter2@etcd",
                                   "https://hunter2@etcd", "http://ann:hunter2@"}) {
        const auto node = parse_node(text, "http");
        ASSERT_FALSE(node) << text;
        EXPECT_EQ(node.error().message.find("hunter2"), std::string::npos) << node.error().message;
        EXPECT_NE(node.error().message.find("password"), std::string::npos) << node.error().message;
    }
}

TEST(Node, IsTakenOnceAndHasADefault) {
    EXPECT_EQ(nodes({"http://a:1", "a:1", "http://b:1"}).size(), 2U);
    EXPECT_EQ(nodes({}).front().url(), "http://127.0.0.1:2379");
}

TEST(Failover, GoesFromNodeToNodeWithGrowingPauses) {
    Timing timing;
    timing.first_pause = milliseconds(50);
    timing.longest_pause = milliseconds(5'000);
    Failover failover(nodes({"a", "b"}), timing, 1);
    const long whole[] = {50, 100, 200, 400, 800, 1'600, 3'200, 5'000, 5'000};
    for (const long most : whole) {
        const std::string before = failover.node().host;
        const auto pause = failover.failed(down).pause;
        EXPECT_LE(pause, milliseconds(most));
        EXPECT_GE(pause, milliseconds(most / 2));
        EXPECT_NE(failover.node().host, before);
    }
    failover.steady();
    EXPECT_LE(failover.failed(down).pause, milliseconds(50));
}

TEST(Failover, TellsEachTroubleOfANodeOnce) {
    Failover failover(nodes({"a", "b"}), {}, 1);
    const Refusal other{Refusal::Kind::unavailable, "other"};
    EXPECT_TRUE(failover.failed(down).is_news);  // a
    EXPECT_TRUE(failover.failed(down).is_news);  // b
    EXPECT_FALSE(failover.failed(down).is_news); // a
    EXPECT_TRUE(failover.failed(other).is_news); // b
    EXPECT_TRUE(failover.failed(other).is_news); // a
    EXPECT_FALSE(failover.failed(down).is_news); // b, as once before
    EXPECT_TRUE(failover.steady());              // a
    EXPECT_FALSE(failover.steady());
    EXPECT_TRUE(failover.failed(down).is_news); // a again
    EXPECT_EQ(failover.node().host, "b");
}

TEST(Failover, IsAnErrorWhenNoNodeIsOfUse) {
    Failover failover(nodes({"a", "b"}), {}, 1);
    const auto fails = [&](bool is_news, bool is_error) {
        const Failover::Step step = failover.failed(down);
        EXPECT_EQ(step.is_news, is_news);
        EXPECT_EQ(step.is_error, is_error);
    };
    fails(true, false); // a
    failover.steady();  // b
    fails(true, false); // b
    fails(true, true);  // a, as once before: now it leaves none
    fails(false, true); // b
    failover.steady();  // a
    fails(true, false); // a
    fails(true, true);  // b: that there is none is told again
    EXPECT_TRUE(Failover(nodes({"a"}), {}, 1).failed(down).is_error);
}

TEST(Failover, TellsNonsenseOnceThoughItDiffers) {
    Failover failover(nodes({"a"}), {}, 1);
    Refusal nonsense{Refusal::Kind::unavailable, "it answers with something else", "x1"};
    EXPECT_EQ(to_string(nonsense), "it answers with something else: 'x1'");
    EXPECT_TRUE(failover.failed(nonsense).is_news);
    nonsense.sample = "x2";
    EXPECT_FALSE(failover.failed(nonsense).is_news);
}

TEST(Failover, IsCutOffWhenNoNodeIsOfUse) {
    const auto troubles = std::make_shared<base::SharedTroubles>();
    std::string why;
    troubles->when_cut_off([&](std::string_view text) { why = text; });
    Failover failover(nodes({"a", "b"}), {}, 1, troubles);
    failover.failed(down);
    EXPECT_EQ(why, "") << "the other node is not tried yet";
    failover.failed(down);
    EXPECT_EQ(why, "etcd can't be followed: http://b:2379: down");
    failover.has_read();
    EXPECT_EQ(why, "");
    failover.failed(down);
    EXPECT_NE(why, "") << "it has not been steady";
    failover.steady();
    EXPECT_EQ(why, "");
    failover.failed(down);
    EXPECT_EQ(why, "");
}

TEST(Failover, WaitsLongWhenRefused) {
    Failover failover(nodes({"a"}), {}, 1);
    EXPECT_EQ(failover.failed({Refusal::Kind::unauthorized, "no"}).pause, Timing{}.refused_pause);
}

TEST(Failover, LearnsNodes) {
    Failover failover(nodes({"a"}), {}, 1);
    failover.add(nodes({"a", "b"}));
    EXPECT_EQ(failover.nodes().size(), 2U);
    failover.failed(down);
    EXPECT_EQ(failover.node().host, "b");
}

} // namespace
} // namespace hitless::etcd
