#include "ctl/top_model.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace hitless::ctl {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Kind = TopKey::Kind;

const std::string info = "Name: HAProxy\nVersion: 2.6.12\nPid: {}\nUptime_sec: {}\nnode: edge1\n"
                         "CurrConns: 5\nMaxconn: 100\nConnRate: 3\nIdle_pct: 97\nCumReq: {}\n";
const std::string titles = "# pxname,svname,type,status,scur,slim,qcur,lastchg,stot,req_tot,econ,"
                           "eresp,wretr,weight,act,bck\n";
const std::string state_titles = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state "
                                 "srv_admin_state srv_uweight srv_iweight srv_check_state "
                                 "srv_agent_state srv_fqdn srv_port srv_check_result\n";

/// Two backends; `total` requests of each server.
std::string stat(int total = 0, int errors = 0) {
    return titles + fmt::format("web,w1,2,UP,10,100,0,50,{0},,{1},0,0,10,1,0\n"
                                "web,w2,2,DOWN,0,100,0,5,{0},,0,0,0,20,0,0\n"
                                "web,BACKEND,1,UP,10,200,0,50,{0},{2},{1},0,0,10,1,0\n"
                                "api,a1,2,UP,95,100,0,70,{0},,0,0,0,5,1,0\n"
                                "api,a2,2,no check,1,,3,80,{0},,0,0,0,1,1,0\n"
                                "api,BACKEND,1,UP,96,,3,90,{0},,0,0,0,6,2,0\n",
                                total, errors, 2 * total);
}

std::string servers_state() {
    return state_titles +
           "3 web 1 w1 10.0.0.1 2 0 10 10 0 0 - 80 0\n3 web 2 w2 10.0.0.2 0 8 20 20 0 0 - 80 0\n"
           "4 api 1 a1 10.0.0.3 2 0 5 5 0 0 - 80 0\n4 api 2 a2 10.0.0.4 2 0 1 1 0 0 - 80 0\n";
}

TopSample sample(const std::string& statistics = stat(), std::chrono::milliseconds when = 0ms,
                 int pid = 7, int uptime = 60, const std::vector<std::string>& patterns = {}) {
    const std::vector<std::string> answers = {fmt::format(fmt::runtime(info), pid, uptime, uptime),
                                              statistics, servers_state()};
    return parse_sample(answers, patterns, std::chrono::steady_clock::time_point(when)).value();
}

std::vector<std::string> names(const TopModel& model) {
    std::vector<std::string> all;
    for (const TopEntry* const entry : model.rows())
        all.push_back(entry->is_backend() ? entry->backend : entry->backend + "/" + entry->server);
    return all;
}

TopModel model_of(TopSample first) {
    TopModel model("/run/haproxy.sock");
    model.set_page(20);
    model.take(std::move(first));
    return model;
}

TopAction press(TopModel& model, const std::string& letters) {
    TopAction last;
    for (const char letter : letters)
        last = model.press({letter == '\n' ? Kind::enter : Kind::character, letter});
    return last;
}

const TopEntry& entry(const TopModel& model, const std::string& name) {
    for (const TopEntry& one : model.sample()->entries) {
        if (one.backend + "/" + one.server == name)
            return one;
    }
    throw std::runtime_error("no entry " + name);
}

TEST(TopSample, HasABackendBeforeItsServers) {
    const TopModel model = model_of(sample());
    EXPECT_THAT(names(model), ElementsAre("web", "web/w1", "web/w2", "api", "api/a1", "api/a2"));
    EXPECT_EQ(entry(model, "web/").servers, 2);
    EXPECT_EQ(entry(model, "web/").servers_up, 1);
    EXPECT_EQ(entry(model, "api/a2").state, "up");
    EXPECT_EQ(entry(model, "web/w2").state, "down, drain");
    EXPECT_EQ(model.sample()->node, "edge1");
    EXPECT_EQ(model.sample()->connection_limit, 100);
}

TEST(TopSample, TakesTheBackendsThatAreWanted) {
    const std::vector<std::string> patterns = {"a*"};
    EXPECT_THAT(names(model_of(sample(stat(), 0ms, 7, 60, patterns))),
                ElementsAre("api", "api/a1", "api/a2"));
}

TEST(TopSample, RefusesWhatIsNoAnswer) {
    const std::vector<std::vector<std::string>> cases = {
        {"nonsense", stat(), servers_state()},
        {fmt::format(fmt::runtime(info), 1, 1, 1), "Unknown command", servers_state()},
        {fmt::format(fmt::runtime(info), 1, 1, 1), stat(), "Unknown command"},
    };
    for (const auto& answers : cases)
        EXPECT_FALSE(parse_sample(answers, {}, {})) << answers[0];
}

