#pragma once

#include "hitless/apply/origins.hpp"
#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hitless::ctl {

/// What a file is made of that is no configuration of HAProxy.
struct MadeOf {
    confd::Resource resource;
    std::vector<apply::OriginLine> lines; ///< of the file as the kept keys make it
};

struct LookAtTemplate {
    Result<MadeOf> made_of; ///< the Error says why that isn't known
    /// What is wrong with the template resource of the file, or with its template, as they are on
    /// disk now; nullopt: nothing, or nobody can tell.
    std::optional<std::string> trouble = {};
};

/// Renders the template once, from the notes and the keys that hitlessd keeps beside the file.
/// Blocks.
[[nodiscard]] LookAtTemplate look_at_template(const std::string& dest);

} // namespace hitless::ctl
