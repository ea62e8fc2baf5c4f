#include "plan/common_items.hpp"

#include <cstddef>
#include <unordered_set>
#include <utility>

namespace hitless::plan {
namespace {

/// With more unpaired items than these, the search is given up: time and memory grow with the
/// square of their number. Items that only one list has don't count.
constexpr int most_unpaired = 1'000;

/// The positions of the items that the other list has too. No other item can have a partner.
std::vector<int> found_in(std::span<const int> items, std::span<const int> other) {
    const std::unordered_set<int> others(other.begin(), other.end());
    std::vector<int> positions;
    for (int i = 0; i < std::ssize(items); ++i) {
        if (others.contains(items.begin()[i]))
            positions.push_back(i);
    }
    return positions;
}

std::vector<int> pick(std::span<const int> items, const std::vector<int>& positions) {
    std::vector<int> picked;
    picked.reserve(positions.size());
    for (const int position : positions)
        picked.push_back(items.begin()[position]);
    return picked;
}

/// How far the search comes on each diagonal with so many unpaired items. Diagonal k has all pairs
/// of positions (i, j) with i - j = k.
class Reach {
  public:
    explicit Reach(int unpaired)
        : first_(static_cast<std::size_t>(2 * unpaired + 1)), unpaired_(unpaired) {}

    /// The position in the first list.
    [[nodiscard]] int on(int diagonal) const { return first_.begin()[diagonal + unpaired_]; }
    void set(int diagonal, int position) { first_.begin()[diagonal + unpaired_] = position; }

    /// Of the two ways to a diagonal with one unpaired item more, the better one: true when the
    /// unpaired item is one of the second list.
    [[nodiscard]] bool skips_second(int diagonal) const {
        return diagonal < -unpaired_ ||
               (diagonal <= unpaired_ && on(diagonal - 1) < on(diagonal + 1));
    }

  private:
    std::vector<int> first_;
    int unpaired_;
};

/// E. Myers' search ("An O(ND) difference algorithm", 1986): with 0, 1, 2… unpaired items it goes
/// on each diagonal as far as it can, until it is at the end of both lists.
class Search {
  public:
    Search(std::span<const int> first, std::span<const int> second)
        : first_(first), second_(second) {}

    /// False when there would be too many unpaired items.
    bool run() {
        for (int unpaired = 0; unpaired <= most_unpaired; ++unpaired) {
            Reach reach(unpaired);
            const bool is_done = go_on(reach, unpaired);
            reached_.push_back(std::move(reach));
            if (is_done)
                return true;
        }
        return false;
    }

    /// After run(): goes back from the ends, and calls `pair` with the positions of each pair.
    template <class Pair>
    void each_pair(Pair pair) && {
        int at = static_cast<int>(first_.size());
        int diagonal = at - static_cast<int>(second_.size());
        for (;;) {
            reached_.pop_back();
            for (const int begin = start(diagonal); at > begin; --at)
                pair(at - 1, at - 1 - diagonal);
            if (reached_.empty())
                return;
            const bool skips_second = reached_.back().skips_second(diagonal);
            at -= skips_second ? 0 : 1;
            diagonal += skips_second ? 1 : -1;
        }
    }

  private:
    /// True at the end of both lists.
    bool go_on(Reach& reach, int unpaired) const {
        for (int diagonal = -unpaired; diagonal <= unpaired; diagonal += 2) {
            int at = start(diagonal);
            while (at < std::ssize(first_) && at - diagonal < std::ssize(second_) &&
                   first_.begin()[at] == second_.begin()[at - diagonal])
                ++at;
            reach.set(diagonal, at);
            if (at >= std::ssize(first_) && at - diagonal >= std::ssize(second_))
                return true;
        }
        return false;
    }

    /// Where a diagonal is entered with one unpaired item more than in the last of `reached_`.
    [[nodiscard]] int start(int diagonal) const {
        if (reached_.empty())
            return 0;
        const Reach& before = reached_.back();
        return before.skips_second(diagonal) ? before.on(diagonal + 1)
                                             : before.on(diagonal - 1) + 1;
    }

    std::span<const int> first_;
    std::span<const int> second_;
    std::vector<Reach> reached_; ///< by the number of unpaired items
};

} // namespace

std::optional<CommonItems> common_items(std::span<const int> first, std::span<const int> second) {
    const std::vector<int> first_positions = found_in(first, second);
    const std::vector<int> second_positions = found_in(second, first);
    const std::vector<int> first_picked = pick(first, first_positions);
    const std::vector<int> second_picked = pick(second, second_positions);
    Search search(first_picked, second_picked);
    if (!search.run())
        return std::nullopt;
    CommonItems common{std::vector<bool>(first.size()), std::vector<bool>(second.size())};
    std::move(search).each_pair([&](int a, int b) {
        common.in_first.begin()[first_positions.begin()[a]] = true;
        common.in_second.begin()[second_positions.begin()[b]] = true;
    });
    return common;
}

} // namespace hitless::plan
