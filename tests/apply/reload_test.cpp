// Failed reloads tell why, in HAProxy's own words; and the note of one that is owed.
#include "hitless/apply/gate.hpp"
#include "hitless/apply/reload.hpp"

#include "base/run_to_end.hpp"
#include "support/fake_peer.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::apply {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Result<void> reload_at(const std::string& answer) {
    const test::TemporaryDirectory directory;
    const test::FakePeer master(directory / "master", [&](const std::string&) {
        return test::FakeAnswer{answer, {}, {}, true};
    });
    auto done = base::run_to_end(reload({}, directory / "master", {}));
    if (!done)
        return Error{done.error().message.substr(done.error().message.find(": ") + 2)};
    return done;
}

TEST(MasterReload, TellsWhyHaproxyCouldNotLoadTheFile) {
    EXPECT_TRUE(reload_at("Success=1\n--\n[NOTICE] (1) : fine\n"));
    const auto failed = reload_at("Success=0\n--\n[NOTICE]   (12) : haproxy version is 3.2.0\n"
                                  "[ALERT]    (12) : config : no such file 'x.pem' (5)\n"
                                  "[ALERT]    (12) : config : Fatal errors found.\n"
                                  "[WARNING]  (11) : Failed to load worker (12)\n\n");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message,
              "[ALERT] : config : no such file 'x.pem' | [ALERT] : config : "
              "Fatal errors found.");
    EXPECT_EQ(reload_at("Success=0\n--\nworker (77) is gone\n(\n(7\n").error().message,
              "worker is gone | ( | (7");
    EXPECT_EQ(reload_at("Success=0\n").error().message, "no reason given; see HAProxy's own log");
}

TEST(ReloadNote, KeepsTheObstacles) {
    const test::TemporaryDirectory directory;
    const ReloadNote note(directory / "haproxy.cfg");
    EXPECT_FALSE(note.is_set());
    EXPECT_TRUE(note.obstacles().empty());
    plan::Obstacles obstacles;
    obstacles.add({plan::ObjectId::Kind::section, {}, "backend app"},
                  {plan::Cause::Kind::line, "+ retries 5"});
    obstacles.add(plan::object_id({"app", "web1"}),
                  {plan::Cause::Kind::refused, "no\xffsuch file"});
    ASSERT_TRUE(note.set(obstacles));
    EXPECT_TRUE(note.is_set());
    EXPECT_THAT(in_words(note.obstacles()),
                ElementsAre("backend app: + retries 5 (owed since before the last start or SIGHUP)",
                            "app/web1: no\\xffsuch file (owed since before the last start or "
                            "SIGHUP)"));
    obstacles.erase(plan::object_id({"app", "web1"}));
    ASSERT_TRUE(note.set(obstacles));
    EXPECT_EQ(note.obstacles(), obstacles);
    EXPECT_TRUE(note.clear());
    EXPECT_TRUE(note.clear()) << "it is gone already";
    EXPECT_FALSE(note.is_set());
}

TEST(ReloadNote, TellsThatANewerBuildHasWrittenIt) {
    const test::TemporaryDirectory directory;
    const ReloadNote note(directory / "haproxy.cfg");
    EXPECT_TRUE(note.expect_no_newer_build()) << "there is none";
    ASSERT_TRUE(note.set(plan::Obstacles()));
    EXPECT_TRUE(note.expect_no_newer_build());
    for (const std::string first : {R"({"format": 99})", R"({"format": "x"})"}) {
        directory.write(".haproxy.cfg.reload-owed", first + "\n");
        EXPECT_FALSE(note.expect_no_newer_build()) << first;
        EXPECT_FALSE(note.obstacles().empty()) << "a reload is owed all the same";
    }
    directory.write(".haproxy.cfg.reload-owed", "an older one\n");
    EXPECT_TRUE(note.expect_no_newer_build());
}

/// That of an older version has a text on each line; a killed one may have written nothing.
TEST(ReloadNote, IsReadWhateverItSays) {
    const test::TemporaryDirectory directory;
    const ReloadNote note(directory / "haproxy.cfg");
    const auto told = [&](std::string_view text) {
        directory.write(".haproxy.cfg.reload-owed", std::string(text));
        return in_words(note.obstacles());
    };
    const std::string since = " (owed since before the last start or SIGHUP)";
    EXPECT_THAT(told("app: + retries 5\nweb: x\n"),
                testing::UnorderedElementsAre("app: + retries 5" + since, "web: x" + since));
    EXPECT_THAT(told(""), ElementsAre("a reload was owed when the last run ended" + since));
    EXPECT_THAT(told("{\"object\":1,\"cause\":[]}\n[3]\n\"x\"\n"), testing::SizeIs(3));
    EXPECT_THAT(told(R"({"object":"server","scope":"app","name":"web1","cause":"undone"})"),
                ElementsAre("app/web1: " + since));
}

TEST(Messages, NameAKeyThatIsMissingWithItsPrefix) {
    Rules rules;
    rules.prefix = "/production";
    EXPECT_EQ(with_prefixed_key(rules, "calling getv: key does not exist: /app/port"),
              "calling getv: key does not exist: /production/app/port");
    EXPECT_EQ(with_prefixed_key(rules, "calling base: wrong type"), "calling base: wrong type");
    rules.prefix = "/";
    EXPECT_EQ(with_prefixed_key(rules, "key does not exist: /app"), "key does not exist: /app");
}

} // namespace
} // namespace hitless::apply
