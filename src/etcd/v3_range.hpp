#pragma once

#include "hitless/keys/key_tree.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::etcd::v3 {

/// The answer to a range request.
struct Range {
    std::string cluster;
    std::uint64_t revision = 0;
    std::vector<keys::Entry> entries; ///< as they are in the store, in the order of the answer
};

/// Reads `{"header":{…},"kvs":[{"key":…,"value":…},…],"count":…}` without building a document
/// first. False when it isn't JSON of that shape and whole, with a header and all keys that it
/// counts: a faulty answer must not be taken for an empty range.
bool parse_range_body(std::string_view json, Range& range);

} // namespace hitless::etcd::v3
