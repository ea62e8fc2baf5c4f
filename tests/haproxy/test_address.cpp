#include "hitless/haproxy/address.hpp"

#include <gmock/gmock.h>

namespace hitless::haproxy {
namespace {

struct AddressCase {
    std::string_view text;
    Address::Kind kind;
    std::string_view host;
    std::uint16_t port;
    std::string_view printed; ///< by to_string
};

class GoodAddress : public testing::TestWithParam<AddressCase> {};

TEST_P(GoodAddress, IsRead) {
    const auto& expected = GetParam();
    const auto address = parse_address(expected.text);
    ASSERT_TRUE(address) << address.error().message;
    EXPECT_EQ(address->kind, expected.kind);
    EXPECT_EQ(address->host, expected.host);
    EXPECT_EQ(address->port, expected.port);
    EXPECT_EQ(address->text, expected.text);
    EXPECT_EQ(to_string(*address), expected.printed);
}

constexpr auto ip = Address::Kind::ip;
constexpr auto name = Address::Kind::name;
constexpr auto other = Address::Kind::other;

INSTANTIATE_TEST_SUITE_P(
    Address, GoodAddress,
    testing::Values(
        AddressCase{"10.0.0.1:80", ip, "10.0.0.1", 80, "10.0.0.1:80"},
        AddressCase{"10.0.0.1", ip, "10.0.0.1", 0, "10.0.0.1"},
        AddressCase{"*:443", ip, "0.0.0.0", 443, "0.0.0.0:443"},
        AddressCase{"ipv4@10.0.0.1:80", ip, "10.0.0.1", 80, "10.0.0.1:80"},
        AddressCase{"ip@10.0.0.1:80", ip, "10.0.0.1", 80, "10.0.0.1:80"},
        AddressCase{"tcp6@[::1]:80", ip, "::1", 80, "[::1]:80"},
        AddressCase{"[2001:DB8:0::0:1]:65535", ip, "2001:db8::1", 65'535, "[2001:db8::1]:65535"},
        AddressCase{"[::1]", ip, "::1", 0, "[::1]"},
        AddressCase{"::1:80", ip, "::1", 80, "[::1]:80"},
        AddressCase{"[::ffff:1.2.3.4]:80", ip, "::ffff:1.2.3.4", 80, "[::ffff:1.2.3.4]:80"},
        AddressCase{"web.example.org:8080", name, "web.example.org", 8080, "web.example.org:8080"},
        AddressCase{"_http._tcp.example.org", name, "_http._tcp.example.org", 0,
                    "_http._tcp.example.org"},
        AddressCase{"localhost", name, "localhost", 0, "localhost"},
        AddressCase{"10.0.0.1:+100", other, "", 0, "10.0.0.1:+100"},
        AddressCase{"10.0.0.1:-1", other, "", 0, "10.0.0.1:-1"},
        AddressCase{"/run/app.sock", other, "", 0, "/run/app.sock"},
        AddressCase{"unix@app.sock", other, "", 0, "unix@app.sock"},
        AddressCase{"abns@app", other, "", 0, "abns@app"},
        AddressCase{"rhttp@", other, "", 0, "rhttp@"},
        AddressCase{"${HOST}:80", other, "", 0, "${HOST}:80"}));

class BadAddress : public testing::TestWithParam<std::string_view> {};

TEST_P(BadAddress, IsAnErrorThatTellsWhatOneLooksLike) {
    const auto address = parse_address(GetParam());
    ASSERT_FALSE(address);
    EXPECT_THAT(address.error().message, testing::HasSubstr("10.0.0.1:8080"));
}

INSTANTIATE_TEST_SUITE_P(Address, BadAddress,
                         testing::Values("", ":80", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:65536",
                                         "10.0.0.1:80a", "10.0.0.1:http", "10.0.0.1:80-90",
                                         "10.0.0.1:+", "10.0.0.1:+1x", "10.0.0", "300.1.1.1:80",
                                         "[::1:80", "[::1]80", "2001:db8::1:2:3:4:5:6:7:80",
                                         "[fe80::1%eth0]:80", "a b:80", "a;b:80", "-x:80",
                                         "http://web:80", "foo@10.0.0.1:80", "web/1:80"));

TEST(Address, ComparesWhatItMeans) {
    EXPECT_EQ(*parse_address("[::0001]:80"), *parse_address("ipv6@[::1]:80"));
    EXPECT_NE(*parse_address("ipv4@name:80"), *parse_address("ipv6@name:80"));
    EXPECT_EQ(*parse_address("ip@name:80"), *parse_address("name:80"));
    EXPECT_NE(*parse_address("10.0.0.1:80"), *parse_address("10.0.0.1:81"));
    EXPECT_NE(*parse_address("/a"), *parse_address("/b"));
}

} // namespace
} // namespace hitless::haproxy
