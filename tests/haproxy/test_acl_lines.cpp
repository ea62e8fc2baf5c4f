#include "hitless/haproxy/acl_lines.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace hitless::haproxy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

AclLine only(const std::string& line) {
    const auto config = Config::parse("frontend web\n " + line + "\n");
    const auto lines = acl_lines(config.value());
    EXPECT_EQ(lines.size(), 1U) << line;
    return lines.empty() ? AclLine() : lines.front();
}

TEST(AclLines, AreTakenApart) {
    const AclLine line = only("acl is_app hdr(host) -i -m str a.example \"b c\" 'd e' f\\ g # x");
    EXPECT_EQ(line.section, "frontend web");
    EXPECT_EQ(line.name, "is_app");
    EXPECT_EQ(line.keyword, "hdr");
    EXPECT_EQ(line.test, "hdr(host) -i -m str");
    EXPECT_THAT(line.values, ElementsAre("a.example", "b c", "d e", "f g"));
    EXPECT_EQ(line.number, 2);
    EXPECT_TRUE(line.is_plain);
    EXPECT_EQ(only("acl x req.hdr(a),lower y").keyword, "req.hdr");
}

TEST(AclLines, OfWhichOnlyHaproxyCanTellAreNotPlain) {
    for (const char* const line :
         {"acl x src", "acl x", "acl x src -f /f", "acl x src -M -f /f",
          "acl x src 10.0.0.1 \"$V\"", "acl x dst_port ge 5", "acl x hdr(a) -m found",
          "acl x src -u 7 10.0.0.1", "acl x src -- 10.0.0.1", "acl x hdr(a) -m len 5",
          "acl x hdr(a) b -i", "acl x hdr(a) \"b \""}) {
        EXPECT_FALSE(only(line).is_plain) << line;
    }
    std::string many = "acl x src";
    for (int i = 0; i < 64; ++i)
        many += fmt::format(" 10.0.0.{}", i);
    EXPECT_FALSE(only(many).is_plain) << "HAProxy takes no such line";
    const auto config =
        Config::parse("frontend web\n .if defined(X)\n acl x src 10.0.0.1\n .endif\n");
    EXPECT_TRUE(acl_lines(config.value()).at(0).is_conditional);
    EXPECT_FALSE(acl_lines(config.value()).at(0).is_plain);
}

constexpr const char* text = R"(global
    maxconn 5
frontend web
    acl one hdr(host) a
    acl two src 10.0.0.1
    http-request deny if { path /x } METH_GET
    acl three hdr(host) -f /hosts
    use_backend app if one
backend app
)";

/// As HAProxy 2.6 tells it.
std::string told(int offset, const std::string& file = "/etc/h.cfg") {
    const std::string state = "curr_ver=0 next_ver=0 entry_cnt=1";
    std::string all = "# id (file) description\n";
    int id = 0;
    const auto add = [&](const std::string& keyword, int line) {
        all += fmt::format("{} () acl '{}' file '{}' line {}. {}\n", id++, keyword, file,
                           line + offset, state);
    };
    add("hdr", 4);
    add("src", 5);
    add("path", 6);
    add("method", 6);
    all +=
        fmt::format("{} (/hosts) pattern loaded from file '/hosts' used by acl at file '{}' line "
                    "7. {}\n",
                    id++, file, state);
    add("hdr", 7);
    all += fmt::format("{} () acl 'var' file 'httpclient' line 0. {}\n", id++, state);
    return all;
}

TEST(AclLists, AreThoseWithoutAFile) {
    const auto lists = parse_acl_lists(told(0));
    ASSERT_EQ(lists.size(), 6U);
    EXPECT_EQ(lists[1],
              (AclList{"#1", "src", "/etc/h.cfg", 5, "curr_ver=0 next_ver=0 entry_cnt=1"}));
    EXPECT_EQ(lists[4].id, "#5");
    EXPECT_THAT(parse_acl_lists("Unknown command\n"), IsEmpty());
    EXPECT_THAT(parse_acl_lists("x () acl 'a' file 'b' line 1. c\n1 () acl 'a' file 'b' line\n"),
                IsEmpty());
}

TEST(AclLists, BelongToLinesWhereAllAgree) {
    const Config config = Config::parse(text).value();
    EXPECT_THAT(lists_of_lines(config, parse_acl_lists(told(0))),
                ElementsAre(Pair(4, "#0"), Pair(5, "#1")))
        << "the third has a file";
    for (const int offset : {-2, -1, 1, 2})
        EXPECT_THAT(lists_of_lines(config, parse_acl_lists(told(offset))), IsEmpty()) << offset;
    EXPECT_THAT(lists_of_lines(config, {}), IsEmpty());
    EXPECT_THAT(lists_of_lines(config, parse_acl_lists(told(0) + told(0, "/etc/i.cfg"))), IsEmpty())
        << "two files may be meant";
    const Config more = Config::parse(std::string(text) + "    acl four src 10.0.0.1\n").value();
    EXPECT_THAT(lists_of_lines(more, parse_acl_lists(told(0))), IsEmpty());
    std::string other = text;
    other.replace(other.find("src"), 3, "dst");
    EXPECT_THAT(lists_of_lines(Config::parse(other).value(), parse_acl_lists(told(0))),
                ElementsAre(Pair(4, "#0")));
    std::string longer = told(0);
    longer.replace(longer.find("'hdr'"), 5, "'req.hdr'");
    EXPECT_THAT(lists_of_lines(config, parse_acl_lists(longer)),
                ElementsAre(Pair(4, "#0"), Pair(5, "#1")));
}

} // namespace
} // namespace hitless::haproxy
