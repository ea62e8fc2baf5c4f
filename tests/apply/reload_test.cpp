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

TEST(ReloadNote, KeepsTheReasons) {
    const test::TemporaryDirectory directory;
    const ReloadNote note(directory / "haproxy.cfg");
    EXPECT_FALSE(note.is_set());
    EXPECT_THAT(note.reasons(), IsEmpty());
    ASSERT_TRUE(note.set({"app: + retries 5", "a\nb"}));
    EXPECT_TRUE(note.is_set());
    EXPECT_THAT(note.reasons(), ElementsAre("app: + retries 5", "a\\nb"));
    ASSERT_TRUE(note.set({"web: + retries 6"}));
    EXPECT_THAT(note.reasons(), ElementsAre("web: + retries 6"));
    note.clear();
    EXPECT_FALSE(note.is_set());
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
