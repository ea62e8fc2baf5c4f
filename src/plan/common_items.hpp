#pragma once

#include <optional>
#include <span>
#include <vector>

namespace hitless::plan {

/// A pairing of two lists: true for the items that stand in both of them, in the same order. The
/// nth true item of one list is the nth true item of the other.
struct CommonItems {
    std::vector<bool> in_first;
    std::vector<bool> in_second;
};

/// Pairs as many items as possible, so that as few as possible have no partner. Equal numbers are
/// equal items. nullopt where the lists have so little in common that it would take too long.
std::optional<CommonItems> common_items(std::span<const int> first, std::span<const int> second);

} // namespace hitless::plan
