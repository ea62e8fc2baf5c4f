#include "hitless/plan/guard.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::plan {
namespace {

using haproxy::Config;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Config config(int app, int api, const std::string& comment = "# end\n") {
    std::string text = "global\n    daemon\nbackend app\n    balance roundrobin\n";
    for (int i = 0; i < app; ++i)
        text += fmt::format("    server a{0} 10.0.0.{0}:80\n", i + 1);
    text += "\n";
    if (api >= 0)
        text += "listen api\n    bind :81\n";
    for (int i = 0; i < api; ++i)
        text += fmt::format("    server b{0} 10.0.1.{0}:80\n", i + 1);
    return Config::parse(text + comment).value();
}

std::vector<std::string> reasons(const Config& before, const Config& after,
                                 const GuardLimits& limits, const Peaks& peaks = {}) {
    std::vector<std::string> all;
    for (const HeldBackend& hold : guard(before, after, limits, peaks))
        all.push_back(hold.reason);
    return all;
}

TEST(Guard, HoldsWhatCrossesALimit) {
    EXPECT_THAT(reasons(config(4, 2), config(0, 0), {}), IsEmpty());
    EXPECT_THAT(reasons(config(4, 2), config(0, 2), {.min_servers = 1}),
                ElementsAre("backend app would have 0 of its 4 servers left: fewer than 1 "
                            "(-min-servers of hitlessd)"));
    EXPECT_THAT(reasons(config(4, 2), config(3, -1), {.min_servers = 1}),
                ElementsAre("backend api would have 0 of its 2 servers left: fewer than 1 "
                            "(-min-servers of hitlessd)"));
    EXPECT_THAT(reasons(config(4, 2), config(1, 2), {.min_servers = 1}), IsEmpty());
    EXPECT_THAT(reasons(config(1, 2), config(1, 3), {.min_servers = 5}), IsEmpty())
        << "nothing goes";
    EXPECT_THAT(reasons(config(4, 2), config(2, 2), {.max_removal_percent = 50}), IsEmpty());
    EXPECT_THAT(
        reasons(config(4, 2), config(1, 2), {.max_removal_percent = 50}),
        ElementsAre("backend app would have 1 of its 4 servers left: more than 50 % would go "
                    "(-max-removal of hitlessd)"));
    EXPECT_THAT(reasons(config(4, 2), config(3, 2), {.max_removal_percent = 50}, {{"app", 8}}),
                ElementsAre("backend app would have 3 of its 4 servers left (it had 8 within the "
                            "delay of the guard): "
                            "more than 50 % would go (-max-removal of hitlessd)"));
    EXPECT_THAT(reasons(config(1, 2), config(0, 2), {.max_removal_percent = 50}, {{"app", 2}}),
                ElementsAre(HasSubstr("would have 0 of its 1 server left (it had 2 within")));
}

TEST(Guard, LeavesHeldBackendsAsTheyWere) {
    const Config before = config(2, 2);
    const std::vector<HeldBackend> app = {{"app", ""}};
    EXPECT_EQ(with_backends_of(before, config(0, 3, ""), app).text(), config(2, 3, "").text());
    const std::vector<HeldBackend> api = {{"api", ""}};
    EXPECT_EQ(with_backends_of(before, config(1, 0), api).text(), config(1, 2).text());
    EXPECT_EQ(with_backends_of(before, config(1, -1, ""), api).text(), config(1, 2).text());
    EXPECT_EQ(with_backends_of(before, config(1, -1, "backend c\n    mode tcp"), api).text(),
              config(1, -1,
                     "backend c\n    mode tcp\nlisten api\n    bind :81\n    server b1 "
                     "10.0.1.1:80\n    server b2 10.0.1.2:80\n# end\n")
                  .text());
}

TEST(Guard, LeavesManyHeldBackendsAsTheyWere) {
    const auto with = [](int servers) {
        std::string text = "# head\nglobal\n    daemon\n";
        for (int i = 0; i < 50; ++i) {
            text += fmt::format("\n# service {0}\nbackend b{0}\n", i);
            for (int server = 0; server < (i % 2 == 0 ? servers : 3); ++server)
                text += fmt::format("    server s{0} 10.0.0.{0}:80 # {1}\n", server, i);
        }
        return Config::parse(text).value();
    };
    const auto held = guard(with(2), with(1), {.min_servers = 2}, {});
    EXPECT_EQ(held.size(), 25U);
    // What stands before the first section isn't a section's.
    const std::string kept = with(2).text();
    EXPECT_EQ(with_backends_of(with(2), with(1), held).text(), kept.substr(kept.find("global")));
}

} // namespace
} // namespace hitless::plan
