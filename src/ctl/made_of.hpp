#pragma once

#include "hitless/apply/origins.hpp"
#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"

#include <string>
#include <vector>

namespace hitless::ctl {

/// What a file is made of that is no configuration of HAProxy.
struct MadeOf {
    confd::Resource resource;
    std::vector<apply::OriginLine> lines; ///< of the file as the kept keys make it
};

/// From the notes and the keys that hitlessd keeps beside the file. The Error says why that isn't
/// known. Blocks.
Result<MadeOf> made_of_keys(const std::string& dest);

} // namespace hitless::ctl
