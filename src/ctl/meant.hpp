#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/plan/difference.hpp"

#include "ctl/change.hpp"
#include "ctl/program.hpp"
#include "ctl/target.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace hitless::ctl {

/// The servers of one HAProxy that someone means by patterns, and what its file says of them.
struct Meant {
    std::vector<Name> names;
    std::map<Name, std::string> served; ///< by slots and stand-ins: the servers of the file
    /// Servers that a hold would not keep, and why.
    std::map<Name, std::string> not_held;
    std::set<Name> spare; ///< hitlessd's spare servers that are in nobody's place
    Result<ConfigFile> file = Error{"the file is not known"};
};

/// All servers of a pattern are those of the file: neither free slots nor servers that leave, which
/// nobody means. A server of the file may run in a slot, and be called by either name.
[[nodiscard]] Meant find_meant(const Context& context, Channel& channel,
                               const haproxy::Running& running,
                               const std::vector<std::string>& patterns);

/// The server's name in the file: a slot's is that of the server in whose place it is.
[[nodiscard]] plan::ServerId wanted_name(const Meant& meant, const Name& name);

/// The server's weight in the file; where that has none, what it was at the start.
[[nodiscard]] int whole_weight(const Meant& meant, const Name& name,
                               const haproxy::RunningServer& server);

/// The weight that "5", or "50%" of that in the file, is for the server. (HAProxy would take a part
/// of what it was at the start.)
[[nodiscard]] int weight_of(const Meant& meant, const std::string& value, const Name& name,
                            const haproxy::RunningServer& server);

} // namespace hitless::ctl
