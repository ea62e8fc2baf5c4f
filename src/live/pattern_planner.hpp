#pragma once

#include "hitless/live/observed.hpp"
#include "hitless/plan/plan.hpp"

#include <cstddef>

namespace hitless::live {

/// What a file of more entries costs is looked at: it is read seldom, and changed by few commands.
constexpr std::size_t small_pattern_file = 1'000;

/// Adds to the plan what brings `running`, the entries of that map or ACL, to those that are
/// wanted of the file. Where they differ in nothing that counts, it has them from now on. What
/// needs a reload waits until the file is on disk.
void plan_patterns(const plan::ObjectId& object, Patterns::File& running,
                   const SharedEntries& wanted, const File& file, plan::Plan& plan);

} // namespace hitless::live
