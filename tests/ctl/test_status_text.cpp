// /status of hitlessd as text: the verdict, and the tables.
#include "ctl/status_text.hpp"
#include "ctl/told.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace hitless::ctl {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

Json told_server(const std::string& name, const std::string& state) {
    return {{"name", name},
            {"wanted", {{"address", "10.0.0.1:80"}, {"weight", 1}, {"state", "ready"}}},
            {"running", {{"state", state}, {"sessions", 2}, {"last_check", "L4CON"}}},
            {"differs", nullptr}};
}

/// All is well.
Json told() {
    return Json::parse(R"json({
 "format": 1, "program": "hitlessd", "version": "0.9.0", "pid": 42,
 "started": "2026-01-02T03:00:00.000Z", "now": "2026-01-02T03:04:05.678Z",
 "state": "in_step", "ready": true, "reasons": [],
 "registry": {"name": "etcd (v2)", "connected": true, "trouble": null, "index": 1234, "keys": 56,
              "last_event": "2026-01-02T03:04:00.000Z", "full_reads": 1},
 "resources": [{"file": "h.toml", "template": "/t/h.tmpl", "dest": "/etc/h.cfg", "kind": "haproxy",
   "rendered": "2026-01-02T03:04:00.100Z", "written": "2026-01-01T03:04:00.200Z",
   "check_refused": null, "left_out": [], "held": null, "troubles": [],
   "reload": {"owed": false, "since": null, "next": null, "obstacles": [], "last": null},
   "haproxies": [{"socket": "/run/h.sock", "connected": true, "trouble": null, "version": "2.6.12",
     "pid": 77, "started": "2026-01-02T03:03:05.000Z", "in_step": true, "queued": 0,
     "backends": [{"name": "app", "servers": []}]}]}],
 "propagation": {"count": 95, "p50_ms": 2.2, "p99_ms": 12.5, "buckets": []},
 "changes": [{"id": 17, "time": "2026-01-02T03:04:00.678Z", "resource": "/etc/h.cfg",
   "haproxy": "/run/h.sock", "object": {"kind": "server", "scope": "app", "name": "web1"},
   "action": "add", "detail": "10.0.0.1:80", "keys": ["/app/web1"], "commands": [], "result": "done",
   "message": null, "phases_ms": {"render": 0.4, "plan": 0.1, "commands": 0.9, "read_back": null,
   "file": null}, "total_ms": 1.9}]
})json");
}

Json& resource(Json& status) {
    return status["resources"][0];
}

TEST(StatusText, SaysFirstWhetherAllIsAsTheKeysSay) {
    const std::string text = status_text(told(), {});
    EXPECT_THAT(text, StartsWith("in step      HAProxy is as the keys say\n"));
    for (
        const char* const part :
        {"hitlessd     0.9.0, pid 42, runs for 4m05s\n",
         "registry     etcd (v2): connected; 56 keys, index 1234; last event 5s ago; 1 full read\n",
         "propagation  95 changes from the event to HAProxy: half of them within 2.2 ms, 99 of 100 "
         "within 12.5 ms\n",
         "resource     /etc/h.cfg (haproxy)\n",
         "rendered 03:04:00 UTC, written 2026-01-01 03:04:00 UTC\n"})
        EXPECT_THAT(text, HasSubstr(part));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(status_text(told(), {true, 80}), StartsWith("\x1b[32min step"));
}

