#pragma once

#include "hitless/haproxy/config.hpp"

#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace hitless::plan {

/// The servers that a `server-template PREFIX NUMBER|RANGE …` line makes.
struct TemplateNames {
    std::string prefix;
    long first = 1;
    long last = 0;
    int line = 0;         ///< its number
    bool unknown = false; ///< an environment variable stands in its prefix or in its range

    [[nodiscard]] bool contains(std::string_view name) const;
};

std::vector<TemplateNames> template_names(const haproxy::Section& section);

/// The names of the servers of a section: those of its `server` lines, and those that its
/// `server-template` lines make.
class DeclaredNames {
  public:
    /// The section must outlive this.
    explicit DeclaredNames(const haproxy::Section& section);

    /// A `server` line has the name, within `.if` or not.
    [[nodiscard]] bool has_line(std::string_view name) const {
        return lines_.contains(name) || others_.contains(name);
    }

    /// A server of this name may come from one of the lines. Where an environment variable decides
    /// over names, which only HAProxy knows, any name but a stand-in's may.
    [[nodiscard]] bool may_make(std::string_view name) const;

  private:
    void note_other(std::string_view line);

    std::unordered_set<std::string_view> lines_;
    std::set<std::string, std::less<>> others_; ///< of `server` lines among the settings
    std::vector<TemplateNames> templates_;
    bool any_unknown_ = false;
};

} // namespace hitless::plan
