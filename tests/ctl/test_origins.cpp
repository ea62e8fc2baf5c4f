#include "ctl/origins.hpp"
#include "ctl/wanted.hpp"

#include <gmock/gmock.h>

namespace hitless::ctl {
namespace {

TEST(Origins, AreTheNearestLines) {
    const auto config = haproxy::Config::parse("defaults\n"
                                               "    default-server check maxconn 10\n"
                                               "backend app\n"
                                               "    default-server inter 1s fall 5\n"
                                               "    default-server inter 2s\n"
                                               "    server w1 10.0.0.1:80 fall 7 weight 9\n"
                                               "    default-server inter 9s\n")
                            .value();
    const haproxy::Section& backend = *config.find_backend("app");
    const auto origins = option_origins(config, backend, backend.servers.front());
    ASSERT_TRUE(origins) << origins.error().message;
    const auto line_of = [&](std::string_view option) {
        for (const Origin& origin : *origins) {
            if (origin.option == option)
                return origin.line;
        }
        return -1;
    };
    EXPECT_EQ(line_of("check"), 2);
    EXPECT_EQ(line_of("maxconn 10"), 2);
    EXPECT_EQ(line_of("inter 2s"), 5);
    EXPECT_EQ(line_of("fall 7"), 6);
    EXPECT_EQ(line_of("weight 9"), 6);
    EXPECT_EQ(origins->size(), 5U);
}

/// A wrong key would have somebody change another backend.
TEST(Origins, OfLinesWithTheSameTextAreToldApart) {
    Wanted wanted;
    const std::string line = "    server web1 10.0.0.1:80";
    wanted.config =
        haproxy::Config::parse("backend app\n" + line + "\nbackend api\n" + line + "\n").value();
    const auto made_of = [&](int number, const std::string& key) {
        return apply::OriginLine{number, line, {{"10.0.0.1:80", "key " + key, {}, 1}}, 0};
    };
    wanted.origins = {made_of(7, "/app/web1"), made_of(9, "/api/web1")};
    const auto key = [&](const char* backend) {
        return key_of_line(wanted, wanted.config, *wanted.config.find_server(backend, "web1"))
            .value_or("not known");
    };
    EXPECT_EQ(key("app"), "/app/web1");
    EXPECT_EQ(key("api"), "/api/web1");
    wanted.origins.pop_back(); // the keys say something else than the file by now
    EXPECT_EQ(key("app"), "not known");
    EXPECT_EQ(key("api"), "not known");
}

} // namespace
} // namespace hitless::ctl
