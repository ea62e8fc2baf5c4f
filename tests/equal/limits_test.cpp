// Limits that are changed live, on a HAProxy that is then compared with a fresh one of the same
// file: its tables, and how many connections it takes.
#include "hitless/base/text.hpp"
#include "hitless/haproxy/stat.hpp"

#include "equal/tables.hpp"
#include "equal/updater.hpp"
#include "support/free_port.hpp"
#include "support/haproxy_server.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <list>
#include <span>
#include <string>
#include <vector>

namespace hitless::test {
namespace {

namespace asio = boost::asio;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct LimitCase {
    const char* name;
    /// What HAProxy is started with, then what it is to be brought to: `GLOBAL`, `DEFAULTS` and
    /// `WEB` lines.
    struct Lines {
        std::string global;
        std::string defaults;
        std::string web;
        std::string servers = {}; ///< words of the server
    };
    std::vector<Lines> steps;
    std::string reload = {}; ///< it needs one, for this reason
};

std::string text_of(const LimitCase::Lines& lines, std::uint16_t port) {
    const auto line = [](const std::string& text) {
        return text.empty() ? std::string() : fmt::format("    {}\n", text);
    };
    return fmt::format("global\n    stats socket @DIR@/admin.sock level admin expose-fd listeners\n"
                       "{}defaults\n    mode tcp\n    timeout connect 2s\n    timeout client 1m\n"
                       "    timeout server 1m\n{}"
                       "frontend web\n    bind 127.0.0.1:{}\n    tcp-request inspect-delay 1m\n"
                       "    tcp-request content accept if {{ req.len gt 100 }}\n{}"
                       "    default_backend app\n"
                       "frontend other\n    bind unix@@DIR@/other.sock\n    default_backend app\n"
                       "backend app\n    server s1 127.0.0.1:1 {}\n",
                       line(lines.global), line(lines.defaults), port, line(lines.web),
                       lines.servers);
}

/// The numbers that a limit can be seen by.
Facts read_limits(const HaproxyServer& haproxy, bool with_shares) {
    Facts facts = read_tables(haproxy);
    // A backend's is its fullconn, of which nothing depends where no server has a minconn.
    if (!with_shares)
        std::erase_if(facts, [](const auto& fact) { return fact.first.ends_with("BACKEND slim"); });
    for (const haproxy::StatRow& row :
         haproxy::parse_stat(haproxy.command("show stat -1 1 -1")).value()) {
        if (row.proxy() == "web" || row.proxy() == "other")
            facts["frontend " + row.proxy()] = row.field("slim") + " " + row.field("status");
    }
    const std::string info = haproxy.command("show info");
    const std::size_t at = info.find("\nMaxconn: ");
    facts["global"] = info.substr(at + 1, info.find('\n', at + 1) - at - 1);
    for (const std::string_view line : base::split(info, '\n')) {
        if (line.find("RateLim") != std::string_view::npos)
            facts["rate"] += std::string(line) + "; ";
    }
    return facts;
}

/// So many of ten connections HAProxy takes. They come one after the other: the queue of the
/// kernel is as short as the frontend's first limit, and a connection that finds it full may never
/// come out of it (SYN cookies). Those beyond `wanted` have to wait in it.
std::string taken(const HaproxyServer& haproxy, std::uint16_t port, std::size_t wanted) {
    asio::io_context context;
    std::list<asio::ip::tcp::socket> connections;
    std::string seen;
    const auto ask = [&] {
        context.poll();
        for (const haproxy::StatRow& row :
             haproxy::parse_stat(haproxy.command("show stat web 1 -1")).value())
            seen = row.field("scur");
        return seen;
    };
    while (connections.size() < 10) {
        connections.emplace_back(context).async_connect({asio::ip::make_address("127.0.0.1"), port},
                                                        [](const boost::system::error_code&) {});
        const std::string now = std::to_string(std::min(connections.size(), wanted));
        static_cast<void>(wait_until([&] { return ask() == now; }));
    }
    // HAProxy looks for new connections before it answers.
    for (int i = 0; i < 3; ++i)
        ask();
    return seen;
}

class LimitsEqual : public testing::TestWithParam<LimitCase> {};

TEST_P(LimitsEqual, ToAFreshProcess) {
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
        EXPECT_THAT(outcome.reasons, testing::Contains(HasSubstr(reload)));
        return;
    }
    ASSERT_THAT(outcome.why_not(), IsEmpty());
    EXPECT_THAT(updater.compare_all().why_not(), IsEmpty());
    const std::uint16_t other = free_port();
    const HaproxyServer fresh(text_of(steps.back(), other), HaproxyServer::Mode::plain);
    const bool with_shares = steps.back().servers.find("minconn") != std::string::npos;
    EXPECT_EQ(read_limits(haproxy, with_shares), read_limits(fresh, with_shares));
    // What a fresh one takes is known when it takes no more for a while; then the other is asked.
    const Facts limits = read_limits(fresh, false);
    const std::size_t limit =
        std::min(std::stoul(limits.at("frontend web")), std::stoul(limits.at("global").substr(9)));
    const std::string all = std::to_string(std::min<std::size_t>(10, limit));
    EXPECT_EQ(taken(fresh, other, limit), all);
    EXPECT_EQ(taken(haproxy, port, limit), all);
}

using Lines = LimitCase::Lines;

INSTANTIATE_TEST_SUITE_P(
    Limits, LimitsEqual,
    testing::Values(
        LimitCase{"lowered", {{"", "", "maxconn 8"}, {"", "", "maxconn 3"}}},
        LimitCase{"raised", {{"", "", "maxconn 3"}, {"", "", "maxconn 8"}}},
        LimitCase{"new", {{"", "", ""}, {"", "", "maxconn 3"}}},
        LimitCase{"gone", {{"", "", "maxconn 3"}, {"", "", ""}}},
        LimitCase{"new_and_gone", {{"", "", ""}, {"", "", "maxconn 3"}, {"", "", ""}}},
        LimitCase{"of_defaults", {{"", "maxconn 8", ""}, {"", "maxconn 3", ""}}},
        LimitCase{"of_defaults_new", {{"", "", ""}, {"", "maxconn 3", ""}}},
        LimitCase{"over_defaults", {{"", "maxconn 8", ""}, {"", "maxconn 8", "maxconn 3"}}},
        LimitCase{"under_global", {{"maxconn 90", "", "maxconn 8"}, {"maxconn 90", "", ""}}},
        LimitCase{"global_lowered", {{"maxconn 90", "", ""}, {"maxconn 4", "", ""}}},
        LimitCase{"global_lowered_and_back",
                  {{"maxconn 90", "", ""}, {"maxconn 4", "", ""}, {"maxconn 90", "", ""}}},
        LimitCase{"global_new", {{"", "", "maxconn 8"}, {"maxconn 5", "", "maxconn 8"}}},
        LimitCase{"global_with_own",
                  {{"maxconn 90", "", "maxconn 3"}, {"maxconn 60", "", "maxconn 8"}}},
        LimitCase{"global_raised",
                  {{"maxconn 90", "", ""}, {"maxconn 91", "", ""}},
                  "HAProxy was started for 90 at most"},
        LimitCase{"global_gone",
                  {{"maxconn 90", "", ""}, {"", "", ""}},
                  "only a HAProxy that starts works out"},
        LimitCase{"rates",
                  {{"maxconnrate 500\n    maxsessrate 400\n    maxcomprate 7", "", "maxconn 8"},
                   {"maxconnrate 600\n    maxsslrate 300\n    maxcomprate 8", "", "maxconn 8"}}},
        LimitCase{"rates_new_and_gone",
                  {{"", "", "maxconn 8"},
                   {"maxconnrate 600\n    maxsslrate 300", "", "maxconn 8"},
                   {"", "", "maxconn 8"}}},
        LimitCase{"with_shares",
                  {{"", "", "maxconn 8", "minconn 1 maxconn 9"},
                   {"", "", "maxconn 3", "minconn 1 maxconn 9"}},
                  "fullconn of backend app"},
        LimitCase{
            "with_pipes",
            {{"", "option splice-auto", "maxconn 8"}, {"", "option splice-auto", "maxconn 3"}},
            "how many pipes"}),
    [](const auto& one) { return std::string(one.param.name); });

/// What somebody types at the socket is repaired.
TEST(LimitsByHand, AreRepaired) {
    const std::uint16_t port = free_port();
    const std::string text = text_of({"maxconn 90", "", "maxconn 8"}, port);
    const HaproxyServer haproxy(text, HaproxyServer::Mode::plain);
    Updater updater(haproxy.socket(), text);
    const Facts before = read_limits(haproxy, true);
    ASSERT_EQ(haproxy.command("set maxconn frontend web 3"), "");
    ASSERT_EQ(haproxy.command("set maxconn global 20"), "");
    ASSERT_NE(read_limits(haproxy, true), before);
    EXPECT_THAT(updater.compare_all().why_not(), IsEmpty());
    EXPECT_EQ(read_limits(haproxy, true), before);
}

} // namespace
} // namespace hitless::test
