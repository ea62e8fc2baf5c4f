#include "hitless/haproxy/capabilities.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace hitless::haproxy {
namespace {

using testing::HasSubstr;
using testing::Optional;

Info version(int major, int minor) {
    Info info;
    info.version = fmt::format("{}.{}.0", major, minor);
    info.major = major;
    info.minor = minor;
    return info;
}

Config parse(std::string text) {
    return Config::parse(std::move(text)).value();
}

struct BalanceCase {
    std::string text;
    bool dynamic;
};

class Balance : public testing::TestWithParam<BalanceCase> {};

TEST_P(Balance, DecidesWhetherServersCanBeAdded) {
    const Config config = parse(GetParam().text);
    const Section& backend = config.sections().back();
    EXPECT_EQ(!no_dynamic_servers(version(2, 6), config, backend), GetParam().dynamic);
    EXPECT_EQ(has_dynamic_weights(config, backend), GetParam().dynamic);
}

INSTANTIATE_TEST_SUITE_P(
    Capabilities, Balance,
    testing::Values(
        BalanceCase{"backend b\n", true}, BalanceCase{"backend b\n balance roundrobin\n", true},
        BalanceCase{"backend b\n balance leastconn\n", true},
        BalanceCase{"backend b\n balance first\n", true},
        BalanceCase{"backend b\n balance random(2)\n", true},
        BalanceCase{"backend b\n balance static-rr\n", false},
        BalanceCase{"backend b\n balance source\n", false},
        BalanceCase{"backend b\n balance uri depth 3\n", false},
        BalanceCase{"backend b\n balance hdr(host)\n", false},
        BalanceCase{"backend b\n balance url_param id\n", false},
        BalanceCase{"backend b\n balance rdp-cookie(x)\n", false},
        BalanceCase{"backend b\n balance hash src\n", false},
        BalanceCase{"backend b\n balance source\n hash-type consistent sdbm\n", true},
        BalanceCase{"backend b\n balance source\n hash-type map-based\n", false},
        BalanceCase{"defaults\n balance source\nbackend b\n hash-type consistent\n", true},
        BalanceCase{"defaults one\n balance source\ndefaults from one\nbackend b\n", false},
        BalanceCase{"defaults\n balance source\nbackend b\n balance leastconn\n", true},
        BalanceCase{"backend b\n balance leastconn\n balance source\n", false}));

TEST(Capabilities, WhereServersCanBeAdded) {
    const Config config = parse("backend b\n");
    const Section& backend = config.sections()[0];
    EXPECT_THAT(no_dynamic_servers(version(2, 3), config, backend), Optional(HasSubstr("2.3.0")));
    EXPECT_FALSE(no_dynamic_servers(version(2, 4), config, backend));
    EXPECT_FALSE(no_dynamic_servers(version(3, 4), config, backend));
    for (const std::string_view line : {"disabled", "mode log"}) {
        const Config other = parse(fmt::format("backend b\n {}\n", line));
        EXPECT_TRUE(no_dynamic_servers(version(3, 0), other, other.sections()[0])) << line;
    }
    const Config sticks = parse("backend b\n stick on src\n");
    EXPECT_THAT(no_dynamic_servers(version(2, 4), sticks, sticks.sections()[0]),
                Optional(HasSubstr("`stick`")));
    EXPECT_FALSE(no_dynamic_servers(version(2, 5), sticks, sticks.sections()[0]));
    const Config enabled = parse("defaults\n disabled\nbackend b\n enabled\n");
    EXPECT_FALSE(no_dynamic_servers(version(3, 0), enabled, enabled.sections()[1]));
}

TEST(Capabilities, WhereServersCanBeDeleted) {
    EXPECT_FALSE(can_delete(version(2, 3), false));
    EXPECT_TRUE(can_delete(version(2, 4), false));
    EXPECT_FALSE(can_delete(version(2, 4), true));
    EXPECT_TRUE(can_delete(version(2, 6), true));
}

Server server(std::string_view words) {
    const Config config = parse(fmt::format("backend b\n server s {}\n", words));
    return effective_server(config, config.sections()[0], config.sections()[0].servers[0]).value();
}

struct OptionCase {
    std::string_view words;
    int since; ///< the first version that takes it at runtime, as 100 × major + minor; 0: none
};

class DynamicOption : public testing::TestWithParam<OptionCase> {};

TEST_P(DynamicOption, DependsOnTheVersion) {
    for (const int at : {204, 205, 206, 207, 208, 209, 300, 301, 302, 303, 304}) {
        const bool taken = GetParam().since != 0 && at >= GetParam().since;
        EXPECT_EQ(!no_dynamic_option(version(at / 100, at % 100), server(GetParam().words)), taken)
            << at;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Capabilities, DynamicOption,
    testing::Values(OptionCase{"10.0.0.1:80", 204}, OptionCase{"10.0.0.1:80 backup maxconn 5", 204},
                    OptionCase{"10.0.0.1:80 check inter 1s", 205},
                    OptionCase{"10.0.0.1:80 ssl verify none", 205},
                    OptionCase{"10.0.0.1:80 cookie a", 300},
                    OptionCase{"10.0.0.1:80 init-state down", 301},
                    OptionCase{"10.0.0.1:80 set-proxy-v2-tlv-fmt(0x20) x", 209},
                    OptionCase{"10.0.0.1:80 non-stick", 0},
                    OptionCase{"10.0.0.1:80 namespace x", 0},
                    OptionCase{"10.0.0.1:80 init-addr none resolve-prefer ipv4", 204},
                    OptionCase{"10.0.0.1:80 resolvers dns", 204}, // an address needs none
                    OptionCase{"web:80 resolvers dns", 0}, OptionCase{"\"$IP:80\"", 0},
                    OptionCase{"10.0.0.1:80 bogus", 204})); // HAProxy's to refuse

TEST(Capabilities, HaproxysOwnListCounts) {
    Info info = version(3, 4);
    info.server_keywords = {"backup", "check"};
    EXPECT_FALSE(no_dynamic_option(info, server("10.0.0.1:80 check")));
    EXPECT_THAT(no_dynamic_option(info, server("10.0.0.1:80 cookie a")),
                Optional(HasSubstr("takes no 'cookie'")));
}

TEST(Capabilities, SayWhatOldVersionsForget) {
    const auto with = [](const Info& info, std::string_view words) {
        return as_dynamic(info, server(words));
    };
    const Server plain = with(version(2, 6), "10.0.0.1:80");
    EXPECT_EQ(plain.options.argument("pool-max-conn"), "-1");
    EXPECT_EQ(plain.options.argument("pool-purge-delay"), "5s");
    EXPECT_EQ(with(version(2, 6), "10.0.0.1:80 pool-max-conn 3").options.argument("pool-max-conn"),
              "3");
    EXPECT_EQ(with(version(2, 6), "10.0.0.1:80 maxconn 9").options.argument("minconn"), "9");
    EXPECT_EQ(with(version(2, 6), "10.0.0.1:80 maxconn 9 minconn 2").options.argument("minconn"),
              "2");
    EXPECT_FALSE(with(version(2, 8), "10.0.0.1:80 maxconn 9").options.has("minconn"));
    EXPECT_EQ(with(version(2, 6), "10.0.0.1:80 observe layer7").options.argument("error-limit"),
              "10");
    EXPECT_EQ(with(version(3, 0), "10.0.0.1:80 observe layer7"),
              server("10.0.0.1:80 observe layer7"));
}

TEST(OrderMatters, ByTheDefaultOfTheVersion) {
    const Config config = parse("backend b\n server x 10.0.0.1:80\n"
                                "backend c\n balance leastconn\n server x 10.0.0.1:80\n");
    const Info old = version(3, 2);
    const Info random_by_default = version(3, 3);
    const Section& silent = config.sections()[0];
    EXPECT_FALSE(order_matters(config, silent).by_id);
    EXPECT_FALSE(order_matters(config, silent, &old).by_id);
    EXPECT_TRUE(order_matters(config, silent, &random_by_default).by_id);
    EXPECT_FALSE(order_matters(config, config.sections()[1], &random_by_default).by_id);
}

} // namespace
} // namespace hitless::haproxy
