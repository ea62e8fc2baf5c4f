#pragma once

#include "hitless/haproxy/config.hpp"

#include <string>
#include <vector>

/// Pure decisions: what it takes to bring a running HAProxy to a wanted configuration.
namespace hitless::plan {

/// A `server` line that is new, gone or different.
struct ServerId {
    std::string backend;
    std::string server;

    friend auto operator<=>(const ServerId&, const ServerId&) = default;
};

/// What no runtime command can change: a line of a section that is no server's, with + or - before
/// it; or, in words, something about all servers of a section, such as their order.
struct LineChange {
    std::string section; ///< "backend app"
    std::string line;    ///< "+ balance leastconn"; empty: the section is new; "-": it is gone

    friend bool operator==(const LineChange&, const LineChange&) = default;
};

/// How two configurations differ. Comments and blanks make no difference, nor does the order of
/// servers where requests go the same ways. make_plan() plans its servers, and never its lines.
struct Difference {
    std::vector<ServerId> servers; ///< in sections that both have
    std::vector<LineChange> lines; ///< what no runtime command can change
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
