#pragma once

#include "hitless/plan/plan.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace hitless::apply {

/// Looks the names up that `known` lacks, side by side, and adds their addresses, in the resolver's
/// order. A name that doesn't resolve within a few seconds gets an empty list.
boost::asio::awaitable<void> resolve(std::vector<std::string> names, plan::Names& known);

} // namespace hitless::apply
