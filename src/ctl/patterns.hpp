#pragma once

#include "hitless/haproxy/pattern_file.hpp"

#include "ctl/channel.hpp"
#include "ctl/program.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Map files and ACL files: what HAProxy has of them, and what is on disk.
namespace hitless::ctl {

/// A file of patterns that HAProxy has.
struct PatternsOfHaproxy {
    haproxy::FileUse::Kind kind = haproxy::FileUse::Kind::map;
    haproxy::PatternList list;
    std::string path;      ///< on disk; empty: it isn't known
    bool in_order = false; ///< see haproxy::FileUse
};

/// Where a file is that HAProxy with that pid calls so: it finds relative names from its directory.
/// Empty: nobody knows.
[[nodiscard]] std::string path_for_haproxy(const std::string& name, long pid);

/// "map" or "acl", as HAProxy's commands have it.
[[nodiscard]] std::string_view word_of(haproxy::FileUse::Kind kind);

/// All that HAProxy has from files. The Error: it can't be asked.
Result<std::vector<PatternsOfHaproxy>> find_patterns(const Context& context, Channel& channel);

/// What HAProxy has.
Result<haproxy::PatternEntries> running_entries(Channel& channel,
                                                const PatternsOfHaproxy& patterns);

/// What is on disk; the Error says why that isn't known.
Result<haproxy::PatternEntries> entries_on_disk(const PatternsOfHaproxy& patterns);

/// The entries in the order of their keys; those of one key in the order that they had.
[[nodiscard]] haproxy::PatternEntries by_key(haproxy::PatternEntries entries);

/// With these entries, HAProxy behaves as one that is started from the file with those.
[[nodiscard]] bool is_same(const PatternsOfHaproxy& patterns,
                           const haproxy::PatternEntries& running,
                           const haproxy::PatternEntries& wanted);

/// `map FILE KEY`: which entry HAProxy finds for the text, and where that comes from.
ExitCode show_map_entry(Context& context, Channel& channel, const PatternsOfHaproxy& patterns,
                        const std::string& asked);

} // namespace hitless::ctl