/// Whatever keeps HAProxy from being as the keys say: it is no success, and it is told.
TEST(StatusText, TellsOfEachTrouble) {
    struct Case {
        std::function<void(Json&)> spoil;
        std::string said;
    };
    const Case cases[] = {
        {[](Json& now) { now["state"] = "working"; }, "working      HAProxy is being"},
        {[](Json& now) { now["state"] = "starting"; }, "starting     "},
        {[](Json& now) { now["state"] = "ending"; }, "ending       "},
        {[](Json& now) {
             now["state"] = "degraded";
             now["reasons"] = {"etcd is away"};
         },
         "not in step  something keeps HAProxy from being as the keys say\n             - etcd is "
         "away\n"},
        {[](Json& now) { now["registry"]["connected"] = false; }, "etcd (v2): not connected"},
        {[](Json& now) {
             resource(now)["left_out"] = {{{"key", "/app/bad"}, {"why", "two words"}}};
         },
         "left out     /app/bad: two words\n"},
        {[](Json& now) { resource(now)["check_refused"] = "[ALERT] no"; },
         "refused      [ALERT] no\n"},
        {[](Json& now) {
             resource(now)["held"] = {{"why", "x"},
                                      {"until", "2026-01-02T03:05:00.000Z"},
                                      {"changes", {"3 of 4 servers of app would go"}}};
         },
         "held         by a guard until 03:05:00 UTC\n             - 3 of 4 servers of app would "
         "go\n"},
        {[](Json& now) {
             resource(now)["reload"] = {
                 {"owed", true},
                 {"since", "2026-01-02T03:04:01.000Z"},
                 {"next", "2026-01-02T03:04:09.000Z"},
                 {"obstacles", {{{"words", "backend app: + balance leastconn"}}}}};
         },
         "reload       owed since 03:04:01 UTC; tried at 03:04:09 UTC\n             - backend app: "
         "+ "
         "balance leastconn\n"},
        {[](Json& now) {
             resource(now)["troubles"] = {{{"source", "haproxy"}, {"message", "no socket"}}};
         },
         "trouble      haproxy: no socket\n"},
        {[](Json& now) { resource(now)["haproxies"][0]["connected"] = false; },
         "- HAProxy at /run/h.sock doesn't answer\n"},
        {[](Json& now) { resource(now)["haproxies"][0]["in_step"] = false; },
         "up, not yet in step"},
    };
    EXPECT_TRUE(tells_in_step(told()));
    for (const Case& one : cases) {
        Json now = told();
        one.spoil(now);
        EXPECT_FALSE(tells_in_step(now)) << one.said;
        EXPECT_THAT(status_text(now, {}), HasSubstr(one.said));
        EXPECT_THAT(status_text(now, {}), Not(StartsWith("in step"))) << one.said;
    }
}

TEST(StatusText, RollsBackendsUpAndNamesServersThatFail) {
    Json now = told();
    Json& backends = resource(now)["haproxies"][0]["backends"];
    backends = Json::array();
    for (int i = 0; i < 30; ++i)
        backends.push_back(
            {{"name", fmt::format("b{}", i)}, {"servers", {told_server("s1", "up")}}});
    Json missing = told_server("w4", "up");
    missing["running"] = nullptr;
    backends.push_back({{"name", "app"},
                        {"servers",
                         {told_server("w1", "up"), told_server("w2", "down"),
                          told_server("w3", "drain"), missing}}});
    const Table table = backends_told(resource(now));
    ASSERT_EQ(table.rows.size(), 22U);
    EXPECT_EQ(table.rows[0]["backend"], "app") << "what fails comes first";
    EXPECT_EQ(table.rows[0]["up"], "1/4 up");
    EXPECT_EQ(table.rows[0]["sessions"], 6);
    EXPECT_EQ(table.rows[0]["failing"], "w2 down L4CON, w4 not in HAProxy");
    EXPECT_EQ(table.rows[0]["out"], "w3 drain");
    EXPECT_EQ(table.rows[1]["up"], "up");
    EXPECT_EQ(table.rows[21]["backend"], "and 10 more, all up");
}

TEST(StatusText, SaysOfAHaproxyThatIsAwayOnlyWhatIsKnown) {
    Json now = told();
    Json& haproxy = resource(now)["haproxies"][0];
    for (const char* const name : {"version", "pid", "started"})
        haproxy[name] = nullptr;
    haproxy["connected"] = false;
    Json server = told_server("w1", "up");
    server["running"] = nullptr;
    haproxy["backends"][0]["servers"] = {server, server};
    const std::string text = status_text(now, {});
    EXPECT_THAT(text, AllOf(HasSubstr("down: it doesn't answer  -"), HasSubstr("not known"),
                            Not(HasSubstr("not in HAProxy")), Not(HasSubstr("0/2"))));
    EXPECT_THAT(text, HasSubstr("- HAProxy at /run/h.sock doesn't answer\n"));
    haproxy["trouble"] = "HAProxy can't be told of changes";
    EXPECT_THAT(status_text(now, {}), Not(HasSubstr("- HAProxy at")))
        << "that is among the reasons";
}

