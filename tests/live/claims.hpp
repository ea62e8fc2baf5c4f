#pragma once

#include "hitless/live/kind.hpp"

#include "plan/planning.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace hitless::live {

/// Two configurations, and what the kinds of live objects make of their difference.
struct ClaimCase {
    std::string what;
    std::string before;
    std::string after;
    std::vector<std::string> objects;
    std::vector<std::string> lines = {}; ///< that need a reload
};

inline void expect_claims(const ClaimCase& one) {
    const Changes changes = compare(plan::parse(one.before), plan::parse(one.after));
    std::vector<std::string> objects;
    for (const ObjectId& object : changes.objects)
        objects.push_back(to_string(object));
    std::vector<std::string> lines;
    for (const plan::LineChange& change : changes.lines)
        lines.push_back(in_words(change));
    EXPECT_THAT(objects, testing::ElementsAreArray(one.objects)) << one.what;
    EXPECT_THAT(lines, testing::ElementsAreArray(one.lines)) << one.what;
}

} // namespace hitless::live
