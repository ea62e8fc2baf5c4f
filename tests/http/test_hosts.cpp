#include "http/hosts.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hitless::http {
namespace {

TEST(Hosts, AddressesLocalhostAndNamesAreAllowed) {
    const Hosts hosts({"Proxy1.example.com", "lb"});
    for (const char* const host :
         {"127.0.0.1", "127.0.0.1:9690", "10.1.2.3:80", "[::1]", "[::1]:9690", "[2001:db8::7]:1",
          "localhost", "localhost:9690", "LocalHost:1", "localhost.", "proxy1.example.com",
          "PROXY1.EXAMPLE.COM:443", "lb:9690"})
        EXPECT_TRUE(hosts.allows(host)) << host;
}

TEST(Hosts, AnythingElseIsNot) {
    const Hosts hosts({"lb"});
    for (const std::string host : {"",
                                   "evil.example",
                                   "evil.example:9690",
                                   "127.0.0.1.evil.example",
                                   "localhost.evil.example",
                                   "localhostx",
                                   "lb.evil.example",
                                   "127.0.0.1:",
                                   "127.0.0.1:0",
                                   "127.0.0.1:99999",
                                   "127.0.0.1:80:80",
                                   "::1",
                                   "[::1",
                                   "[::1]x",
                                   "[::1]:",
                                   "[fe80::1%eth0]",
                                   "[127.0.0.1]",
                                   "127.1",
                                   "0x7f.0.0.1",
                                   "2130706433",
                                   " localhost",
                                   "localhost ",
                                   "user@localhost",
                                   "localhost/",
                                   "[]",
                                   "[",
                                   ":",
                                   ":80"})
        EXPECT_FALSE(hosts.allows(host)) << "'" << host << "'";
    EXPECT_FALSE(hosts.allows(std::string(1'000, 'a')));
}

} // namespace
} // namespace hitless::http
