#pragma once

#include "hitless/plan/difference.hpp"

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::plan {

/// Something that a configuration gives HAProxy.
struct ObjectId {
    enum class Kind { file, section, server };
    Kind kind = Kind::server;
    std::string scope; ///< of a server, its backend; else empty
    std::string name;  ///< "web1"; of a section "backend app"; of a file its path

    friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
};

[[nodiscard]] ObjectId object_id(const ServerChange& server);
/// "app/web1", "backend app", "/etc/haproxy/haproxy.cfg".
[[nodiscard]] std::string to_string(const ObjectId& object);

/// Why no runtime command brings an object to what is wanted.
struct Cause {
    enum class Kind {
        no_file,      ///< nothing was there that HAProxy could have been started from
        new_section,  ///< the running HAProxy doesn't have it
        gone_section, ///< the running HAProxy has it
        line,         ///< a line that is no server's differs, or what it means to the servers
        no_socket,    ///< a server differs, and HAProxy can't be told
        not_added,    ///< `add server` doesn't take the server
        not_replaced, ///< it needs other options, and no new server can take its place
        not_set,      ///< the value can't be set, as a weight under a static algorithm
        undecided,    ///< only HAProxy can tell what the lines say
        number,       ///< with -exact: its `id` is not the one after a fresh start
        spare_place,  ///< it serves in a spare server's place, without -slots
        refused,      ///< HAProxy has refused the commands
        undone,       ///< the repairs of it don't last
        noted,        ///< an earlier run has noted it, in a form that says no more
    };
    Kind kind = Kind::line;
    std::string detail;        ///< for people; of `line`, the line with + or - before it
    bool since_before = false; ///< it was noted before the last start; that makes no other cause

    friend bool operator==(const Cause& one, const Cause& other) {
        return one.kind == other.kind && one.detail == other.detail;
    }
    friend std::strong_ordering operator<=>(const Cause& one, const Cause& other) {
        const auto by_kind = one.kind <=> other.kind;
        return by_kind != 0 ? by_kind : one.detail <=> other.detail;
    }
};

/// "not_added": for notes and counters.
[[nodiscard]] std::string_view to_string(Cause::Kind kind);
[[nodiscard]] std::optional<Cause::Kind> to_cause_kind(std::string_view text);

/// What only a reload can bring to what is wanted: objects, each with its causes.
class Obstacles {
  public:
    using Causes = std::vector<Cause>; ///< in the order in which they were found, each once

    void add(const ObjectId& object, Cause cause);
    void add(const Obstacles& others);
    /// The lines and sections of the difference.
    void add(const Difference& difference);

    /// Those of the object alone.
    [[nodiscard]] Obstacles of(const ObjectId& object) const;

    void erase(const ObjectId& object) { by_object_.erase(object); }
    void clear() { by_object_.clear(); }

    [[nodiscard]] bool empty() const { return by_object_.empty(); }
    [[nodiscard]] const std::map<ObjectId, Causes>& by_object() const { return by_object_; }

    friend bool operator==(const Obstacles&, const Obstacles&) = default;

  private:
    std::map<ObjectId, Causes> by_object_;
};

/// "app/web1: WHY (and 2 more)", "backend app: + balance leastconn": a text for each cause, and for
/// all servers of a backend that have the same one. Where there are more than `most`, the last text
/// is "and 7 more".
[[nodiscard]] std::vector<std::string> in_words(const Obstacles& obstacles,
                                                std::size_t most = static_cast<std::size_t>(-1));

} // namespace hitless::plan
