#pragma once

#include "hitless/confd/resource.hpp"
#include "hitless/confd/settings.hpp"
#include "hitless/keys/key_tree.hpp"
#include "hitless/render/render.hpp"

#include <string>
#include <vector>

namespace hitless::render {

/// All keys that the resources watch, with their prefixes: from the file that the options name, or
/// from etcd.
Result<keys::KeyTree> read_keys(const confd::Settings& settings, const Options& options,
                                const std::vector<confd::Resource>& resources);

/// The file in which hitlessd keeps the last keys of one of the resources, for when etcd is gone.
/// Empty: there is none that can be read.
std::string kept_keys_of(const std::vector<confd::Resource>& resources);

} // namespace hitless::render
