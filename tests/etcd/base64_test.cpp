#include "etcd/base64.hpp"

#include <gtest/gtest.h>

namespace hitless::etcd {
namespace {

TEST(Base64, GoesThereAndBack) {
    const std::pair<std::string, std::string> cases[] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {std::string("\0\xff\n", 3), "AP8K"},
    };
    for (const auto& [bytes, text] : cases) {
        EXPECT_EQ(encode_base64(bytes), text);
        EXPECT_EQ(decode_base64(text), bytes);
    }
}

TEST(Base64, RefusesWhatIsNone) {
    for (const char* const text :
         {"Z", "Zg", "Zg=", "Z===", "====", "Z=g=", "Zm9v\n", " Zm9v", "Zm9v Zg=", "Zm-_", "=Zm9"})
        EXPECT_EQ(decode_base64(text), std::nullopt) << text;
}

} // namespace
} // namespace hitless::etcd
