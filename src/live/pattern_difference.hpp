#pragma once

#include "hitless/haproxy/entry_list.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace hitless::live {

/// How the entries of a file differ, told by their keys.
struct PatternDifference {
    std::vector<haproxy::PatternEntry> added;
    std::vector<haproxy::PatternEntry> set; ///< the key has this value now
    std::vector<std::string> gone;          ///< keys
    /// A key that differs is there more than once, so that no command is about one of its entries.
    bool is_doubled = false;
    /// What comes of deleting `gone`, setting `set` and adding `added` behind the others is in the
    /// order that is wanted.
    bool keeps_order = true;

    [[nodiscard]] std::size_t size() const { return added.size() + set.size() + gone.size(); }
};

/// What the lists share costs next to nothing.
[[nodiscard]] PatternDifference compare_patterns(const haproxy::EntryList& before,
                                                 const haproxy::EntryList& after);

/// For people: "+ a.example b1, = b.example b2, - c.example, and 7 more"; "another order".
[[nodiscard]] std::string in_words(const PatternDifference& difference);
/// The same without the entries: "2 added, 1 set, 3 gone".
[[nodiscard]] std::string summary_of(const PatternDifference& difference);

} // namespace hitless::live
