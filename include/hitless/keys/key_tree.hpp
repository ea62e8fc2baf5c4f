#pragma once

#include "hitless/keys/pattern.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The mirror of the keys: what the registry holds, in memory, in order.
namespace hitless::keys {

/// A key and its value. Keys are absolute paths: "/app/servers/web1".
struct Entry {
    std::string key;
    std::string value;

    friend bool operator==(const Entry&, const Entry&) = default;
};

/// One change of the registry. Where it has directories, a key makes place for a directory of its
/// name and takes the place of one, as in etcd's v2 store.
struct Event {
    enum class Kind {
        put,    ///< the key has this value now
        remove, ///< the key, and everything below it if it was a directory, is gone
    };
    Kind kind = Kind::put;
    std::string key;
    std::string value; ///< empty for remove
    /// Nothing but this key is touched: in a registry without directories a key may lie below
    /// another one.
    bool exact = false;

    friend bool operator==(const Event&, const Event&) = default;
};

/// Keys and values ordered by key. Directories are implied by the keys below them; an empty
/// directory does not exist here, as in confd. Lookups cost O(log n) and what they return.
class KeyTree {
  public:
    /// Key → value in byte order of the keys.
    using Map = std::map<std::string, std::string, std::less<>>;

    KeyTree() = default;
    KeyTree(const KeyTree&) = default;
    KeyTree(KeyTree&&) = default;
    /// Revisions that were asked for would be of another tree.
    KeyTree& operator=(const KeyTree&) = delete;

    /// Applies one event. Unless that is exact, a put over a directory removes what was below, and
    /// a put below a plain key removes that key. Returns true when something changed.
    bool apply(const Event& event);

    /// Makes the subtree at `root` (that key and all below; "/" is everything) hold exactly
    /// `entries`, and returns the events that lead there, exact ones: removals first, then puts,
    /// each in key order.
    std::vector<Event> replace(std::string_view root, const std::vector<Entry>& entries);

    /// The value of a key, or nullptr. Valid until the tree changes.
    [[nodiscard]] const std::string* find(std::string_view key) const;

    /// The keys that match a shell pattern in which `*` and `?` do not cross `/` (Go's path.Match),
    /// in byte order. A pattern without wildcards matches that key. A malformed pattern matches
    /// nothing.
    [[nodiscard]] std::vector<Map::const_iterator> match(std::string_view pattern) const;
    [[nodiscard]] std::vector<Map::const_iterator> match(const Pattern& pattern) const;

    /// The next path element of each key below the directory, sorted, each once. The name of a
    /// plain key for the key itself. (confd's `ls`.)
    [[nodiscard]] std::vector<std::string> children(std::string_view directory) const;

    /// Those of children() that have something below them. (confd's `lsdir`.)
    [[nodiscard]] std::vector<std::string> directories(std::string_view directory) const;

    /// Grows with every change.
    [[nodiscard]] std::uint64_t revision() const { return forgotten_ + changed_.size(); }

    /// The revision since which no key has come or gone: only values have changed.
    [[nodiscard]] std::uint64_t keys_revision() const { return keys_revision_; }

    /// The keys that were put, got another value or went since that revision of this tree, oldest
    /// change first, some of them more than once; nullopt when that isn't known any more. Valid
    /// until the tree changes.
    [[nodiscard]] std::optional<std::span<const std::string>>
    changed_since(std::uint64_t revision) const;

    [[nodiscard]] const Map& entries() const { return entries_; }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    bool apply_exact(const Event& event);
    bool apply_tree(const Event& event);
    bool remove(std::string_view key);
    void note(const std::string& key);

    Map entries_;
    std::vector<std::string> changed_; ///< the last changes
    std::uint64_t forgotten_ = 0;      ///< so many were before them
    std::uint64_t keys_revision_ = 0;
};

/// `path` with one leading slash, no trailing slash and no empty or `.`/`..` elements (Go's
/// path.Clean of an absolute path); "/" for the root.
[[nodiscard]] std::string clean(std::string_view path);

/// True when `key` is `root` or below it. Both are clean.
[[nodiscard]] bool is_within(std::string_view key, std::string_view root);

} // namespace hitless::keys
