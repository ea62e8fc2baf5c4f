#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/uses.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Pure: map files and ACL files as HAProxy reads them (configuration.txt, 7.1.1 and 7.3.1 `map`),
/// and what it says that it has of them (management.txt, 9.3, `show map` and `show acl`). Which
/// blanks count was tried on HAProxy 2.6.
namespace hitless::haproxy {

/// A line of a map file, or of an ACL file, whose entries have no value.
struct PatternEntry {
    std::string key;
    std::string value = {};

    friend bool operator==(const PatternEntry&, const PatternEntry&) = default;
};
using PatternEntries = std::vector<PatternEntry>;

/// The entries of a file of that kind (map or acl), in order. A line that begins with `#` is a
/// comment; behind a blank, it is an entry. A map's value may have blanks in it; an ACL's pattern
/// may also end in them.
[[nodiscard]] PatternEntries read_pattern_file(FileUse::Kind kind, std::string_view text);

/// What HAProxy says of one file. The numbers are 0 where it says nothing of them.
struct PatternList {
    std::string file;          ///< the name as the configuration has it; never empty
    unsigned long version = 0; ///< the one that counts
    unsigned long newest = 0;  ///< of those that were prepared
    std::size_t entries = 0;   ///< of all versions

    friend bool operator==(const PatternList&, const PatternList&) = default;
};

/// The answer to `show map` or `show acl`. What comes from no file is left out.
Result<std::vector<PatternList>> parse_pattern_lists(std::string_view answer);

/// The answer to `show map FILE` or `show acl FILE`.
Result<PatternEntries> parse_pattern_entries(FileUse::Kind kind, std::string_view answer);

} // namespace hitless::haproxy
