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
        json["options"].push_back({{"option", option}, {"line", 9}, {"text", defaults}});
    json["options"].push_back({{"option", "weight 5"}, {"line", 14}, {"text", "server w1"}});
    return json;
}

TEST(ExplanationText, NamesALineOnceWithAllItsOptions) {
    const std::string text = explanation_text(explanation(), {});
    EXPECT_THAT(text,
                HasSubstr("options   check, inter 500ms, fall 2, rise 3, maxconn 100 (line 9: "
                          "default-server check inter 500ms fall 2 rise 3 maxconn 100)\n"
                          "          weight 5 (its own line)\n"));
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
