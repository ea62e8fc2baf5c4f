#pragma once

#include "hitless/keys/key_tree.hpp"

#include "confd/key_pair.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hitless::confd {

/// What `gets` answers. The pairs of each pattern are kept until the next time, and brought up to
/// date by the keys that have changed; an unchanged key has the same pair as before, so that
/// templates know it again (gotemplate::keep_prints).
class PairLists {
  public:
    /// The tree must outlive this; it may be missing as long as nothing is asked for.
    explicit PairLists(const keys::KeyTree* tree) : tree_(tree) {}

    /// The pairs whose keys match a well-formed pattern, in byte order.
    [[nodiscard]] List matching(const std::string& pattern);

  private:
    /// Pairs that live as long as any list that they were in.
    using Pool = std::deque<KeyPair>;
    struct Pairs {
        std::shared_ptr<Pool> pool;
        std::shared_ptr<gotemplate::Prints> prints;
        std::vector<const KeyPair*> found;
        std::uint64_t revision = 0; ///< of the tree
        bool is_used = false;       ///< since forget_unused()
    };

    void update(const std::string& pattern, Pairs& pairs);
    void find_all(const std::string& pattern, Pairs& pairs);
    void find_changed(const std::string& key, Pairs& pairs);
    static void repack(Pairs& pairs);
    void forget_unused();

    const keys::KeyTree* tree_;
    std::map<std::string, Pairs, std::less<>> patterns_;
    std::size_t most_patterns_ = 64; ///< then those that aren't used are forgotten
};

} // namespace hitless::confd
