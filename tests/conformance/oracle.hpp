#pragma once

#include "hitless/base/result.hpp"

#include <map>
#include <string>
#include <vector>

/// The same templates and keys, rendered by Go's text/template and by Hitless.
namespace hitless::conformance {

using Keys = std::map<std::string, std::string>;

struct Case {
    std::string name; ///< where it is from, for messages
    std::string text;
    std::size_t keys = 0; ///< index of the set of keys
};

struct Outcome {
    bool failed = false;
    std::string text; ///< the output, or the error's message
    double milliseconds = 0;
};

/// What the Go program says to all cases, from one run of it. `options` are its flags.
[[nodiscard]] Result<std::vector<Outcome>> ask_oracle(const std::vector<Keys>& keys,
                                                      const std::vector<Case>& cases,
                                                      const std::string& options = "");

/// What Hitless says.
[[nodiscard]] std::vector<Outcome> ask_hitless(const std::vector<Keys>& keys,
                                               const std::vector<Case>& cases);

} // namespace hitless::conformance
