#pragma once

#include "http/asset.hpp"

#include <span>

/// The page of hitlessd: the files of this folder, built into the program.
namespace hitless::page {

[[nodiscard]] std::span<const http::Asset> assets();

} // namespace hitless::page
