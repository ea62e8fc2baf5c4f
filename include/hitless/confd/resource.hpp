#pragma once

#include "hitless/base/file.hpp"
#include "hitless/base/result.hpp"

#include <map>
#include <string>
#include <vector>

namespace hitless::confd {

/// A template resource: CONFDIR/conf.d/*.toml, table [template].
struct Resource {
    std::string file; ///< where it was read from
    std::string src;  ///< the template, as a path
    std::string dest;
    std::vector<std::string> keys; ///< without the prefix, clean
    std::string prefix;            ///< clean, "/" when there is none; the command line's wins
    base::FileAccess access;
    std::string check_cmd;  ///< as written; see commands.hpp
    std::string reload_cmd; ///< as written; empty: none

    bool trusted = false;  ///< values may bring whatever stays within their line
    bool one_word = false; ///< `words = 1`: no value is more than one word
    /// A running HAProxy gets what the file says without a reload, where that can be.
    bool live = true;
    std::vector<std::string> multiline; ///< patterns of keys whose values may have several lines

    /// prefix + key for each key: what to watch in etcd.
    [[nodiscard]] std::vector<std::string> watched() const;

    /// True for its dest, and for its file: the path, the name, or the name without ".toml".
    [[nodiscard]] bool is_named(const std::string& name) const;
};

/// All resources below CONFDIR/conf.d, in the order of their paths. A file that can't be read or
/// has an error is reported in `errors` (file:line:column: what), the others are loaded all the
/// same. So is one whose dest an earlier one has, also by another path or a symbolic link.
struct Resources {
    std::vector<Resource> loaded;
    std::vector<Error> errors;
    /// Of `errors`: the files that can't be read as template resources, and why.
    std::map<std::string, std::string> unreadable;
};
Resources load_resources(const std::string& confdir, const std::string& prefix_override);

/// One resource file.
Result<Resource> load_resource(const std::string& confdir, const std::string& file,
                               const std::string& prefix_override);

} // namespace hitless::confd
