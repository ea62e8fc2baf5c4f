#include "ctl/origins.hpp"

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

} // namespace
} // namespace hitless::ctl
