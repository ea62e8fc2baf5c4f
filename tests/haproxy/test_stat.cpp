#include "hitless/haproxy/stat.hpp"

#include <gmock/gmock.h>

namespace hitless::haproxy {
namespace {

TEST(Stat, IsReadByColumns) {
    const auto rows = parse_stat("# pxname,svname,scur,slim,status,type,last_chk,\n"
                                 "web,FRONTEND,3,100,OPEN,0,,\n"
                                 "app,w1,0,,UP 1/3,2,\"said \"\"no\"\", twice\",\n"
                                 "app,BACKEND,1,,UP,1\n\n");
    ASSERT_TRUE(rows) << rows.error().message;
    ASSERT_EQ(rows->size(), 3U);
    EXPECT_EQ((*rows)[0].kind(), StatRow::Kind::frontend);
    EXPECT_EQ((*rows)[0].number("scur"), 3);
    const StatRow& server = (*rows)[1];
    EXPECT_EQ(server.kind(), StatRow::Kind::server);
    EXPECT_EQ(server.proxy(), "app");
    EXPECT_EQ(server.name(), "w1");
    EXPECT_EQ(server.number("scur"), 0);
    EXPECT_EQ(server.number("slim"), std::nullopt);
    EXPECT_EQ(server.field("status"), "UP 1/3");
    EXPECT_EQ(server.field("last_chk"), "said \"no\", twice");
    EXPECT_EQ(server.field("no such column"), "");
    EXPECT_EQ((*rows)[2].kind(), StatRow::Kind::backend);
    EXPECT_EQ((*rows)[2].field("last_chk"), "") << "a short line";
}

TEST(Stat, RefusesWhatIsNone) {
    EXPECT_FALSE(parse_stat(""));
    EXPECT_FALSE(parse_stat("Permission denied\n"));
}

} // namespace
} // namespace hitless::haproxy
