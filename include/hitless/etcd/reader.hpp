#pragma once

#include "hitless/base/result.hpp"
#include "hitless/etcd/settings.hpp"
#include "hitless/keys/key_tree.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace hitless::etcd {

/// A subtree of etcd as it was at one moment.
struct Snapshot {
    std::vector<keys::Entry> entries; ///< in no particular order; empty when the root isn't there
    std::uint64_t index = 0;          ///< X-Etcd-Index of the read
};

/// Reads the subtree at `root`, an absolute key, once, with quorum. Tries the nodes in order; the
/// error tells for each node what went wrong, and what to look at.
boost::asio::awaitable<Result<Snapshot>> read(Settings settings, std::string root);

} // namespace hitless::etcd
