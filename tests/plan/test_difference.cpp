#include "hitless/plan/difference.hpp"
#include "hitless/plan/obstacle.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace hitless::plan {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;

haproxy::Config parse(std::string text) {
    return haproxy::Config::parse(std::move(text)).value();
}

struct DifferenceCase {
    std::string_view what;
    std::string before;
    std::string after;
    std::vector<std::string> servers; ///< "backend/server"
    std::vector<std::string> lines;   ///< "section: line"
};

class Compare : public testing::TestWithParam<DifferenceCase> {};

/// A line of the same words at another place of the text means the same.
haproxy::Config with_blanks(std::string text) {
    for (std::size_t at = 0; (at = text.find("\n ", at)) != std::string::npos; at += 3)
        text.insert(at + 1, 1, '\t');
    return parse(std::move(text));
}

/// What two texts have in common is known to be the same without a look; the answer is the one that
/// looking gives.
TEST_P(Compare, SaysTheSameWithoutCommonText) {
    const auto& [what, before, after, servers, lines] = GetParam();
    const Difference looked = compare(with_blanks(before), parse(after));
    const Difference known = compare(parse(before), parse(after));
    EXPECT_EQ(looked.servers, known.servers) << what;
    EXPECT_EQ(looked.lines.size(), known.lines.size()) << what;
}

TEST_P(Compare, TellsServersFromTheRest) {
    const Difference difference = compare(parse(GetParam().before), parse(GetParam().after));
    std::vector<std::string> servers;
    for (const ServerId& change : difference.servers)
        servers.push_back(change.backend + "/" + change.server);
    std::vector<std::string> lines;
    for (const LineChange& change : difference.lines) {
        const bool is_gone = change.kind == LineChange::Kind::gone_section;
        lines.push_back(title(change.section, change.name) + ": " +
                        (is_gone ? "-" : in_words(change)));
    }
    EXPECT_THAT(servers, ElementsAreArray(GetParam().servers)) << GetParam().what;
    EXPECT_THAT(lines, ElementsAreArray(GetParam().lines)) << GetParam().what;
}

const std::string head = "global\n maxconn 100\ndefaults\n mode http\n";

