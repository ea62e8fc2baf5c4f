#pragma once

#include "gotemplate/support.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hitless::gotemplate::test {

/// A template and what it gives with data(): its output, or its error.
struct Case {
    std::string text;
    std::string expected;
};

inline void PrintTo(const Case& c, std::ostream* out) {
    *out << c.text;
}

class Rendering : public ::testing::TestWithParam<Case> {};

} // namespace hitless::gotemplate::test
