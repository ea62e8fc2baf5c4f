#include "hitless/base/text.hpp"

#include "plan/live.hpp"

#include <gmock/gmock.h>

#include <array>
#include <map>
#include <ostream>

/// A server that is added at runtime is the one that HAProxy would have made of its line.
namespace hitless::plan {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// What HAProxy shows of each server of `app`, as far as options decide it.
std::map<std::string, std::string> shown(Live& live) {
    constexpr std::array columns = {"act",        "bck",        "qlimit",     "slim",
                                    "check_rise", "check_fall", "agent_rise", "agent_fall",
                                    "cookie",     "addr"};
    std::map<std::string, std::string> servers;
    std::vector<std::string_view> names;
    const std::string answer = live.run({"show stat app 4 -1"})[0];
    live.read();
    for (const std::string_view line : base::split(answer, '\n')) {
        const auto fields = base::split(line, ',');
        if (line.starts_with('#')) {
            names = fields;
            continue;
        }
        const auto& server = live.servers().at(std::string(fields.at(1)));
        std::string& text = servers[std::string(fields.at(1))];
        text = fmt::format("weight={} maint={} checks={} agent={}", server.weight,
                           server.in_maintenance(), server.check_state & 6, server.agent_state & 6);
        for (std::size_t i = 0; i < fields.size() && i < names.size(); ++i) {
            // HAProxy shows these of a server in maintenance only when it wasn't made in it.
            const bool hidden = server.in_maintenance() && names[i].starts_with("check_");
            if (std::ranges::find(columns, names[i]) != columns.end() && !hidden)
                text += fmt::format(" {}={}", names[i], fields[i]);
        }
    }
    return servers;
}

constexpr std::string_view timeouts =
    " mode http\n timeout connect 2s\n timeout client 5s\n timeout server 5s\n";

struct OptionsCase {
    std::string_view what;
    std::string before; ///< from `defaults` on
    std::string servers;
    int since = 205; ///< the first version that takes them at runtime
};

void PrintTo(const OptionsCase& one, std::ostream* out) {
    *out << one.what;
}

class Options : public testing::TestWithParam<OptionsCase> {};

TEST_P(Options, AreThoseOfTheLine) {
    const auto& [what, before, servers, since] = GetParam();
    Live with(before + servers);
    EXPECT_THAT(describe(with.plan()), IsEmpty()) << "nothing to do after its start: " << what;
    Live without(before);
    without.want(before + servers);
    const Plan plan = without.step();
    if (test::haproxy_version() < since) {
        EXPECT_THAT(in_words(plan.obstacles), testing::Not(IsEmpty())) << what;
        return;
    }
    EXPECT_THAT(in_words(plan.obstacles), IsEmpty()) << what;
    EXPECT_EQ(shown(without), shown(with)) << what;
    // And once more by commands only: nothing differs, so nothing is done.
    EXPECT_THAT(describe(without.plan()), IsEmpty()) << what;
}

std::string defaults(std::string_view more) {
    return fmt::format("defaults\n{}{}", timeouts, more);
}

INSTANTIATE_TEST_SUITE_P(
    Plan, Options,
    testing::Values(
        OptionsCase{"defaults, then the backend, then the line",
                    defaults(" default-server check inter 1h fall 7 weight 5 maxqueue 9\n") +
                        "backend app\n default-server rise 4 weight 6\n",
                    " server x 127.0.0.1:9 fall 8\n server y 127.0.0.1:9 weight 7 maxqueue 3\n"},
        OptionsCase{"several default-server lines in order",
                    defaults("") + "backend app\n default-server check inter 1h fall 3\n"
                                   " default-server fall 4 rise 5\n default-server maxconn 6\n",
                    " server x 127.0.0.1:9\n default-server rise 6 backup\n"
                    " server y 127.0.0.1:9\n"},
        OptionsCase{"named defaults, one from another",
                    fmt::format("defaults one\n{} default-server check inter 1h fall 7\n"
                                "defaults two from one\n default-server rise 5\n"
                                "defaults three\n{} default-server weight 9\n"
                                "backend app from two\n",
                                timeouts, timeouts),
                    " server x 127.0.0.1:9\n"},
        OptionsCase{"the last defaults section counts",
                    fmt::format("defaults one\n{} default-server check fall 7\ndefaults two\n{}"
                                "backend app\n",
                                timeouts, timeouts),
                    " server x 127.0.0.1:9\n", 204},
        OptionsCase{"no- forms and enabled",
                    defaults(" default-server check inter 1h disabled backup send-proxy\n") +
                        "backend app\n default-server no-backup\n",
                    " server x 127.0.0.1:9 no-check enabled no-send-proxy\n"
                    " server y 127.0.0.1:9\n"},
        OptionsCase{"disabled", defaults("") + "backend app\n",
                    " server x 127.0.0.1:9 disabled\n server y 127.0.0.1:9 disabled weight 3\n",
                    204},
        OptionsCase{"quotes, escapes and comments",
                    defaults(" default-server \"check\" 'inter' 1h # fall 9\n") + "backend app\n",
                    " server \"x\" '127.0.0.1':9 \"fall\" \"4\" # rise 9\n"
                    " server y 127.0.0.1:\"9\" agent-check agent-port 9 agent-inter 1h "
                    "agent-send 'a\\ \"b;'\"c\\\"d\"\\'e\\#\\ f\n"},
        OptionsCase{"a listen section",
                    defaults(" default-server check inter 1h\n") +
                        "listen app\n bind @DIR@/listen.sock\n default-server fall 9\n",
                    " server x 127.0.0.1:9\n"},
        OptionsCase{"a cookie", defaults("") + "backend app\n cookie s insert\n",
                    " server x 127.0.0.1:9 cookie \"a b\"\n server y 127.0.0.1:9 cookie c\n", 300},
        OptionsCase{"the environment is HAProxy's to know", defaults("") + "backend app\n",
                    " server x \"127.0.0.1:9\" weight \"${HITLESS_NO_SUCH}5\"\n", 9'999},
        OptionsCase{"in a default-server line too",
                    defaults(" default-server fall \"${HITLESS_NO_SUCH}5\"\n") + "backend app\n",
                    " server x 127.0.0.1:9\n", 9'999},
        OptionsCase{"a line break goes into no command", defaults("") + "backend app\n",
                    " server x 127.0.0.1:9 agent-check agent-port 9 agent-inter 1h "
                    "agent-send a\\n\n",
                    9'999}));

TEST(PlanOnHaproxy, LeavesTheServersOfTemplatesAlone) {
    Live live(" server-template t 1-3 127.0.0.1:9\n server-template u 2 127.0.0.1:9\n"
              " server x 127.0.0.1:9\n");
    EXPECT_THAT(live.servers(), testing::SizeIs(6));
    EXPECT_THAT(describe(live.plan()), IsEmpty());
    live.want(" server-template t 1-3 127.0.0.1:9\n server-template u 2 127.0.0.1:9\n");
    EXPECT_THAT(describe(live.plan()), testing::ElementsAre("app/x: remove 127.0.0.1:9"));
}

} // namespace
} // namespace hitless::plan
