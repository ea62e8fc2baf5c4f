#pragma once

#include "conformance/oracle.hpp"

namespace hitless::conformance {

/// The keys that all cases of the corpus are rendered with.
[[nodiscard]] Keys corpus_keys();

/// corpus/*.cases, a template a line in which ⏎ stands for a line break, and corpus/haproxy/*.tmpl.
[[nodiscard]] std::vector<Case> corpus_cases();

} // namespace hitless::conformance
