// Values in `acl` lines that are changed live, on a HAProxy that is then compared with a fresh one
// of the same configuration: how it answers.
#include "equal/updater.hpp"
#include "support/free_port.hpp"
#include "support/haproxy_server.hpp"
#include "support/http.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace hitless::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// `lines`: of the frontend, with ACLs `one`, `two` and `three`.
std::string text_of(const std::string& lines, std::uint16_t port, const std::string& servers = {}) {
    std::string rules;
    for (const char* const name : {"one", "two", "three"})
        rules += fmt::format("    http-request set-var(txn.{0}) str({0}) if {0}\n", name);
    return fmt::format(
        "global\n    stats socket @DIR@/admin.sock level admin expose-fd listeners\n"
        "defaults\n    mode http\n    timeout connect 2s\n    timeout client 2s\n"
        "    timeout server 2s\n"
        "frontend web\n    bind 127.0.0.1:{}\n    http-request deny if {{ path_beg -i /deny }}\n"
        "{}{}    http-request deny if METH_TRACE\n"
        "    http-request return status 200 content-type text/plain lf-string "
        "\"%[var(txn.one)] %[var(txn.two)] %[var(txn.three)]\"\n"
        "frontend other\n    bind unix@@DIR@/other.sock\n    acl one hdr(host) -i else.example\n"
        "    use_backend app if one\nbackend app\n    server s1 127.0.0.1:1\n{}",
        port, lines, rules, servers);
}

const std::vector<std::string> hosts = {"a.example", "B.EXAMPLE", "b.example", "c d",      "x,y",
                                        "q\"q",      "e\\e",      "#f",        "g.example"};

/// How requests with these hosts, and from here, are answered.
std::string answers(std::uint16_t port) {
    std::string all;
    for (const std::string& host : hosts) {
        for (const char* const path : {"/", "/api/x", "/v2"}) {
            const HttpAnswer answer =
                http("GET", fmt::format("http://127.0.0.1:{}{}", port, path), {},
                     std::chrono::seconds(30), "text/plain", {{"x-name", host}});
            all += fmt::format("{} {}: {} {}\n", host, path, answer.status, answer.body);
        }
    }
    return all;
}

const std::string two = "    acl two path_beg /api\n";
const std::string three = "    acl three src 10.0.0.0/8\n";

struct AclCase {
    const char* name;
    std::vector<std::string> steps; ///< the lines of ACLs that HAProxy is brought to
    std::string reload = {};        ///< it needs one, for this reason
};

class AclLinesEqual : public testing::TestWithParam<AclCase> {};

TEST_P(AclLinesEqual, ToAFreshProcess) {
    const auto& [name, steps, reload] = GetParam();
    const std::uint16_t port = free_port();
    std::vector<std::string> texts;
    for (const auto& step : steps)
        texts.push_back(text_of(step, port));
    const HaproxyServer haproxy(texts.front(), HaproxyServer::Mode::plain);
    Updater updater(haproxy.socket(), texts.front());
    const auto outcome = updater.bring_through(std::span(texts).subspan(1));
    ASSERT_TRUE(outcome.settled);
    if (!reload.empty()) {
        EXPECT_THAT(outcome.reasons, Contains(HasSubstr(reload)));
        return;
    }
    ASSERT_THAT(outcome.why_not(), IsEmpty());
    EXPECT_THAT(updater.compare_all().why_not(), IsEmpty());
    const std::uint16_t other = free_port();
    const HaproxyServer fresh(text_of(steps.back(), other), HaproxyServer::Mode::plain);
    EXPECT_EQ(answers(port), answers(other));
}

std::string one(const std::string& values, const std::string& flags = "-i ") {
    return "    acl one req.hdr(x-name) " + flags + values + "\n";
}

std::string with_one(const std::string& lines) {
    return lines + two + three;
}

