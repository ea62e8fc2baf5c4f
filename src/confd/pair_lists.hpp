#pragma once

#include "confd/key_pair.hpp"
#include "confd/key_view.hpp"

#include <boost/container/deque.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace hitless::confd {

/// What `gets` answers. The pairs of each pattern are kept until the next time, and brought up to
/// date by the keys that have changed; an unchanged key has the same pair as before, so that
/// templates know it again (gotemplate::keep_prints).
class PairLists {
  public:
    explicit PairLists(std::shared_ptr<KeyView> view) : view_(std::move(view)) {}

    /// The pairs whose keys match the pattern, in byte order; nullptr when it is malformed.
    [[nodiscard]] Value::ListPtr matching(const std::string& pattern);

  private:
    /// Pairs that live as long as any list that they were in.
    using Pool = boost::container::deque<
        KeyPair, void, boost::container::deque_options<boost::container::block_size<64>>::type>;
    struct Pairs {
        keys::Pattern pattern;
        std::shared_ptr<Pool> pool;
        std::shared_ptr<gotemplate::Prints> prints;
        std::vector<const KeyPair*> found;
        /// The tree's entries that match, as of a revision of the tree.
        std::vector<keys::KeyTree::Map::const_iterator> entries;
        std::uint64_t entries_revision = 0;
        /// These as a list. It is brought up to date where nobody else has it any more.
        std::shared_ptr<List> list;
        std::uint64_t revision = 0; ///< of the tree
        bool is_used = false;       ///< since forget_unused()
    };

    void update(Pairs& pairs);
    void find_all(Pairs& pairs);
    void find_changed(const std::string& key, Pairs& pairs);
    [[nodiscard]] std::shared_ptr<List> make_list(const Pairs& pairs) const;
    [[nodiscard]] gotemplate::Trace trace_of(std::string_view key) const;
    static void repack(Pairs& pairs);
    void forget_unused();

    std::shared_ptr<KeyView> view_;
    std::shared_ptr<Sources> sources_; ///< that the pairs' traces have their numbers from
    std::unordered_map<std::string, Pairs> patterns_;
    std::size_t most_patterns_ = 64; ///< then those that aren't used are forgotten
};

} // namespace hitless::confd