TEST(StatusText, TellsOfAFailedReloadOnlyThatItIsOverWhenNoneIsOwed) {
    Json now = told();
    resource(now)["reload"]["last"] = {{"result", "failed"},
                                       {"at", "2026-01-02T03:04:00.000Z"},
                                       {"duration_ms", 12},
                                       {"causes", {"backend app: + retries 4"}}};
    const std::string text = status_text(now, {});
    EXPECT_THAT(text, StartsWith("in step"));
    EXPECT_THAT(text, HasSubstr("last reload  failed at 03:04:00 UTC, after 12 ms; HAProxy needs "
                                "none any more\n"));
    EXPECT_THAT(text, Not(HasSubstr("retries")));
    resource(now)["reload"]["owed"] = true;
    EXPECT_THAT(status_text(now, {}), HasSubstr("after 12 ms\n             - backend app: + ret"));
}

TEST(StatusText, TellsWhatIsSpecialOfServers) {
    Json now = told();
    Json queued = told_server("w1", "up");
    queued["queued"] = "retried";
    queued["differs"] = "its weight is 1, not 5";
    Json leaving = told_server("w2", "maint");
    leaving["leaving"] = {{"sessions", 1}, {"until", "2026-01-02T03:10:00.000Z"}};
    Json held = told_server("w3", "drain");
    held["by_hand"] = {
        {"state", "drain"}, {"until", "2026-01-02T05:00:00.000Z"}, {"because", "disk"}};
    resource(now)["haproxies"][0]["backends"][0]["servers"] = {queued, leaving, held,
                                                               told_server("w4", "up")};
    std::vector<std::string> said;
    for (const Json& row : servers_told(resource(now)).rows)
        said.push_back(row["server"].get<std::string>() + ": " + row["what"].get<std::string>());
    EXPECT_THAT(
        said,
        ElementsAre("app/w1: differs: its weight is 1, not 5; queued: retried",
                    "app/w2: leaves: deleted when its 1 session has ended; they are shut down at "
                    "2026-01-02 03:10:00 UTC",
                    "app/w3: held by hand: drain until 2026-01-02 05:00:00 UTC because disk"));
    EXPECT_EQ(servers_told(resource(now), now).rows[2]["what"],
              "held by hand: drain until 05:00:00 UTC because disk");
}

TEST(StatusText, TellsHaproxiesApartByTheShortestNamesThatDo) {
    Json now = told();
    Json& all = resource(now)["haproxies"];
    all[0]["backends"] = Json::array({{{"name", "app"}, {"servers", Json::array()}}});
    all.push_back(all[0]);
    all[0]["socket"] = "/run/one/admin.sock";
    all[1]["socket"] = "/run/two/admin.sock";
    EXPECT_EQ(backends_told(resource(now)).rows[1]["haproxy"], "/run/two/admin.sock");
    all[1]["socket"] = "/run/one/edge.sock";
    const Table table = backends_told(resource(now));
    EXPECT_EQ(table.rows[0]["haproxy"], "admin.sock");
    EXPECT_EQ(table.rows[1]["haproxy"], "edge.sock");
    EXPECT_THAT(show(table, Format::table, Style{.width = 40}), HasSubstr("HAPROXY"));
}

TEST(StatusText, RoundsTimes) {
    const std::pair<Json, Json> cases[] = {{2.624586, 2.62},   {1.9, 1.9}, {17, 17},
                                           {nullptr, nullptr}, {"x", "x"}, {0.001, 0.0}};
    for (const auto& [value, expected] : cases)
        EXPECT_EQ(rounded(value), expected);
}

TEST(StatusText, TellsHowFarItIsBehindAndSinceWhen) {
    Json now = told();
    now["registry"]["index"] = 20;
    now["registry"]["applied_index"] = 20;
    EXPECT_THAT(status_text(now, {}), HasSubstr("index 20; "));
    now["registry"]["applied_index"] = 17;
    now["state"] = "working";
    EXPECT_THAT(status_text(now, {}), HasSubstr("index 20, applied up to 17; "));
    now["state"] = "in_step";
    EXPECT_THAT(status_text(now, {}), HasSubstr("index 20; ")) << "nothing is left to apply";
    now["state_since"] = now["now"];
    EXPECT_THAT(status_text(now, {}), HasSubstr("; in step for 0s"));
}

