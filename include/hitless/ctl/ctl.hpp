#pragma once

#include <iosfwd>
#include <string>
#include <vector>

/// hitlessctl: looks at a running HAProxy, changes it, and explains it.
namespace hitless::ctl {

/// Runs the command line (without the program's name) and returns the exit status; see
/// docs/hitlessctl.md. Blocks. `version` is the program's.
int run(const std::vector<std::string>& arguments, const std::string& version, std::ostream& out,
        std::ostream& err);

} // namespace hitless::ctl
