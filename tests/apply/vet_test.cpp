#include "hitless/apply/vet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::apply {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Servers = std::vector<std::pair<std::string, std::string>>;

keys::KeyTree tree_of(const Servers& servers) {
    keys::KeyTree tree;
    for (const auto& [name, value] : servers)
        tree.apply({keys::Event::Kind::put, "/app/" + name, value});
    return tree;
}

/// What `server {{base .Key}} {{.Value}} check` makes of the keys.
std::string rendering(const Servers& servers, const std::string& options = "check") {
    std::string text = "global\ndefaults\n  mode http\nbackend app\n";
    for (const auto& [name, value] : servers)
        text += "  server " + name + " " + value + " " + options + "\n";
    return text + "backend other\n  server o1 10.1.0.1:80\n";
}

TEST(Vetter, LeavesGoodTextAsItIs) {
    const Servers servers = {{"a", "10.0.0.1:80"}, {"b", "10.0.0.2:80 weight 5"}};
    Vetter vetter;
    const auto vetted = vetter.vet(rendering(servers), tree_of(servers));
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), rendering(servers));
    EXPECT_THAT(vetted->spoilt, IsEmpty());
}

TEST(Vetter, BlamesTheKeyThatSpoiltALine) {
    const std::pair<std::string, std::string> cases[] = {
        {"bad", ""},
        {"bad", "  "},
        {"bad", "10.0.0.1:80 bogus"},
        {"bad", "10.0.0.1:x"},
        {"bad", "10.0.0.1:80; del server app/a"},
        {"bad", "10.0.0.1:80 \"open"},
        {"bad name", "10.0.0.1:80"},
        {"bad/sub", "10.0.0.1:80 bogus"},
        {std::string(300, 'x'), "10.0.0.1:80"},
    };
    for (const auto& [name, value] : cases) {
        SCOPED_TRACE(name + " = " + value);
        const Servers servers = {{"a", "10.0.0.1:80"}, {name, value}, {"z", "10.0.0.3:80"}};
        Vetter vetter;
        const auto vetted = vetter.vet(rendering(servers), tree_of(servers));
        ASSERT_TRUE(vetted) << vetted.error().message;
        ASSERT_THAT(vetted->spoilt, SizeIs(1));
        EXPECT_EQ(vetted->spoilt[0].key, "/app/" + name);
        EXPECT_THAT(vetted->spoilt[0].message, HasSubstr("/app/" + name.substr(0, 50)));
        EXPECT_EQ(vetted->config.text(), rendering({{"a", "10.0.0.1:80"}, {"z", "10.0.0.3:80"}}));
        const auto again = vetter.vet(rendering(servers), tree_of(servers));
        ASSERT_TRUE(again);
        EXPECT_THAT(again->spoilt, IsEmpty()) << "it is said once";
        EXPECT_EQ(again->config.text(), vetted->config.text());
    }
}

TEST(Vetter, SaysWhenALineIsMended) {
    const Servers bad = {{"a", "10.0.0.1:80"}, {"b", "nothing here"}};
    const Servers good = {{"a", "10.0.0.1:80"}, {"b", "10.0.0.2:80"}};
    Vetter vetter;
    ASSERT_TRUE(vetter.vet(rendering(bad), tree_of(bad)));
    EXPECT_THAT(vetter.spoilt(), SizeIs(1));
    const auto vetted = vetter.vet(rendering(good), tree_of(good));
    ASSERT_TRUE(vetted);
    EXPECT_THAT(vetted->mended, SizeIs(1));
    EXPECT_EQ(vetted->config.text(), rendering(good));
    EXPECT_THAT(vetter.spoilt(), IsEmpty());
}

TEST(Vetter, TakesTheFirstOfTwoServersOfOneName) {
    const Servers servers = {{"one/web", "10.0.0.1:80"}, {"two/web", "10.0.0.2:80"}};
    const std::string text = "backend app\n server web 10.0.0.1:80\n server web 10.0.0.2:80\n";
    Vetter vetter;
    const auto vetted = vetter.vet(text, tree_of(servers));
    ASSERT_TRUE(vetted) << vetted.error().message;
    ASSERT_THAT(vetted->spoilt, SizeIs(1));
    EXPECT_EQ(vetted->spoilt[0].key, "/app/two/web");
    EXPECT_EQ(vetted->config.text(), "backend app\n server web 10.0.0.1:80\n");
}

TEST(Vetter, BlamesTheTemplateWhenNoKeyIsToBlame) {
    const Servers servers = {{"a", "10.0.0.1:80"}, {"b", "10.0.0.2:80"}};
    Vetter vetter;
    ASSERT_TRUE(vetter.vet(rendering(servers), tree_of(servers)));
    const auto typo = vetter.vet(rendering(servers, "chekc"), tree_of(servers));
    ASSERT_FALSE(typo);
    EXPECT_THAT(typo.error().message, HasSubstr("chekc"));
    EXPECT_THAT(typo.error().message, HasSubstr("template"));
    const auto fine = vetter.vet(rendering(servers), tree_of(servers));
    ASSERT_TRUE(fine);
    EXPECT_THAT(fine->mended, IsEmpty()) << "a refused rendering changes nothing";
}

TEST(Vetter, BlamesTheTemplateWhenNoServerIsUsable) {
    const Servers servers = {{"a", "10.0.0.1:80"}, {"b", "10.0.0.2:80"}};
    Vetter vetter;
    const auto vetted = vetter.vet(
        "backend app\n server /app/a 10.0.0.1:80\n server /app/b 10.0.0.2:80\n", tree_of(servers));
    ASSERT_FALSE(vetted);
    EXPECT_THAT(vetted.error().message, HasSubstr("template"));
}

} // namespace
} // namespace hitless::apply
