#pragma once

#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace hitless::confd {

struct SyncOptions {
    bool noop = false;                       ///< change nothing
    bool sync_only = false;                  ///< run neither check_cmd nor reload_cmd
    bool keep_stage_file = false;            ///< leave the temporary file
    std::chrono::milliseconds limit{60'000}; ///< for each command
};

enum class Synced { unchanged, would_change, changed };

/// Brings the resource's destination to `content` as confd does: when content, mode or owner
/// differ, the file is staged, checked with check_cmd, put in place, and reload_cmd runs. An Error
/// of the reload leaves the new file in place.
boost::asio::awaitable<Result<Synced>> sync(const Resource& resource, const std::string& content,
                                            SyncOptions options);

} // namespace hitless::confd
