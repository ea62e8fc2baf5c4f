#include "registry/environment.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace hitless::registry {
namespace {

using keys::Entry;
using testing::UnorderedElementsAre;

TEST(Environment, IsReadAsKeys) {
    ::setenv("HITLESSTEST_SERVERS_WEB1", "10.0.0.1:80", 1);
    ::setenv("hitlesstest_Servers__web2", "10.0.0.2:80=x", 1);
    ::setenv("HITLESSTEST", "", 1);
    ::setenv("HITLESSTESTING", "beside", 1);
    EXPECT_THAT(read_environment("/hitlesstest"),
                UnorderedElementsAre(Entry{"/hitlesstest", ""},
                                     Entry{"/hitlesstest/servers/web1", "10.0.0.1:80"},
                                     Entry{"/hitlesstest/servers/web2", "10.0.0.2:80=x"}));
    EXPECT_THAT(read_environment("/hitlesstest/servers/web1"),
                UnorderedElementsAre(Entry{"/hitlesstest/servers/web1", "10.0.0.1:80"}));
}

} // namespace
} // namespace hitless::registry
