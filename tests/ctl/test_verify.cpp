// hitlessctl verify: is the running HAProxy as a fresh one would be?
#include "ctl/ctl.hpp"
#include "ctl/fresh.hpp"

#include <cstdlib>
#include <filesystem>

namespace hitless::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string fresh_text(const std::string& text) {
    return ctl::for_fresh_process(haproxy::Config::parse(text).value(), "/own.sock");
}

TEST(FreshConfiguration, ListensNowhereAndDisturbsNobody) {
    const std::string text = fresh_text("global\n"
                                        "    stats socket /run/a.sock level admin\n"
                                        "    stats timeout 1m\n"
                                        "    chroot /var/lib/haproxy\n"
                                        "    log /dev/log local0\n"
                                        "    user haproxy\n"
                                        "defaults\n"
                                        "    no log\n"
                                        "    log global\n"
                                        "    timeout client 1s\n"
                                        "frontend web\n"
                                        "    bind :80\n"
                                        "    default_backend app\n"
                                        "program other\n"
                                        "    command sleep 60\n"
                                        "backend app\n"
                                        "    email-alert to a@example.org\n"
                                        "    server a 127.0.0.1:1 check\n");
    EXPECT_EQ(text, "global\n\n    stats timeout 1m\n\n\n\n"
                    "defaults\n\n\n    timeout client 1s\n"
                    "frontend web\n\n    default_backend app\n"
                    "\n\n"
                    "backend app\n\n    server a 127.0.0.1:1 check\n\n"
                    "global\n    stats socket /own.sock level admin mode 600\n");
}

TEST(StateTables, AreComparedByName) {
    const ctl::StateTable running{{"app/a", {{"weight", "5"}, {"status", "UP"}}},
                                  {"app/extra", {{"weight", "1"}}}};
    const ctl::StateTable fresh{{"app/a", {{"weight", "7"}, {"status", "UP"}}},
                                {"app/late", {{"weight", "1"}}}};
    std::vector<std::string> lines;
    for (const ctl::StateDifference& one : ctl::differences(running, fresh))
        lines.push_back(one.name + " " + one.what + " " + one.running + " " + one.fresh);
    EXPECT_THAT(lines, testing::ElementsAre("app/a weight 5 7", "app/extra server there -",
                                            "app/late server - there"));
    EXPECT_THAT(ctl::differences(running, running), IsEmpty());
}

class Verify : public CtlTest {
  protected:
    Verify() { ::setenv("TMPDIR", directory_.path().c_str(), 1); }
    ~Verify() override { ::unsetenv("TMPDIR"); }

    TemporaryDirectory directory_; ///< of second processes
};

TEST_F(Verify, FindsNothingInAFreshProcess) {
    ASSERT_TRUE(wait_state("w1", "up"));
    ASSERT_TRUE(wait_state("w2", "up"));
    const Ended ended = run({"verify"});
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
    EXPECT_EQ(http("GET", url()).status, 200U) << "the running one goes on";
}

TEST_F(Verify, FindsWhatWasChanged) {
    ASSERT_TRUE(wait_state("w1", "up"));
    EXPECT_EQ(run({"weight", "app/w2", "9"}).code, 0);
    EXPECT_EQ(run({"maxconn", "app/w1", "4"}).code, 0);
    const auto rows = json({"verify"});
    const auto found = [&](const char* server, const char* what) {
        for (const auto& row : rows) {
            if (row["server"] == server && row["what"] == what)
                return fmt::format("{} {}", row["running"].get<std::string>(),
                                   row["fresh"].get<std::string>());
        }
        return std::string("not found");
    };
    EXPECT_EQ(found("app/w2", "weight"), "9 5");
    EXPECT_EQ(found("app/w1", "slim"), "4 ");
    const Ended table = run({"verify"});
    EXPECT_EQ(table.code, 3);
    EXPECT_THAT(table.out,
                AllOf(HasSubstr("RUNNING"), HasSubstr("app/w2"), Not(HasSubstr("fixed"))));
}

TEST_F(Verify, SaysWhyTheFileMakesNoProcess) {
    haproxy_.configure(configuration() + "    server w1 nonsense-address-without-port-\x01\n");
    const Ended ended = run({"verify", "-c", haproxy_.config_file()});
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, AllOf(HasSubstr("doesn't start from the file"), HasSubstr("w1")));
}

} // namespace
} // namespace hitless::test
