#include "hitless/plan/server_index.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace hitless::plan {
namespace {

/// With an index, the answers are those of a search.
TEST(ServerIndex, FindsWhatASearchFinds) {
    std::string text = "backend small\n server x 1:1\nbackend large\n";
    for (int i = 0; i < 40; ++i)
        text += fmt::format(" server s{0} 1:{0}\n", i);
    text += " server s7 1:1\nfrontend front\n server s1 1:1\nbackend empty\n";
    const haproxy::Config config = haproxy::Config::parse(text).value();
    const ServerIndex few(config, 1);
    const ServerIndex many(config, 100);
    for (const auto* const backend : {"small", "large", "front", "empty", "none"}) {
        for (const auto* const server : {"x", "s0", "s7", "s39", "s40", ""}) {
            const ServerId change{backend, server};
            const ServerIndex::Found searched = few.find(change);
            const ServerIndex::Found indexed = many.find(change);
            EXPECT_EQ(searched.section, indexed.section) << backend << '/' << server;
            EXPECT_EQ(searched.line, indexed.line) << backend << '/' << server;
            EXPECT_EQ(searched.line, config.find_server(backend, server));
            EXPECT_EQ(many.has(change), searched.line != nullptr);
        }
    }
}

} // namespace
} // namespace hitless::plan