TEST(TopModel, ComputesRatesBetweenLooks) {
    TopModel model = model_of(sample(stat(100, 1), 0ms));
    EXPECT_FALSE(entry(model, "web/w1").request_rate) << "one look has no rate";
    model.take(sample(stat(150, 3), 2s));
    EXPECT_EQ(entry(model, "web/w1").request_rate, 25);
    EXPECT_EQ(entry(model, "web/w1").error_rate, 1);
    EXPECT_EQ(entry(model, "web/").request_rate, 50) << "of requests, not of sessions";
    EXPECT_EQ(model.sample()->error_rate, 1);
}

TEST(TopModel, StartsAnewWhenCountersGoBack) {
    TopModel model = model_of(sample(stat(100), 0ms));
    model.take(sample(stat(40), 1s)); // `clear counters all`
    EXPECT_FALSE(entry(model, "web/w1").request_rate);
    model.take(sample(stat(50), 2s, 8, 1)); // another process
    EXPECT_FALSE(entry(model, "web/w1").request_rate);
    EXPECT_THAT(model.prompt(), HasSubstr("process 8 took the place of 7"));
    model.take(sample(stat(60), 3s, 8, 2));
    EXPECT_EQ(entry(model, "web/w1").request_rate, 10);
}

TEST(TopModel, KeepsWhatItSawWhenHaproxyIsAway) {
    TopModel model = model_of(sample());
    model.lose("can't connect");
    EXPECT_EQ(model.trouble(), "can't connect");
    EXPECT_EQ(model.rows().size(), 6U);
    press(model, "jd");
    EXPECT_EQ(model.mode(), TopModel::Mode::list) << "nothing to ask";
    EXPECT_TRUE(model.is_bad_news());
    model.take(sample(stat(), 5s));
    EXPECT_TRUE(model.trouble().empty());
}

struct SortCase {
    int steps;
    bool reversed;
    std::vector<std::string> expected;
};

TEST(TopModel, SortsBackendsAndServersInThem) {
    const SortCase cases[] = {
        {0, false, {"web", "web/w1", "web/w2", "api", "api/a1", "api/a2"}},
        {0, true, {"api", "api/a2", "api/a1", "web", "web/w2", "web/w1"}},
        {1, false, {"api", "api/a1", "api/a2", "web", "web/w1", "web/w2"}},  // name
        {2, false, {"web", "web/w2", "web/w1", "api", "api/a1", "api/a2"}},  // state
        {3, false, {"web", "web/w2", "web/w1", "api", "api/a1", "api/a2"}},  // weight
        {4, false, {"api", "api/a1", "api/a2", "web", "web/w1", "web/w2"}},  // sessions
        {4, true, {"web", "web/w2", "web/w1", "api", "api/a2", "api/a1"}},   // sessions
        {5, false, {"api", "api/a2", "api/a1", "web", "web/w1", "web/w2"}},  // queue
        {8, false, {"web", "web/w2", "web/w1", "api", "api/a1", "api/a2"}},  // age
        {9, false, {"web", "web/w1", "web/w2", "api", "api/a1", "api/a2"}},  // round again
        {-1, false, {"web", "web/w2", "web/w1", "api", "api/a1", "api/a2"}}, // age
    };
    for (const SortCase& one : cases) {
        TopModel model = model_of(sample());
        press(model, std::string(static_cast<std::size_t>(std::abs(one.steps)),
                                 one.steps < 0 ? 'S' : 's') +
                         (one.reversed ? "R" : ""));
        EXPECT_EQ(names(model), one.expected) << one.steps << " " << one.reversed;
    }
}

TEST(TopModel, FoldsAndKeepsTheSelection) {
    TopModel model = model_of(sample());
    press(model, "jj");
    EXPECT_EQ(model.selection()->server, "w2");
    press(model, " ");
    EXPECT_THAT(names(model), ElementsAre("web", "api", "api/a1", "api/a2"));
    EXPECT_EQ(model.selection()->backend, "web");
    press(model, " ");
    EXPECT_EQ(model.rows().size(), 6U);
    press(model, "-");
    EXPECT_THAT(names(model), ElementsAre("web", "api"));
    press(model, "+G");
    EXPECT_EQ(model.selection()->server, "a2");
    press(model, "s"); // by name: a2 is elsewhere now
    EXPECT_EQ(model.selection()->server, "a2");
    EXPECT_EQ(model.selected(), 2U);
}

TEST(TopModel, FiltersAsItIsTyped) {
    TopModel model = model_of(sample());
    press(model, "/W");
    EXPECT_EQ(model.mode(), TopModel::Mode::filter);
    EXPECT_THAT(names(model), ElementsAre("web", "web/w1", "web/w2"));
    press(model, "1");
    EXPECT_THAT(names(model), ElementsAre("web", "web/w1"));
    model.press({Kind::backspace});
    EXPECT_EQ(model.rows().size(), 3U);
    press(model, "q\n"); // a letter here, not the key
    EXPECT_TRUE(model.rows().empty());
    EXPECT_EQ(model.selection(), nullptr);
    model.press({Kind::escape});
    EXPECT_EQ(model.rows().size(), 6U);
    press(model, "/api/*2\n");
    EXPECT_THAT(names(model), ElementsAre("api", "api/a2"));
    press(model, "/x");
    model.press({Kind::escape}); // back to the filter before
    EXPECT_THAT(names(model), ElementsAre("api", "api/a2"));
}

