// hitlessctl verify: is the running HAProxy as a fresh one would be?
#include "hitless/apply/status_note.hpp"
#include "hitless/base/file.hpp"

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

TEST(StateTables, DoNotDifferInWhatIsNotThere) {
    const ctl::StateTable running{
        {"app/a", {{"cookie", "-"}, {"algo", "none"}, {"check runs", "no"}}}};
    const ctl::StateTable fresh{
        {"app/a", {{"cookie", ""}, {"algo", ""}, {"check runs", "yes"}, {"check port", "0"}}}};
    const auto found = ctl::differences(running, fresh);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].what, "check runs");
}

TEST(StateTables, HaveNumbersWhereTheyMatter) {
    const auto config = haproxy::Config::parse("backend app\n server a 127.0.0.1:1\n"
                                               "backend ring\n balance source\n"
                                               " hash-type consistent\n server a 127.0.0.1:1\n")
                            .value();
    const ctl::StateTable all{{"app/a", {{"id", "1"}}}, {"ring/a", {{"id", "1"}}}};
    haproxy::Info process;
    process.major = 3;
    process.minor = 3;
    ctl::StateTable table = all;
    ctl::leave_out_free_ids(table, config, process);
    EXPECT_EQ(table, all) << "without a balance line, it is random";
    process.minor = 2;
    ctl::leave_out_free_ids(table, config, process);
    EXPECT_THAT(table.at("app/a"), IsEmpty());
    EXPECT_EQ(table.at("ring/a").at("id"), "1");
}

TEST(StateTables, HaveOfFreeSpareServersOnlyThatTheyAreFree) {
    ctl::StateTable running{
        {"app/hitless-slot1", {{"port", "8080"}, {"own weight", "7"}, {"admin state", "1"}}},
        {"app/web1", {{"port", "8080"}}}};
    const ctl::StateTable fresh{
        {"app/hitless-slot1", {{"port", "1"}, {"own weight", "1"}, {"admin state", "1"}}},
        {"app/web1", {{"port", "8081"}}}};
    const std::vector<std::string> free_slots{"app/hitless-slot1", "app/gone"};
    ctl::leave_out_leftovers(running, free_slots);
    const auto found = ctl::differences(running, fresh);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].name, "app/web1");
    running.at("app/hitless-slot1")["admin state"] = "0";
    EXPECT_EQ(ctl::differences(running, fresh).size(), 2U);
}

TEST(StateTables, HaveServersInSlotsUnderTheirOwnNames) {
    ctl::StateTable running{{"app/web9", {{"weight", "2"}}}};
    ctl::StateTable fresh{{"app/web9", {{"weight", "1"}}}};
    ctl::name_servers_in_slots(running, fresh, {});
    EXPECT_EQ(ctl::differences(running, fresh).size(), 1U);
    running = {{"app/hitless-slot1", {{"id", "4"}, {"weight", "1"}}},
               {"app/hitless-slot2", {{"weight", "1"}}},
               {"app/hitless-slot3", {{"weight", "3"}}},
               {"app/BACKEND", {}}};
    fresh = {{"app/hitless-slot1", {{"id", "4"}, {"weight", "7"}}},
             {"app/web9", {{"id", "3"}, {"weight", "1"}}},
             {"app/hitless-slot3", {{"weight", "4"}}},
             {"app/hitless-slot4", {{"weight", "1"}}},
             {"app/BACKEND", {}}};
    const std::vector<ctl::InSlot> in_slots{{"app", "web9", "hitless-slot1"}};
    ctl::name_servers_in_slots(running, fresh, in_slots);
    const auto found = ctl::differences(running, fresh);
    ASSERT_EQ(found.size(), 1U) << found[0].name;
    EXPECT_EQ(found[0].name, "app/hitless-slot3");
    EXPECT_EQ(ctl::count(fresh).servers, 1U);
    EXPECT_EQ(ctl::count(fresh).spares, 1U);
    EXPECT_EQ(ctl::count(fresh).backends, 1U);
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
    EXPECT_EQ(ended.out, "equal: 3 servers in 2 backends are as a fresh start would make them\n");
    const auto same = json({"verify"});
    EXPECT_EQ(same["equal"], true);
    EXPECT_EQ(same["servers"], 3);
    EXPECT_EQ(same["backends"], 2);
    EXPECT_EQ(same["differences"], nlohmann::json::array());
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
    EXPECT_EQ(http("GET", url()).status, 200U) << "the running one goes on";
}

