#pragma once

#include "hitless/ctl/ctl.hpp"

#include <sstream>
#include <string>
#include <vector>

namespace hitless::test {

/// How a run of hitlessctl ended, and what it wrote.
struct Ended {
    int code = 0;
    std::string out;
    std::string err;
};

/// Runs hitlessctl with these words, in this process.
inline Ended run_hitlessctl(const std::vector<std::string>& words) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = ctl::run(words, "1.2.3", out, err);
    return {code, out.str(), err.str()};
}

} // namespace hitless::test