INSTANTIATE_TEST_SUITE_P(
    AclLines, AclLinesEqual,
    testing::Values(
        AclCase{"added", {with_one(one("a.example")), with_one(one("a.example b.example"))}},
        AclCase{"gone", {with_one(one("a.example b.example")), with_one(one("b.example"))}},
        AclCase{"replaced", {with_one(one("a.example")), with_one(one("g.example"))}},
        AclCase{"all_others",
                {with_one(one("a.example b.example")), with_one(one("g.example x,y"))}},
        AclCase{"another_order",
                {with_one(one("a.example b.example")), with_one(one("b.example a.example"))}},
        AclCase{"in_a_line_of_their_own",
                {with_one(one("a.example")), with_one(one("a.example") + one("g.example"))}},
        AclCase{"a_line_less",
                {with_one(one("a.example") + one("g.example") + one("b.example")),
                 with_one(one("a.example"))}},
        AclCase{"twice",
                {with_one(one("a.example b.example") + one("b.example")),
                 with_one(one("a.example g.example") + one("g.example"))}},
        AclCase{"with_case_and_without",
                {with_one(one("a.example") + one("b.example", "")),
                 with_one(one("g.example") + one("a.example", ""))}},
        AclCase{"odd_values",
                {with_one(one("a.example")), with_one(one(R"("c d" x,y 'q"q' e\\e \#f)"))}},
        AclCase{"odd_values_gone",
                {with_one(one(R"("c d" x,y 'q"q' e\\e \#f)")), with_one(one("a.example"))}},
        AclCase{
            "there_and_back",
            {with_one(one("a.example")), with_one(one("b.example")), with_one(one("a.example"))}},
        AclCase{"addresses",
                {one("a.example") + two + three,
                 one("a.example") + two + "    acl three src 10.0.0.0/8 127.0.0.0/8\n"}},
        AclCase{"paths",
                {one("a.example") + two + three,
                 one("a.example") + "    acl two path_beg /v2 /none\n" + three}},
        AclCase{"by_regex",
                {with_one(one("^a.*", "-m reg ")), with_one(one("^g.* ^b", "-m reg "))}},
        AclCase{"with_a_converter",
                {with_one("    acl one req.hdr(x-name),lower a.example\n"),
                 with_one("    acl one req.hdr(x-name),lower g.example\n")}},
        AclCase{"with_a_converter_of_a_short_name",
                {with_one("    acl one hdr(x-name),field(1,:) -i a.example\n"),
                 with_one("    acl one hdr(x-name),field(1,:) -i g.example\n")}},
        AclCase{"with_servers_between",
                {with_one(one("a.example")), with_one(one("b.example x,y"))}},
        AclCase{
            "other_flags", {with_one(one("a.example")), with_one(one("a.example", ""))}, "acl one"},
        AclCase{
            "another_test",
            {with_one(one("a.example")), with_one("    acl one req.hdr(x-other) -i a.example\n")},
            "acl one"},
        AclCase{"a_range",
                {with_one("    acl one req.hdr_cnt(x-name) 1\n"),
                 with_one("    acl one req.hdr_cnt(x-name) ge 1\n")},
                "acl one"},
        AclCase{"another_name",
                {with_one(one("a.example")),
                 with_one(one("a.example") + "    acl four src 10.0.0.1\n")},
                "acl four"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(AclLinesEqual, AtRandom) {
    const char* const chosen = std::getenv("HITLESS_SEED"); // NOLINT(concurrency-mt-unsafe)
    const unsigned seed = chosen != nullptr ? static_cast<unsigned>(std::atoi(chosen)) : 1U;
    std::mt19937 random(seed);
    const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    const auto some = [&](const std::vector<std::string>& all) {
        std::vector<std::string> values;
        for (const std::string& value : all) {
            if (below(2) == 0)
                values.push_back(value);
        }
        if (values.empty())
            values.push_back(all[below(static_cast<unsigned>(all.size()))]);
        return fmt::format("{}", fmt::join(values, " "));
    };
    const std::vector<std::string> names = {"a.example", "b.example", "\"c d\"",  "x,y",
                                            "e\\\\e",    "\\#f",      "g.example"};
    const auto lines = [&] {
        std::string text;
        for (unsigned left = 1 + below(3); left > 0; --left)
            text += one(some(names));
        text += "    acl two path_beg " + some({"/api", "/v2", "/none"}) + "\n";
        return text + "    acl three src " + some({"10.0.0.0/8", "127.0.0.0/8", "::1"}) + "\n";
    };
    const std::uint16_t port = free_port();
    const std::string first = text_of(lines(), port);
    const HaproxyServer haproxy(first, HaproxyServer::Mode::plain);
    Updater updater(haproxy.socket(), first);
    for (int step = 0; step < 20; ++step) {
        const std::string now = lines();
        const std::string servers =
            below(2) == 0 ? "" : fmt::format("    server s2 127.0.0.1:{}\n", 2 + below(9));
        const auto outcome = updater.bring_to(text_of(now, port, servers));
        ASSERT_THAT(outcome.why_not(), IsEmpty()) << "seed " << seed << ", step " << step;
        if (below(4) == 0)
            static_cast<void>(haproxy.command("add acl #1 g.example")); // somebody types it
        ASSERT_THAT(updater.compare_all().why_not(), IsEmpty());
        const std::uint16_t other = free_port();
        const HaproxyServer fresh(text_of(now, other, servers), HaproxyServer::Mode::plain);
        ASSERT_EQ(answers(port), answers(other)) << "seed " << seed << ", step " << step;
    }
}

/// The file has another line before them than when HAProxy was started: nobody can tell which list
/// is which.
TEST(AclLinesEqual, NotWhereTheFileIsAnother) {
    const std::uint16_t port = free_port();
    const std::string lines = with_one(one("a.example"));
    const HaproxyServer haproxy(text_of(lines, port), HaproxyServer::Mode::plain);
    Updater updater(haproxy.socket(), "# one more\n" + text_of(lines, port));
    const std::string before = answers(port);
    const auto outcome =
        updater.bring_to("# one more\n" + text_of(with_one(one("b.example")), port));
    EXPECT_THAT(outcome.reasons,
                Contains(HasSubstr("acl one of frontend web: it isn't known for sure")));
    EXPECT_EQ(answers(port), before);
}

} // namespace
} // namespace hitless::test
