#pragma once

#include "hitless/base/result.hpp"
#include "hitless/keys/key_tree.hpp"
#include "hitless/registry/settings.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::registry {

/// All keys of the settings' files at and below `root`; of two for one key the later one counts.
/// One file that can't be read or isn't understood makes it an Error, which names it.
Result<std::vector<keys::Entry>> read_files(const Settings& settings, std::string_view root);

/// Where a change of the settings' files would show: directories, and the names in them that
/// matter. Symbolic links on the way to a file matter too, so that a swapped one is noticed (as in
/// a mounted Kubernetes ConfigMap).
class Places {
  public:
    explicit Places(const Settings& settings);

    [[nodiscard]] std::vector<std::string> directories() const;
    [[nodiscard]] bool matters(const std::string& directory, const std::string& name) const;

  private:
    void add_way_to(const std::string& path);
    void add_below(const std::string& directory);

    std::map<std::string, std::set<std::string>> names_; ///< by directory
    std::set<std::string> whole_; ///< directories in which every name matters
};

} // namespace hitless::registry