TEST_F(Verify, TellsWhatHitlessdReports) {
    const std::string file = haproxy_.config_file();
    apply::StatusNote note;
    note.troubles = {{std::string(apply::file_trouble), "h.cfg stays\nas it is"}};
    ASSERT_TRUE(apply::write_status(file, note));
    const auto held = base::hold_file(apply::status_path(file));
    const Ended ended = run({"verify"});
    EXPECT_THAT(ended.out, HasSubstr("equal: "));
    EXPECT_EQ(ended.code, 3);
    EXPECT_EQ(ended.err, "hitlessctl: hitlessd reports a trouble: h.cfg stays\\nas it is\n");
}

TEST_F(Verify, FindsWhatWasChanged) {
    ASSERT_TRUE(wait_state("w1", "up"));
    EXPECT_EQ(run({"weight", "app/w2", "9"}).code, 0);
    EXPECT_EQ(run({"maxconn", "app/w1", "4"}).code, 0);
    const auto verified = json({"verify"});
    EXPECT_EQ(verified["equal"], false);
    const auto& rows = verified["differences"];
    const auto found = [&](const char* server, const char* what) {
        for (const auto& row : rows) {
            if (row["server"] == server && row["what"] == what)
                return fmt::format("{} {}", row["running"].get<std::string>(),
                                   row["fresh"].get<std::string>());
        }
        return std::string("not found");
    };
    EXPECT_EQ(found("app/w2", "weight"), "9 5");
    EXPECT_EQ(found("app/w1", "maxconn"), "4 none");
    const Ended table = run({"verify"});
    EXPECT_EQ(table.code, 3);
    EXPECT_THAT(table.out,
                AllOf(HasSubstr("RUNNING"), HasSubstr("app/w2"), Not(HasSubstr("fixed"))));
}

TEST_F(Verify, KnowsServersInSlots) {
    const std::string slots = "    server hitless-slot1 127.0.0.1:1 disabled\n"
                              "    server hitless-slot2 127.0.0.1:1 disabled\n";
    const std::string web9 = "    server web9 " + web_.address(2) + "\n";
    haproxy_.configure(configuration() + slots);
    haproxy_.stop();
    haproxy_.start();
    haproxy_.configure(configuration() + web9 + slots);
    const std::string slot = "set server fixed/hitless-slot1 ";
    (void)haproxy_.command(slot + "addr 127.0.0.1 port " + std::to_string(web_.port(2)));
    (void)haproxy_.command(slot + "state ready");
    ASSERT_TRUE(wait_state("w1", "up"));
    ASSERT_TRUE(wait_state("w2", "up"));
    const Ended ended = run({"verify"});
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("fixed/web9 runs as hitless-slot1, a spare server"));
    EXPECT_THAT(ended.out, HasSubstr("equal: 4 servers and 1 spare one in 2 backends"));
    const auto verified = json({"verify"});
    ASSERT_EQ(verified["in_slots"].size(), 1U);
    EXPECT_EQ(verified["in_slots"][0]["server"], "fixed/web9");
    EXPECT_EQ(verified["in_slots"][0]["slot"], "hitless-slot1");
}

TEST_F(Verify, ComparesNumbersWhereRequestsDependOnThem) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "gives servers that are added no number";
    const std::string ring = configuration() + "backend ring\n    balance source\n"
                                               "    hash-type consistent\n    server r1 @W1@\n"
                                               "    server r2 @W1@\n";
    haproxy_.configure(boost::replace_all_copy(ring, "@W1@", web_.address(0)));
    haproxy_.stop();
    haproxy_.start();
    ASSERT_TRUE(wait_state("w1", "up"));
    for (const std::string command : {"set server ring/r1 state maint", "del server ring/r1"})
        (void)haproxy_.command(command);
    (void)haproxy_.command("add server ring/r1 " + web_.address(0) + " id 7");
    (void)haproxy_.command("enable server ring/r1");
    const auto rows = json({"verify"})["differences"];
    ASSERT_EQ(rows.size(), 1U) << rows.dump(2);
    EXPECT_EQ(rows[0]["what"], "id");
    EXPECT_EQ(rows[0]["running"], "7");
    EXPECT_EQ(rows[0]["fresh"], "1");
}

TEST_F(Verify, SaysWhyTheFileMakesNoProcess) {
    haproxy_.configure(configuration() + "    server w1 nonsense-address-without-port-\x01\n");
    const Ended ended = run({"verify", "-c", haproxy_.config_file()});
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, AllOf(HasSubstr("doesn't start from the file"), HasSubstr("w1")));
}

} // namespace
} // namespace hitless::test
