#include "converge/haproxy_model.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>

// One HAProxy's map files, which are wanted beside its configuration.
namespace hitless::converge {
namespace {

using namespace std::chrono_literals;
using plan::ObjectId;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const ObjectId map{ObjectId::Kind::map, "h.map", ""};
const std::string cfg = "frontend f\n use_backend %[src,map(h.map)]\nbackend app\n";

live::Files files(const std::string& text) {
    return {
        {map, {std::make_shared<haproxy::EntryList>(haproxy::FileUse::Kind::map, text), false}}};
}

class FilesOfOneHaproxy : public testing::Test {
  protected:
    /// HAProxy runs with that, and nothing else is wanted yet.
    void begin_with(const std::string& text) {
        haproxy_.files_on_disk = files(text);
        haproxy_.restart(cfg);
        haproxy_.start_machine(cfg);
        haproxy_.want(cfg);
        want(text);
        haproxy_.run();
        haproxy_.told.clear();
    }
    void want(const std::string& text) {
        haproxy_.files_on_disk = files(text);
        haproxy_.machine->want_files(files(text), std::nullopt);
    }
    [[nodiscard]] bool has(const std::string& text) const {
        return *haproxy_.files.at(map).entries == *files(text).at(map).entries;
    }
    [[nodiscard]] std::vector<std::string> reasons() const {
        return in_words(haproxy_.machine->obstacles());
    }

    HaproxyModel haproxy_{cfg};
};

TEST_F(FilesOfOneHaproxy, ChangeWithoutAReload) {
    begin_with("a 1\n");
    want("a 1\nb 2\n");
    EXPECT_EQ(haproxy_.run(), "plan") << "nothing is read before";
    EXPECT_THAT(haproxy_.told, ElementsAre("change map h.map"));
    EXPECT_TRUE(has("a 1\nb 2\n"));
    EXPECT_FALSE(haproxy_.machine->in_step(true));
    haproxy_.pass(50ms);
    EXPECT_EQ(haproxy_.run(), "identify, read back");
    EXPECT_TRUE(haproxy_.machine->in_step(true));
    want("a 1\nb 2\n");
    EXPECT_EQ(haproxy_.run(), "") << "nothing is new";
    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(FilesOfOneHaproxy, AreReadBeforeTheyArePlanned) {
    haproxy_.files_on_disk = files("a 1\n");
    haproxy_.restart(cfg);
    haproxy_.start_machine(cfg);
    haproxy_.want(cfg);
    haproxy_.run();
    haproxy_.told.clear();
    want("a 2\n");
    EXPECT_EQ(haproxy_.run(), "identify, read, plan");
    EXPECT_THAT(haproxy_.told, ElementsAre("change map h.map")) << "no repair";
    EXPECT_TRUE(has("a 2\n"));
}

TEST_F(FilesOfOneHaproxy, AreRepaired) {
    begin_with("a 1\n");
    haproxy_.files = files("a typed\n");
    haproxy_.pass(10s);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, ElementsAre("repair map h.map", "change map h.map"));
    EXPECT_TRUE(has("a 1\n"));
}

TEST_F(FilesOfOneHaproxy, AreBroughtToAnotherProcess) {
    begin_with("a 1\n");
    haproxy_.files_on_disk = files("a old\n");
    haproxy_.restart(cfg);
    haproxy_.pass(1s);
    haproxy_.run();
    EXPECT_THAT(haproxy_.told, testing::Not(testing::Contains("repair map h.map")));
    EXPECT_TRUE(has("a 1\n"));
}

TEST_F(FilesOfOneHaproxy, AreTriedAgainWhenTheConnectionBreaks) {
    begin_with("a 1\n");
    haproxy_.breaks_after = 0;
    want("a 2\n");
    haproxy_.settle();
    EXPECT_TRUE(has("a 2\n"));
    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(FilesOfOneHaproxy, WaitForTheirBackend) {
    begin_with("a app\n");
    haproxy_.want(cfg + "backend more\n");
    want("a more\nb app\n");
    haproxy_.run();
    EXPECT_TRUE(has("a app\nb app\n"));
    EXPECT_THAT(reasons(), ElementsAre(HasSubstr("backend more: the section is new"),
                                       HasSubstr("comes with the reload: more (for a)")));
    haproxy_.reload();
    haproxy_.run();
    EXPECT_TRUE(has("a more\nb app\n"));
    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(FilesOfOneHaproxy, AreReloadedOnceForWhatHAProxyRefuses) {
    begin_with("a 1\n");
    haproxy_.refuses.insert({"h.map", ""});
    want("a 2\n");
    haproxy_.run();
    EXPECT_TRUE(has("a 1\n"));
    EXPECT_THAT(reasons(), IsEmpty()) << "it is tried again";
    haproxy_.pass(1s);
    haproxy_.run();
    EXPECT_THAT(reasons(), ElementsAre(HasSubstr("map h.map: no")));
    haproxy_.reload();
    haproxy_.run();
    EXPECT_TRUE(has("a 2\n"));
    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(FilesOfOneHaproxy, AreForgottenWhenNobodyKeepsThem) {
    begin_with("a 1\n");
    const std::string long_line = "a " + std::string(15'500, 'x') + "\n";
    want(long_line);
    haproxy_.run();
    EXPECT_THAT(reasons(), ElementsAre(HasSubstr("a line is longer")));
    haproxy_.machine->want_files({}, std::nullopt);
    haproxy_.run();
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_TRUE(has("a 1\n"));
}

} // namespace
} // namespace hitless::converge
