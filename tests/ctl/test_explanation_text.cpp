#include "hitless/base/text.hpp"

#include "ctl/explanation_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

Json explanation() {
    const std::string defaults = "default-server check inter 500ms fall 2 rise 3 maxconn 100";
    Json json = {
        {"server", "app/w1"},
        {"takes_traffic", true},
        {"why_not", Json::array()},
        {"running", nullptr},
        {"line", {{"file", "/etc/haproxy/haproxy.cfg"}, {"line", 14}, {"text", "server w1"}}},
        {"options", Json::array()}};
    for (const char* const option : {"check", "inter 500ms", "fall 2", "rise 3", "maxconn 100"})
        json["options"].push_back(
            {{"option", option}, {"line", 9}, {"text", defaults}, {"is_own", false}});
    json["options"].push_back(
        {{"option", "weight 5"}, {"line", 14}, {"text", "server w1"}, {"is_own", true}});
    return json;
}

TEST(ExplanationText, NamesALineOnceWithAllItsOptions) {
    const std::string text = explanation_text(explanation(), {});
    EXPECT_THAT(text,
                HasSubstr("options   check, inter 500ms, fall 2, rise 3, maxconn 100 (line 9: "
                          "default-server check inter 500ms fall 2 rise 3 maxconn 100)\n"
                          "          weight 5 (its own line)\n"));
}

/// The file follows: its lines have other numbers, and this one another text.
TEST(ExplanationText, TellsTheLineOfTheKeysWhereTheFileHasAnother) {
    Json json = explanation();
    json["new_line"] = "server w1 weight 5";
    for (Json& option : json["options"])
        option["line"] = nullptr;
    EXPECT_THAT(explanation_text(json, {}),
                HasSubstr("line      /etc/haproxy/haproxy.cfg:14: server w1\n"
                          "          the keys make it: server w1 weight 5\n"
                          "options   check, inter 500ms, fall 2, rise 3, maxconn 100 "
                          "(default-server check inter 500ms fall 2 rise 3 maxconn 100)\n"
                          "          weight 5 (its own line)\n"));
}

/// What the troubles of each source mean for the servers.
TEST(ExplanationText, SaysOfATroubleWhatIsTrueOfIt) {
    Json json = explanation();
    json["hitlessd_runs"] = true;
    json["troubles"] = {"etcd is away", "no render", "h.cfg stays", "no socket"};
    json["trouble_sources"] = {"registry", "keys", "file", "haproxy"};
    const std::string text = explanation_text(json, {});
    EXPECT_THAT(text, HasSubstr("hitlessd sees no changes of keys now: etcd is away\n"));
    EXPECT_THAT(text, HasSubstr("hitlessd can't follow the keys: no render\n"));
    EXPECT_THAT(text, HasSubstr("servers follow the keys where that needs no reload, but the file "
                                "does not: h.cfg stays\n"));
    EXPECT_THAT(text, HasSubstr("hitlessd can't bring everything to HAProxy: no socket\n"));
    json["hitlessd_runs"] = false; // then nothing follows
    EXPECT_THAT(explanation_text(json, {}),
                HasSubstr("trouble   no render\ntrouble   h.cfg stays\n"));
}

/// "HAProxy is as wanted" would be wrong: nobody knows what the keys want.
TEST(ExplanationText, HasNothingPlannedWhereTheKeysAreNotFollowed) {
    for (const char* const source : {"keys", "registry"}) {
        Json json = explanation();
        json["plan"] = {{"in_step", true},          {"actions", Json::array()},
                        {"reload", Json::array()},  {"problems", Json::array()},
                        {"waiting", Json::array()}, {"leaving", Json::array()}};
        EXPECT_THAT(explanation_text(json, {}), HasSubstr("plan      HAProxy is as wanted\n"));
        json["troubles"] = {"x"};
        json["trouble_sources"] = {source};
        EXPECT_THAT(explanation_text(json, {}),
                    AllOf(Not(HasSubstr("HAProxy is as wanted")),
                          HasSubstr("plan      nothing: HAProxy is as its file says, but hitlessd "
                                    "can't follow the keys")));
    }
}

