#include "hitless/base/secrets.hpp"
#include "hitless/base/text.hpp"

#include <gmock/gmock.h>

namespace hitless::base {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PrivateKeys, AreLeftOut) {
    const std::string begin = "-----BEGIN RSA PRIVATE KEY-----\n";
    const std::string end = "-----END RSA PRIVATE KEY-----\n";
    const std::string certificate =
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    struct Case {
        std::string text;
        std::string expected;
    };
    const std::string out(left_out_key);
    const Case cases[] = {
        {"", ""},
        {certificate, certificate},
        {"the words PRIVATE KEY alone", "the words PRIVATE KEY alone"},
        {begin + "MIIsecret\n" + end, "-----BEGIN RSA PRIVATE KEY-----" + out + end},
        {certificate + begin + "MIIsecret\n" + end + certificate,
         certificate + "-----BEGIN RSA PRIVATE KEY-----" + out + end + certificate},
        {begin + "MIIsecret", "-----BEGIN RSA PRIVATE KEY-----" + out},
        {begin + "one\n" + certificate + begin + "two\n" + end,
         "-----BEGIN RSA PRIVATE KEY-----" + out + "-----END CERTIFICATE-----\n" +
             "-----BEGIN RSA PRIVATE KEY-----" + out + end},
        {R"({"key": "-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----\n"})",
         R"({"key": "-----BEGIN PRIVATE KEY-----)" + out + R"(-----END PRIVATE KEY-----\n"})"},
    };
    for (const Case& each : cases) {
        EXPECT_EQ(without_private_keys(each.text), each.expected);
        EXPECT_EQ(has_private_key(each.text), each.text != each.expected) << each.text;
    }
}

/// Templates may decode them.
TEST(PrivateKeys, AreLeftOutWhereBase64HidesThem) {
    // "x-----BEGIN PRIVATE KEY-----\nsecret", behind 0, 1 and 2 bytes more
    for (const std::string hidden : {"eC0tLS0tQkVHSU4gUFJJVkFURSBLRVktLS0tLQpzZWNyZXQ=",
                                     "eHgtLS0tLUJFR0lOIFBSSVZBVEUgS0VZLS0tLS0Kc2VjcmV0",
                                     "eHh4LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCnNlY3JldA=="}) {
        EXPECT_TRUE(has_private_key(hidden)) << hidden;
        EXPECT_EQ(without_private_keys("'" + hidden + "' b"),
                  "'" + std::string(left_out_key) + "' b");
    }
}

TEST(PrivateKeys, AreNotPrintable) {
    const std::string text = "-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----\n";
    EXPECT_THAT(printable(text, 300), Not(HasSubstr("MII")));
    EXPECT_THAT(printable(text.substr(0, 35)), Not(HasSubstr("MII")));
    EXPECT_THAT(printable(text, 300), HasSubstr("PRIVATE KEY-----" + std::string(left_out_key)));
}

} // namespace
} // namespace hitless::base
