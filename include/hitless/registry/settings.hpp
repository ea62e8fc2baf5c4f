#pragma once

#include "hitless/etcd/settings.hpp"

#include <string>
#include <vector>

namespace hitless::registry {

/// Where the keys are.
struct Settings {
    enum class Kind {
        etcd,
        file,        ///< YAML or JSON on this machine
        environment, ///< this process's environment variables
    };
    Kind kind = Kind::etcd;
    etcd::Settings etcd;
    /// Files, and directories whose files, at any depth, are read in order of their paths; hidden
    /// ones are not. Of two values for one key the later one counts.
    std::vector<std::string> files;
    std::string filter = "*"; ///< a shell pattern: which of a directory's files, by name
};

} // namespace hitless::registry