TEST(ExplanationText, TellsOfTheBackendAndOfAnOwedReload) {
    Json json = explanation();
    EXPECT_THAT(explanation_text(json, {}), Not(HasSubstr("backend ")));
    json["backend_down"] = "app is down";
    json["owed_reload"] = {{"text", {"+ retries 5; at once", "+ retries 6; at once"}}};
    EXPECT_THAT(explanation_text(json, {}), HasSubstr("backend   app is down\n"));
    EXPECT_THAT(explanation_text(json, {}),
                HasSubstr("reload    + retries 5; at once\nreload    + retries 6; at once\n"));
}

TEST(ExplanationText, HasNothingPlannedForAServerThatABadValueKeepsOut) {
    Json json = explanation();
    json["line"] = nullptr;
    json["left_out"] = {"key /app/servers/w1 = 'x': no address"};
    json["plan"] = {{"in_step", true},
                    {"actions", Json::array()},
                    {"reload", Json::array()},
                    {"problems", Json::array()},
                    {"waiting", Json::array()}};
    EXPECT_THAT(explanation_text(json, {}),
                HasSubstr("plan      nothing, until the key is mended\n"));
    json["left_out"] = Json::array();
    EXPECT_THAT(explanation_text(json, {}), HasSubstr("plan      HAProxy is as wanted\n"));
}

TEST(ExplanationText, SaysNothingTwiceAndNothingEmpty) {
    Json json = explanation();
    json["held"] = nullptr;
    json["running"] = {{"backend", "app"}, {"server", "w1"},     {"role", nullptr},
                       {"admin", "maint"}, {"state", "maint"},   {"weight", 1},
                       {"address", "::1"}, {"age", 5},           {"check", "INI"},
                       {"sessions", 0},    {"most_sessions", 0}, {"requests", 0},
                       {"errors", 1},      {"retries", 0},       {"last_check", nullptr}};
    std::string text = explanation_text(json, {});
    EXPECT_THAT(text, HasSubstr("running   maint, weight 1, at ::1, for 5s\n"));
    EXPECT_THAT(text, HasSubstr("check     has no result yet\n"));
    EXPECT_THAT(text, HasSubstr("errors: 1, retries: 0\n"));
    json["running"]["admin"] = "ready";
    json["running"]["state"] = "up";
    json["running"]["check"] = "L4OK in 0ms";
    json["running"]["last_check"] = "said so";
    text = explanation_text(json, {});
    EXPECT_THAT(text, HasSubstr("running   ready, up, weight 1"));
    EXPECT_THAT(text, HasSubstr("check     L4OK in 0ms said so\n"));
    json["running"]["check"] = nullptr;
    EXPECT_THAT(explanation_text(json, {}), Not(HasSubstr("\ncheck ")));
}

TEST(ExplanationText, WrapsAtTheTerminalsWidth) {
    Json json = explanation();
    const std::string command = "add server app/w1 " + std::string(80, '1') + " check inter 500ms";
    json["plan"] = {{"in_step", false},
                    {"actions", Json::array()},
                    {"reload", Json::array()},
                    {"problems", Json::array()},
                    {"waiting", Json::array()}};
    json["plan"]["actions"].push_back(
        {{"action", "add"}, {"change", "it"}, {"commands", {command}}});
    const std::string text = explanation_text(json, {false, 80});
    EXPECT_THAT(text, HasSubstr("\n            " + command + "\n")) << "to be copied whole";
    for (const std::string_view line : base::split(text, '\n')) {
        if (line.find("add server") == std::string_view::npos) {
            EXPECT_LE(text_width(line), 80U) << line;
        }
    }
    EXPECT_THAT(text, HasSubstr("maxconn 100 (line 9:\n          default-server check inter"));
    EXPECT_THAT(explanation_text(json, {false, 15}), Not(HasSubstr("(line 9:\n")))
        << "too narrow for it";
}

} // namespace
} // namespace hitless::ctl
