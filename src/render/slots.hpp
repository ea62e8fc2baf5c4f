#pragma once

#include "hitless/confd/resource.hpp"

#include <string>

namespace hitless::render {

/// `text` with the spare servers that `hitlessd -slots number` would write for the HAProxy that
/// runs: the one at the stats socket that the resource's destination names or, where there is none
/// yet, `text`. It is asked what it can do, which blocks; when it doesn't answer, it counts as a
/// new one. Anything but a configuration of HAProxy stays as it is.
std::string with_slots(const confd::Resource& resource, std::string text, int number);

} // namespace hitless::render