TEST(TopModel, ShowsOnlyProblems) {
    TopModel model = model_of(sample());
    press(model, "p");
    // w2 is down, a1 nearly full, a2 has a queue.
    EXPECT_THAT(names(model), ElementsAre("web", "web/w2", "api", "api/a1", "api/a2"));
    model.take(sample(stat(0, 0), 1s));
    model.take(sample(stat(0, 2), 2s));
    EXPECT_THAT(names(model), ElementsAre("web", "web/w1", "web/w2", "api", "api/a1", "api/a2"))
        << "w1 fails";
}

TEST(TopModel, ChangesTheSelectedServerAfterAQuestion) {
    struct Case {
        std::string keys;
        std::string question;
        std::string command;
    };
    const Case cases[] = {
        {"d", "drain web/w1? y/n", "set server web/w1 state drain"},
        {"r", "ready web/w1? y/n", "set server web/w1 state ready"},
        {"m", "maint web/w1? y/n", "set server web/w1 state maint"},
        {"w25\n", "weight 25 for web/w1? y/n", "set server web/w1 weight 25"},
    };
    for (const Case& one : cases) {
        TopModel model = model_of(sample());
        EXPECT_EQ(press(model, "j" + one.keys).kind, TopAction::Kind::none);
        EXPECT_EQ(model.prompt(), one.question);
        EXPECT_EQ(press(model, "x").kind, TopAction::Kind::none) << "no answer";
        const TopAction action = press(model, "y");
        EXPECT_EQ(action.kind, TopAction::Kind::change);
        EXPECT_EQ(action.command, one.command);
        EXPECT_EQ(action.server, "w1");
        EXPECT_EQ(model.mode(), TopModel::Mode::list);

        press(model, one.keys);
        EXPECT_EQ(press(model, "n").kind, TopAction::Kind::none);
        EXPECT_EQ(model.prompt(), "nothing changed");
    }
}

TEST(TopModel, AsksAboutTheServerThatWasSelectedThen) {
    TopModel model = model_of(sample());
    press(model, "jsd"); // by name
    EXPECT_EQ(model.prompt(), "drain web/w1? y/n");
    model.take(sample(titles + "other,o1,2,UP,0,,0,1,0,,0,0,0,1,1,0\n"
                               "other,BACKEND,1,UP,0,,0,1,0,,0,0,0,1,1,0\n",
                      1s));
    EXPECT_EQ(press(model, "y").command, "set server web/w1 state drain");
}

TEST(TopModel, RefusesWhatMakesNoSense) {
    TopModel model = model_of(sample());
    press(model, "d");
    EXPECT_EQ(model.prompt(), "select a server first") << "a backend is selected";
    press(model, "jw300\n");
    EXPECT_EQ(model.prompt(), "a weight is at most 256");
    press(model, "Z");
    EXPECT_THAT(model.prompt(), HasSubstr("no such key"));
    EXPECT_EQ(press(model, "q").kind, TopAction::Kind::quit);
}

/// A spare server in maintenance counts as free.
TEST(TopModel, DrainsASpareServerInUse) {
    TopModel model =
        model_of(sample(std::string(titles) + "web,hitless-slot1,2,UP,0,,0,1,0,,0,0,0,1,1,0\n"
                                              "web,hitless-slot2,2,MAINT,0,,0,1,0,,0,0,0,1,1,0\n"
                                              "web,BACKEND,1,UP,0,,0,1,0,,0,0,0,1,1,0\n"));
    press(model, "jm");
    EXPECT_EQ(model.prompt(), "a spare server in maintenance would count as free; drain "
                              "web/hitless-slot1? y/n");
    EXPECT_EQ(press(model, "y").command, "set server web/hitless-slot1 state drain");
    press(model, "jm");
    EXPECT_EQ(model.prompt(), "maint web/hitless-slot2? y/n");
}

TEST(TopModel, ScrollsThroughManyServers) {
    std::string statistics = titles;
    for (int i = 1; i <= 5'000; ++i)
        statistics += fmt::format("big,s{},2,UP,0,,0,1,0,,0,0,0,1,1,0\n", i);
    statistics += "big,BACKEND,1,UP,0,,0,1,0,,0,0,0,1,1,0\n";
    TopModel model = model_of(sample(statistics));
    model.press({Kind::end});
    EXPECT_EQ(model.selected(), 5'000U);
    EXPECT_EQ(model.first(), 4'981U);
    model.press({Kind::page_up});
    EXPECT_EQ(model.selected(), 4'980U);
    EXPECT_EQ(model.first(), 4'980U);
    model.set_page(5'001);
    EXPECT_EQ(model.first(), 0U) << "a larger screen has room for all";
    model.press({Kind::home});
    EXPECT_EQ(model.selected(), 0U);
    model.press({Kind::up});
    EXPECT_EQ(model.selected(), 0U);
}

} // namespace
} // namespace hitless::ctl