INSTANTIATE_TEST_SUITE_P(
    Difference, Compare,
    testing::Values(
        DifferenceCase{"nothing",
                       head + "backend a\n server x 1:1\n",
                       head + "backend a\n server x 1:1\n",
                       {},
                       {}},
        DifferenceCase{
            "comments, blanks and quotes",
            "backend a # one\n  server x 10.0.0.1:80 check\n  balance first\n",
            "# two\nbackend a\n\n\tserver x  \"10.0.0.1:80\" check # x\n\tbalance 'first'\n",
            {},
            {}},
        DifferenceCase{"the order of servers",
                       "backend a\n server x 1:1\n server y 1:2\n server z 1:3\n",
                       "backend a\n server z 1:3\n server y 1:2\n server x 1:1\n",
                       {},
                       {}},
        DifferenceCase{"the order of servers, where the first one comes first",
                       "backend a\n balance first\n server x 1:1\n server y 1:2\n",
                       "backend a\n balance first\n server y 1:2\n server x 1:1\n",
                       {},
                       {"backend a: the order of its servers, in which 'balance first' asks them"}},
        DifferenceCase{
            "the order of servers that come first by their numbers",
            "backend a\n balance first\n server x 10.0.0.1:1 id 2\n server y 10.0.0.1:2 id 1\n",
            "backend a\n balance first\n server y 10.0.0.1:2 id 1\n server x 10.0.0.1:1 id 2\n",
            {},
            {}},
        DifferenceCase{"servers come and go, and the others keep their order",
                       "backend a\n balance first\n server x 1:1\n server y 1:2\n server z 1:3\n",
                       "backend a\n balance first\n server w 1:1\n server x 1:1\n server z 1:9\n",
                       {"a/w", "a/z", "a/y"},
                       {}},
        DifferenceCase{"the order of servers in a static hash",
                       "backend a\n balance uri\n server x 1:1\n server y 1:2\n server z 1:3\n",
                       "backend a\n balance uri\n server x 1:1\n server z 1:9\n server y 1:2\n",
                       {"a/z"},
                       {"backend a: the order of its servers, by which its hash finds them"}},
        DifferenceCase{"spare servers move in a static hash",
                       "backend a\n balance uri\n server x 1:1\n server hitless-slot1 1:2\n"
                       " server y 1:1\n",
                       "backend a\n balance uri\n server x 1:1\n server y 1:1\n"
                       " server hitless-slot1 1:2\n",
                       {},
                       {}},
        DifferenceCase{
            "the order of servers, where a variable may say that the first one comes first",
            "backend a\n balance \"$B\"\n server x 1:1\n server y 1:2\n",
            "backend a\n balance \"$B\"\n server y 1:2\n server x 1:1\n",
            {},
            {"backend a: the order of its servers, in which 'balance first' asks them"}},
        DifferenceCase{"the order of servers in a consistent hash",
                       "backend a\n balance uri\n hash-type consistent\n server x 1:1\n"
                       " server y 1:2\n",
                       "backend a\n balance uri\n hash-type consistent\n server y 1:2\n"
                       " server x 1:1\n",
                       {},
                       {}},
        DifferenceCase{"the order of servers, of which one takes over",
                       "backend a\n server x 10.0.0.1:1\n server y 10.0.0.1:2 backup\n server z "
                       "10.0.0.1:3 backup\n",
                       "backend a\n server z 10.0.0.1:3 backup\n server y 10.0.0.1:2 backup\n "
                       "server x 10.0.0.1:1\n",
                       {},
                       {"backend a: the order of its backup servers, in which they take over"}},
        DifferenceCase{
            "the order of servers, of which all take over",
            "backend a\n option allbackups\n default-server backup\n server y 10.0.0.1:2\n"
            " server z 10.0.0.1:3\n",
            "backend a\n option allbackups\n default-server backup\n server z 10.0.0.1:3\n"
            " server y 10.0.0.1:2\n",
            {},
            {}},
        DifferenceCase{
            "one backup among others",
            "backend a\n server x 10.0.0.1:1\n server y 10.0.0.1:2 backup\n server z 10.0.0.1:3\n",
            "backend a\n server y 10.0.0.1:2 backup\n server z 10.0.0.1:3\n server x 10.0.0.1:1\n",
            {},
            {}},
        DifferenceCase{"servers whose options a condition decides",
                       "backend a\n.if x\n default-server check\n.endif\n server x 1:1\n",
                       "backend a\n.if x\n default-server check\n.endif\n server x 1:2\n"
                       " server y 1:2\n",
                       {"a/x", "a/y"},
                       {"backend a: its servers have changed, and lines within .if decide what its "
                        "servers have"}},
        DifferenceCase{"servers beside a condition that decides nothing of them",
                       "backend a\n.if x\n option httplog\n.endif\n server x 1:1\n",
                       "backend a\n.if x\n option httplog\n.endif\n server x 1:2\n",
                       {"a/x"},
                       {}},
        DifferenceCase{"new, changed, gone",
                       "backend a\n server x 1:1\n server y 1:2\n server z 1:3\n",
                       "backend a\n server w 1:0\n server x 1:1\n server y 1:9\n",
                       {"a/w", "a/y", "a/z"},
                       {}},
        DifferenceCase{"two backends",
                       "backend a\n server x 1:1\nlisten b\n server x 1:1\n",
                       "backend a\n server x 1:1\nlisten b\n server x 1:2\n",
                       {"b/x"},
                       {}},
        DifferenceCase{"a swap of names",
                       "backend a\n server x 1:1\n server y 1:2\n",
                       "backend a\n server x 1:2\n server y 1:1\n",
                       {"a/x", "a/y"},
                       {}},
        DifferenceCase{"a line",
                       "backend a\n balance first\n server x 1:1\n",
                       "backend a\n balance leastconn\n server x 1:1\n",
                       {},
                       {"backend a: - balance first", "backend a: + balance leastconn"}},
        DifferenceCase{"the order of lines",
                       "frontend f\n use_backend a if x\n use_backend b if y\n",
                       "frontend f\n use_backend b if y\n use_backend a if x\n",
                       {},
                       {"frontend f: - use_backend a if x", "frontend f: + use_backend a if x"}},
        DifferenceCase{"the lines between two that differ",
                       "frontend f\n bind :1\n acl x path /x\n http-request deny if x\n"
                       " use_backend a if y\n use_backend b\n",
                       "frontend f\n bind :2\n acl  x path \"/x\"\n http-request deny if x\n"
                       " acl z path /z\n use_backend c\n",
                       {},
                       {"frontend f: - bind :1", "frontend f: + bind :2",
                        "frontend f: - use_backend a if y", "frontend f: - use_backend b",
                        "frontend f: + acl z path /z", "frontend f: + use_backend c"}},
        DifferenceCase{"a line of a variable is not that of its name",
                       "frontend f\n bind :1\n log \"$L\"\n bind :2\n",
                       "frontend f\n bind :3\n log '$L'\n bind :4\n",
                       {},
                       {"frontend f: - bind :1", "frontend f: - log \"$L\"",
                        "frontend f: - bind :2", "frontend f: + bind :3", "frontend f: + log '$L'",
                        "frontend f: + bind :4"}},
        DifferenceCase{"lines of which one is written twice",
                       "frontend f\n bind :1\n option a\n bind :2\n",
                       "frontend f\n bind :3\n option a\n option a\n bind :4\n",
                       {},
                       {"frontend f: - bind :1", "frontend f: + bind :3", "frontend f: - bind :2",
                        "frontend f: + option a", "frontend f: + bind :4"}},
        DifferenceCase{"a default-server line",
                       "backend a\n default-server check\n server x 1:1\n",
                       "backend a\n server x 1:1\n",
                       {"a/x"},
                       {"backend a: - default-server check"}},
        DifferenceCase{"a default-server line that moves past a server",
                       "backend a\n default-server check\n server x 1:1\n server y 1:1\n",
                       "backend a\n server x 1:1\n default-server check\n server y 1:1\n",
                       {"a/x"},
                       {}},
        DifferenceCase{
            "a server-template",
            "backend a\n server-template w 3 1:1\n",
            "backend a\n server-template w 4 1:1\n",
            {},
            {"backend a: - server-template w 3 1:1", "backend a: + server-template w 4 1:1"}},
        DifferenceCase{"sections come and go",
                       "backend a\nbackend b\n",
                       "backend b\nbackend c\n",
                       {},
                       {"backend c: ", "backend a: -"}},
        DifferenceCase{"servers of a new section are part of it",
                       "backend a\n",
                       "backend a\nbackend b\n server x 1:1\n",
                       {},
                       {"backend b: "}},
        DifferenceCase{"one title, two kinds",
                       "frontend a\n bind :1\nbackend a\n server x 1:1\n",
                       "frontend a\n bind :2\nbackend a\n server x 1:1\n",
                       {},
                       {"frontend a: - bind :1", "frontend a: + bind :2"}},
        DifferenceCase{"one title, twice",
                       "global\n maxconn 1\nglobal\n nbthread 1\n",
                       "global\n maxconn 1\nglobal\n nbthread 2\n",
                       {},
                       {"global: - nbthread 1", "global: + nbthread 2"}},
        DifferenceCase{"from",
                       "defaults x\nbackend a from x\nbackend b from x\nbackend c\n",
                       "defaults x\nbackend a\nbackend b from x\nbackend c from x\n",
                       {},
                       {"backend a: - from x", "backend c: + from x"}},
        DifferenceCase{"a backend that moves past a defaults section",
                       "defaults\n mode tcp\nbackend a\ndefaults\n mode http\nbackend b\n",
                       "defaults\n mode tcp\ndefaults\n mode http\nbackend a\nbackend b\n",
                       {},
                       {"backend a: + (stands after another defaults section)"}},
        DifferenceCase{"backends that change places",
                       "defaults\nbackend a\nbackend b\n",
                       "defaults\nbackend b\nbackend a\n",
                       {},
                       {}},
        DifferenceCase{"a condition",
                       ".if a\n.endif\nbackend a\n",
                       ".if b\n.endif\nbackend a\n",
                       {},
                       {"start of the file: - .if a", "start of the file: + .if b"}},
        DifferenceCase{"servers of peers",
                       "peers p\n server x 1:1\n",
                       "peers p\n server x 1:2\n",
                       {},
                       {"peers p: - server x 1:1", "peers p: + server x 1:2"}}));

