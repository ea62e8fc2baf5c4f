#include "hitless/haproxy/line_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::haproxy {
namespace {

using testing::ElementsAre;

TEST(LineFiles, AreFoundByWhatReadsThem) {
    EXPECT_THAT(line_files("frontend f\n"
                           "  use_backend %[req.hdr(host),lower,map_dom(/etc/h/hosts.map,app)]\n"
                           "  acl bad src -f /etc/h/deny.lst -f virt@more.lst\n"
                           "  bind :443 ssl crt-list /etc/h/crt.list crt /etc/h/one.pem\n"
                           "  # acl old src -f /etc/h/old.lst\n"
                           "  http-request set-var(txn.x) src,map_ip(\"/etc/h/ip.map\")\n"
                           "  acl x hdr(host) -f {{getv \"/file\"}}\n"),
                ElementsAre("/etc/h/crt.list", "/etc/h/deny.lst", "/etc/h/hosts.map",
                            "/etc/h/ip.map", "more.lst"));
}

TEST(LineFiles, AreNamedInSeveralWays) {
    const std::set<std::string> names = {"/etc/h/hosts.map", "maps/deny.lst"};
    EXPECT_TRUE(names_file(names, "/etc/h/hosts.map"));
    EXPECT_TRUE(names_file(names, "/etc/h/../h/hosts.map"));
    EXPECT_TRUE(names_file(names, "/etc/h/maps/deny.lst"));
    EXPECT_FALSE(names_file(names, "/etc/h/deny.lst"));
    EXPECT_FALSE(names_file(names, "/etc/other/hosts.map"));
}

} // namespace
} // namespace hitless::haproxy
