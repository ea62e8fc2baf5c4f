#pragma once

#include "hitless/keys/key_tree.hpp"

#include <string_view>
#include <vector>

namespace hitless::etcd::v2 {

/// Appends the plain keys of `{"action":"get","node":{…}}` to `entries`, without building a
/// document first: a tree of 10,000 keys would take ten times its size. False when it isn't JSON of
/// that shape.
bool parse_tree(std::string_view json, std::vector<keys::Entry>& entries);

} // namespace hitless::etcd::v2