/// Where the lines of a section have been shuffled, no search finds the fewest of them in time: all
/// between the first and the last one that differ are named.
TEST(Difference, HugeSectionsInAnotherOrder) {
    constexpr int lines = 4'000;
    std::string before = "frontend f\n bind :1\n";
    std::string after = before;
    for (int i = 0; i < lines; ++i) {
        before += fmt::format(" acl a{} always_true\n", i);
        after += fmt::format(" acl a{} always_true\n", lines - 1 - i);
    }
    EXPECT_EQ(compare(parse(before), parse(after)).lines.size(), 2U * lines);
    const Difference two = compare(
        parse(before + " bind :2\n"),
        parse("frontend f\n bind :3\n" + before.substr(before.find(" acl")) + " bind :4\n"));
    Obstacles obstacles;
    obstacles.add(two.lines);
    EXPECT_THAT(in_words(obstacles),
                testing::ElementsAre("frontend f: - bind :1", "frontend f: + bind :3",
                                     "frontend f: - bind :2", "frontend f: + bind :4"));
}

TEST(Difference, AllServers) {
    const auto servers = all_servers(parse("backend a\n server x 1:1\npeers p\n server q 1:1\n"
                                           "listen b\n server x 1:1\n server y 1:1\n"));
    EXPECT_THAT(servers,
                testing::ElementsAre(ServerId{"a", "x"}, ServerId{"b", "x"}, ServerId{"b", "y"}));
}

} // namespace
} // namespace hitless::plan
