#pragma once

#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"
#include "hitless/keys/key_tree.hpp"

#include <string>

namespace hitless::render {

/// What the resource's template makes of the keys (with their prefixes) that the resource watches.
/// As hitlessd has it, a configuration of HAProxy is free of values that could smuggle a line into
/// it, and of the `server` lines that a bad value has spoilt; what is left out is logged.
Result<std::string> render_resource(const confd::Resource& resource, const keys::KeyTree& all);

} // namespace hitless::render
