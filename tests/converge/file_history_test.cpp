#include "converge/file_history.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace hitless::converge {
namespace {

haproxy::Config config(int number) {
    return haproxy::Config::parse(fmt::format("backend b\n server s{} 127.0.0.1:9\n", number))
        .value();
}

TEST(FileHistory, AProcessWasStartedFromWhatTheFileSaidThen) {
    FileHistory history;
    history.begin_with(config(1));
    history.note_written(config(2), 100);
    history.note_written(config(3), 110);
    EXPECT_EQ(history.at(50).text(), config(1).text());
    EXPECT_EQ(history.at(100).text(), config(1).text()) << "in the same second: the older one";
    EXPECT_EQ(history.at(101).text(), config(2).text());
    EXPECT_EQ(history.at(111).text(), config(3).text());
    EXPECT_EQ(history.now().text(), config(3).text());
    history.begin_with(config(4));
    EXPECT_EQ(history.at(105).text(), config(4).text());
}

TEST(FileHistory, TheFirstOneStaysHoweverManyAreWritten) {
    FileHistory history;
    history.begin_with(config(0));
    for (int i = 1; i < 100; ++i) {
        history.note_written(config(1000 + i), 100 + i);
        history.note_written(config(i), 100 + i);
    }
    EXPECT_EQ(history.at(99).text(), config(0).text());
    EXPECT_EQ(history.at(199).text(), config(98).text());
    EXPECT_EQ(history.at(200).text(), config(99).text());
    EXPECT_EQ(history.at(105).text(), config(0).text()) << "forgotten: everything is compared";
}

} // namespace
} // namespace hitless::converge