/// The check of a large file takes its time, and hinders nobody.
TEST(StatusText, IsInStepWhileOnlyTheFileFollows) {
    Json now = told();
    now["state"] = "working";
    resource(now)["in_step"] = false;
    resource(now)["publishing"] = {{"state", "checking"}, {"since", "2026-01-02T03:04:01.000Z"}};
    EXPECT_TRUE(tells_in_step(now));
    EXPECT_THAT(status_text(now, {}),
                AllOf(StartsWith("in step      HAProxy is as the keys say, and its file follows\n"),
                      HasSubstr("file         being checked (check_cmd) since 03:04:01 UTC; it "
                                "follows when it is accepted\n")));
    resource(now)["publishing"] = {{"state", "waiting"}, {"since", nullptr}};
    EXPECT_TRUE(tells_in_step(now));
    EXPECT_THAT(status_text(now, {}), HasSubstr("file         follows after the pause"));
    Json other = now;
    resource(other)["haproxies"][0]["in_step"] = false;
    EXPECT_FALSE(tells_in_step(other));
    other = now;
    resource(other)["haproxies"] = Json::array();
    EXPECT_FALSE(tells_in_step(other)) << "nobody knows what HAProxy has";
    resource(now)["publishing"] = nullptr;
    EXPECT_FALSE(tells_in_step(now)) << "it is not known what else is to be done";
}

TEST(StatusText, TellsWhatAnOwedReloadWaitsFor) {
    Json now = told();
    const auto row = [&] {
        const std::string text = status_text(now, {});
        const std::size_t at = text.find("owed since");
        return text.substr(at, text.find('\n', at) - at);
    };
    Json& reload = resource(now)["reload"];
    reload["owed"] = true;
    reload["since"] = "2026-01-02T03:04:01.000Z";
    EXPECT_EQ(row(), "owed since 03:04:01 UTC; it isn't known when it is tried");
    resource(now)["troubles"] = {{{"source", "file"}, {"message", "no reload_cmd"}}};
    EXPECT_EQ(row(), "owed since 03:04:01 UTC; not tried while there is this trouble");
    reload["next"] = "2026-01-02T03:04:09.000Z";
    EXPECT_EQ(row(), "owed since 03:04:01 UTC; tried at 03:04:09 UTC");
    resource(now)["publishing"] = {{"state", "checking"}, {"since", nullptr}};
    EXPECT_EQ(row(), "owed since 03:04:01 UTC; it comes when check_cmd has accepted the file");
    resource(now)["check_refused"] = "no";
    EXPECT_EQ(row(),
              "owed since 03:04:01 UTC; it waits until check_cmd accepts what the keys make");
    reload["running"] = true;
    EXPECT_EQ(row(), "owed since 03:04:01 UTC; HAProxy is being reloaded now");
}

TEST(StatusText, TellsWhatARestartOfHaproxyBeginsWith) {
    constexpr const char* older = "restart      a HAProxy that is started now reads an older file";
    Json now = told();
    EXPECT_THAT(status_text(now, {}), Not(HasSubstr("restart  ")));
    resource(now)["check_refused"] = "no";
    EXPECT_THAT(status_text(now, {}), HasSubstr(older));
    resource(now)["check_refused"] = nullptr;
    Json& reload = resource(now)["reload"];
    reload["owed"] = true;
    EXPECT_THAT(status_text(now, {}), Not(HasSubstr(older))) << "it wasn't tried yet";
    reload["last"] = {{"result", "failed"}, {"at", "2026-01-02T03:04:00.000Z"}};
    EXPECT_THAT(status_text(now, {}), HasSubstr(older));
    reload["running"] = true;
    EXPECT_THAT(status_text(now, {}), Not(HasSubstr(older))) << "the new file is there for it";
}

