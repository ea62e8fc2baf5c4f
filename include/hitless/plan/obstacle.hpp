#pragma once

#include "hitless/plan/difference.hpp"
#include "hitless/plan/object.hpp"

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::plan {

/// Why no runtime command can bring an object to what is wanted. Each kind has its name, and
/// perhaps words of its own, in obstacle.cpp.
struct Cause {
    enum class Kind {
        no_file,      ///< nothing was there that HAProxy could have been started from
        new_section,  ///< the section is wanted, and the running HAProxy doesn't have it
        gone_section, ///< the running HAProxy has the section, and it isn't wanted any more
        line, ///< a line differs that is no server's; or, in words, all servers of a section
        needs_section, ///< it belongs to a section that comes with a reload
        no_socket,     ///< a server differs, and there is no socket for commands
        not_added,     ///< `add server` can't make the server
        not_replaced,  ///< it needs other options, and no new server can take its place
        not_set,       ///< no command can set the value, such as a weight under a static algorithm
        undecided,     ///< only HAProxy can tell what the lines mean (`.if`)
        number,        ///< with -exact: its `id` is not the one after a fresh start
        spare_place,   ///< it serves in a spare server's place, and -slots is off
        refused,       ///< HAProxy has refused the commands
        undone,        ///< it was repaired several times, and each time HAProxy differed again
        file_changed, ///< HAProxy reads the file only when it starts, and it was written since then
        noted,        ///< an earlier run has noted a reload; only its words are left
    };
    Kind kind = Kind::line;
    std::string detail;        ///< for people; of `line`, the line with + or - before it
    bool since_before = false; ///< an earlier run has noted it; == and <=> don't look at this

    friend bool operator==(const Cause& one, const Cause& other) {
        return one.kind == other.kind && one.detail == other.detail;
    }
    friend std::strong_ordering operator<=>(const Cause& one, const Cause& other) {
        const auto by_kind = one.kind <=> other.kind;
        return by_kind != 0 ? by_kind : one.detail <=> other.detail;
    }
};

/// "not_added": the name in notes and counters. A note with a name that isn't known is read as
/// `noted`.
[[nodiscard]] std::string_view to_string(Cause::Kind kind);
[[nodiscard]] std::optional<Cause::Kind> to_cause_kind(std::string_view text);

/// What only a reload can bring to what is wanted: objects, each with its causes.
class Obstacles {
  public:
    using Causes = std::vector<Cause>; ///< in the order in which they were found, each once

    void add(const ObjectId& object, Cause cause);
    void add(const Obstacles& others);
    /// Lines that no command can bring about.
    void add(std::span<const LineChange> lines);

    /// Those of this object only.
    [[nodiscard]] Obstacles of(const ObjectId& object) const;

    void erase(const ObjectId& object) { by_object_.erase(object); }
    void clear() { by_object_.clear(); }

    [[nodiscard]] bool empty() const { return by_object_.empty(); }
    [[nodiscard]] const std::map<ObjectId, Causes>& by_object() const { return by_object_; }

    friend bool operator==(const Obstacles&, const Obstacles&) = default;

  private:
    std::map<ObjectId, Causes> by_object_;
};

/// What in_words() adds where an earlier run has noted the cause.
inline constexpr std::string_view owed_since_before =
    " (owed since before the last start or SIGHUP)";

/// "app/web1: WHY (and 2 more)", "backend app: + balance leastconn": a text for each cause, and for
/// all servers of a backend that have the same one. Where there are more than `most`, the last text
/// is "and 7 more".
[[nodiscard]] std::vector<std::string> in_words(const Obstacles& obstacles,
                                                std::size_t most = static_cast<std::size_t>(-1));

} // namespace hitless::plan
