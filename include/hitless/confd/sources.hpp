#pragma once

#include "hitless/gotemplate/trace.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hitless::confd {

/// Where a template's values come from.
struct Source {
    enum class Kind {
        key,         ///< a key of the registry: its name and its value
        directory,   ///< the name of a directory of the registry: whoever writes a key below it
        dns,         ///< an answer of the domain name system
        environment, ///< an environment variable of this process
    };
    static constexpr std::size_t kinds = 4;

    Kind kind = Kind::key;
    std::string name; ///< the key or directory as the template sees it, the name asked for, …
};

/// "key /app/servers/a", "names below /services/a", "DNS name db.internal", "environment variable
/// X"
[[nodiscard]] std::string to_string(const Source& source);

/// Gives sources the numbers that traces have. A number stays what it is as long as this object
/// lives.
class Sources {
  public:
    /// The number of a source, the same one each time.
    gotemplate::SourceId number(Source::Kind kind, std::string_view name);

    /// The source with that number, or nullptr.
    [[nodiscard]] const Source* find(gotemplate::SourceId number) const;

    [[nodiscard]] std::size_t size() const { return sources_.size(); }

  private:
    std::deque<Source> sources_;
    /// The names are those of `sources_`.
    std::array<std::unordered_map<std::string_view, gotemplate::SourceId>, Source::kinds> numbers_;
};

} // namespace hitless::confd
