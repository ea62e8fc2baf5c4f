#include "hitless/haproxy/present.hpp"

#include <gtest/gtest.h>

namespace hitless::haproxy {
namespace {

constexpr const char* text = R"(frontend web
    bind :80
backend one
    server a 127.0.0.1:1
backend off
    disabled
    server b 127.0.0.1:2
backend new
    server c 127.0.0.1:3
listen both
    bind :81
    server d 127.0.0.1:4
)";

TEST(Present, BackendsAreTheRowsOfThatKind) {
    const auto rows = parse_stat("# pxname,svname,type\n"
                                 "web,FRONTEND,0\none,a,2\none,BACKEND,1\nboth,BACKEND,1\n");
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(backend_names(*rows), (std::set<std::string>{"one", "both"}));
}

TEST(Present, ABackendThatHAProxyLacksIsLeftOut) {
    const auto config = Config::parse(text);
    ASSERT_TRUE(config);
    const Config rest = without_missing_backends(*config, {"one", "both"});
    EXPECT_EQ(rest.find_backend("new"), nullptr);
    EXPECT_NE(rest.find_backend("off"), nullptr) << "HAProxy doesn't tell of it";
    ASSERT_NE(rest.find_backend("both"), nullptr);
    EXPECT_EQ(rest.text().find("server c"), std::string::npos);
    EXPECT_NE(rest.text().find("listen both\n    bind :81\n    server d"), std::string::npos);
}

TEST(Present, WhereAllAreThereNothingChanges) {
    const auto config = Config::parse(text);
    ASSERT_TRUE(config);
    EXPECT_EQ(without_missing_backends(*config, {"one", "new", "both"}).text(), text);
}

TEST(Present, WhatConditionsDecideStays) {
    const auto config =
        Config::parse(".if defined(X)\nbackend maybe\n    server a 127.0.0.1:1\n.endif\n");
    ASSERT_TRUE(config);
    EXPECT_EQ(without_missing_backends(*config, {}).text(), config->text());
}

} // namespace
} // namespace hitless::haproxy
