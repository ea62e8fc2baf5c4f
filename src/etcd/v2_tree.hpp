#pragma once

#include "hitless/keys/key_tree.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace hitless::etcd::v2 {

/// Appends the plain keys of `{"action":"get","node":{…}}`, the answer about `root` at `index`, to
/// `entries`, without building a document first: a tree of 10,000 keys would take ten times its
/// size. False when it isn't an answer about that key: no action, another key, a node that is
/// neither a directory nor a plain key, a key that doesn't lie in its directory or is newer than
/// the answer, members of a wrong type or twice. A faulty answer must not be taken for an empty
/// directory.
bool parse_tree(std::string_view root, std::uint64_t index, std::string_view json,
                std::vector<keys::Entry>& entries);

} // namespace hitless::etcd::v2