TEST(StatusText, TellsOfAReloadThatNobodyNeedsAnyMore) {
    Json now = told();
    resource(now)["reload"]["running"] = true;
    EXPECT_THAT(status_text(now, {}), HasSubstr("reload       HAProxy needs none any more, but"));
}

TEST(StatusText, NamesObjectsByTheirKinds) {
    Json now = told();
    now["changes"][0]["object"] = {{"kind", "limit"}, {"scope", "web"}, {"name", "maxconn"}};
    EXPECT_EQ(changes_told(now, 10).rows.back()["object"], "maxconn of frontend web");
    now["changes"][0]["object"] = {{"kind", "limit"}, {"scope", ""}, {"name", "maxconn"}};
    EXPECT_EQ(changes_told(now, 10).rows.back()["object"], "global maxconn");
    now["changes"][0]["object"] = {{"kind", "file"}, {"scope", ""}, {"name", "/etc/h.cfg"}};
    EXPECT_EQ(changes_told(now, 10).rows.back()["object"], "/etc/h.cfg");
}

TEST(StatusText, ShowsTheLastChangesWithTheTimeOfEachPhase) {
    const Table table = changes_told(told(), 10);
    ASSERT_EQ(table.rows.size(), 1U);
    EXPECT_EQ(show(table, Format::table, {}),
              "TIME          ACTION  OBJECT    DETAIL       RESULT   MS  RENDER  PLAN  COMMANDS\n"
              "03:04:00 UTC  add     app/web1  10.0.0.1:80  done    1.9     0.4   0.1       0.9\n");
    Json many = told();
    for (int i = 0; i < 200; ++i)
        many["changes"].push_back(many["changes"][0]);
    many["changes"].back()["action"] = "remove";
    EXPECT_EQ(changes_told(many, 10).rows.size(), 10U);
    EXPECT_EQ(changes_told(many, 10).rows.back()["action"], "remove");
    many["changes"].back()["detail"] = std::string(79, 'x') + "é" + std::string(500, 'y');
    EXPECT_EQ(changes_told(many, 10).rows.back()["detail"], std::string(79, 'x') + "…");
}

/// Each value may be anything; nothing of it gets to the terminal as it is.
TEST(StatusText, TrustsNothing) {
    const std::string evil = "\x1b]0;x\a\xc2\x9b"
                             "31m";
    const std::function<void(Json&, const Json&)> put = [&](Json& where, const Json& value) {
        if (where.is_structured() && !where.empty()) {
            for (auto& [name, each] : where.items())
                put(each, value);
        } else {
            where = value;
        }
    };
    for (const Json& value :
         {Json(evil), Json(), Json(-1), Json(1e300), Json(18446744073709551615U),
          Json::array({evil}), Json{{evil, evil}}, Json(true)}) {
        Json all = told();
        put(all, value);
        for (Json* const one : {&all["resources"], &all["registry"], &all["changes"]}) {
            const std::string text = status_text(all, {});
            EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\xc2\x9b")),
                                    Not(HasSubstr("\a"))));
            *one = value;
        }
        EXPECT_FALSE(status_text(value, {}).empty());
        EXPECT_FALSE(tells_in_step(all));
    }
}

TEST(Told, IsReadOnlyWhereItIsHitlessd) {
    EXPECT_TRUE(parse_told(told().dump()));
    Json newer = told();
    newer["format"] = 2;
    EXPECT_THAT(parse_told(newer.dump()).error().message, HasSubstr("another build"));
    for (const char* const text : {"", "[]", "{}", "null", "<html>", R"({"program": "other"})"})
        EXPECT_THAT(parse_told(text).error().message, HasSubstr("not what hitlessd tells")) << text;
    const std::string deep = R"({"program":"hitlessd","format":1,"x":)" +
                             std::string(100'000, '[') + std::string(100'000, ']') + "}";
    EXPECT_THAT(parse_told(deep).error().message, HasSubstr("too deep"));
    std::string large = R"({"program":"hitlessd","format":1,"x":[0)";
    for (int i = 0; i < 6'000'000; ++i)
        large += ",0";
    EXPECT_THAT(parse_told(large + "]}").error().message, HasSubstr("too large"));
}

} // namespace
} // namespace hitless::ctl
