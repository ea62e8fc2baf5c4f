#pragma once

#include "hitless/haproxy/config.hpp"

#include "ctl/made_of.hpp"
#include "ctl/managed.hpp"

#include <string>
#include <vector>

/// Files of HAProxy that a template resource of their own renders, and that change live: what is to
/// be said of them.
namespace hitless::ctl {

struct KeptFile {
    std::string path;
    Keeper keeper = Keeper::none;
    std::vector<std::string> troubles; ///< what keeps the file from being what the keys make
    std::vector<std::string> left_out; ///< for bad values

    /// Without a hitlessd that follows the keys, nobody knows.
    [[nodiscard]] bool is_as_wanted() const {
        return troubles.empty() && left_out.empty() && keeper != Keeper::stopped;
    }
    /// What is wrong, for people: the troubles, and that hitlessd doesn't run.
    [[nodiscard]] std::vector<std::string> all_troubles() const;
    /// "hitlessd", "hitlessd, which does not run", "nobody", "not known".
    [[nodiscard]] std::string kept_by() const;
};

/// By the notes beside the file, and its template as it is on disk, unless `has_secrets`: the
/// values that such a file is made of are not kept beside it. Blocks.
[[nodiscard]] KeptFile find_kept_file(const std::string& path, bool has_secrets = false);
/// The same for who has looked at the template already.
[[nodiscard]] KeptFile find_kept_file(const std::string& path, const LookAtTemplate& look);

/// The message, with the path in front where it doesn't name the file itself.
[[nodiscard]] std::string about_file(const std::string& path, const std::string& message);

/// Those that the configuration in `config_file` uses and that hitlessd keeps, or has kept.
[[nodiscard]] std::vector<KeptFile> find_kept_files(const haproxy::Config& config,
                                                    const std::string& config_file);

} // namespace hitless::ctl
