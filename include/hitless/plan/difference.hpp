#pragma once

#include "hitless/haproxy/config.hpp"
#include "hitless/plan/object.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Pure decisions: what it takes to bring a running HAProxy to a wanted configuration.
namespace hitless::plan {

/// A line of a section that is no server's and that only one of two configurations has; or, in
/// words, something about the whole section, such as the order of its servers.
struct LineChange {
    enum class Kind {
        added,
        removed,
        new_section,
        gone_section,
        words, ///< `text` is for people
    };
    std::string section; ///< its kind: "backend"
    std::string name;    ///< "app"; empty where a section has none
    Kind kind = Kind::added;
    std::string text = {}; ///< the line: "balance leastconn"

    friend bool operator==(const LineChange&, const LineChange&) = default;
};

/// "backend app".
[[nodiscard]] std::string title(std::string_view section, std::string_view name);
/// "+ balance leastconn", "- balance leastconn", or the words; empty for whole sections.
[[nodiscard]] std::string in_words(const LineChange& change);

/// How two configurations differ. Comments and blanks make no difference, nor does the order of
/// servers where requests go the same ways. What of its lines commands can bring about is said by
/// live::claim().
struct Difference {
    std::vector<ServerId> servers; ///< in sections that both have
    std::vector<LineChange> lines; ///< all else
};

/// Which lines are the same: those with the same words to HAProxy, or only those with the same
/// text.
enum class Sameness { words, text };

/// Compares two configurations. Parts that are alike are compared as texts only, which is fast.
Difference compare(const haproxy::Config& before, const haproxy::Config& after,
                   Sameness sameness = Sameness::words);

/// All servers of a configuration, as if each had changed.
std::vector<ServerId> all_servers(const haproxy::Config& config);

} // namespace hitless::plan
