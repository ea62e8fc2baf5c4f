#pragma once

#include "hitless/keys/key_tree.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace hitless::etcd {

/// The largest index that etcd can have: it counts in signed numbers. Behind a larger one there
/// would soon be no next.
inline constexpr std::uint64_t most_index = INT64_MAX;

/// The lines above an answer's body.
struct Head {
    unsigned status = 0;
    std::uint64_t index =
        0;               ///< X-Etcd-Index: the store's index at the answer; 0 when it isn't told
    std::string cluster; ///< X-Etcd-Cluster-Id
};

/// Why etcd, or what is in its place, didn't do what it was asked.
struct Refusal {
    enum class Kind {
        outdated,     ///< the events asked for are no longer kept: read everything
        unavailable,  ///< this node can't just now: try another one
        unauthorized, ///< it won't until a person changes something
        misplaced,    ///< no value can be at this key: it is a directory, or lies below a value
    };
    Kind kind = Kind::unavailable;
    std::string text;        ///< for a person, without the node's name
    std::string sample = {}; ///< what it sent, which may differ each time; printable
};

/// All that there is to tell.
[[nodiscard]] inline std::string to_string(const Refusal& refusal) {
    return refusal.sample.empty() ? refusal.text : refusal.text + ": '" + refusal.sample + "'";
}

template <class T>
using Answer = boost::system::result<T, Refusal>;

/// What a subtree held at an index.
struct Reading {
    std::vector<keys::Entry> entries;
    std::uint64_t index = 0;
    std::string cluster;
    bool unclean = false; ///< there are keys that had to be cleaned; see Change
};

/// What happened at one index. Some changes are none of keys and values: only the index goes on.
struct Change {
    std::uint64_t index = 0; ///< modifiedIndex, or a revision
    std::vector<keys::Event> events;
    /// A key of it is spelt in a way that is cleaned ("/a//b"): what that means for the clean key
    /// depends on others, so only a read tells.
    bool unclean = false;
};

} // namespace hitless::etcd
