#pragma once

#include "hitless/base/result.hpp"
#include "hitless/confd/resource.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::apply {

/// How dest files are written: confd's flags.
struct PublishOptions {
    bool sync_only = false;                    ///< neither check_cmd nor reload_cmd
    bool keep_stage_file = false;              ///< unless it takes dest's place
    bool noop = false;                         ///< leave dest as it is, and run nothing
    bool check_current = false;                ///< run check_cmd also where dest is as wanted
    std::vector<std::string> environment = {}; ///< of check_cmd, besides our own: NAME=VALUE
    /// Called before dest becomes another file, in another thread. An Error: dest stays as it is.
    std::function<Result<void>()> about_to_write = {};
};

/// What publish() did.
struct Published {
    enum class Kind {
        unchanged, ///< dest had this content and these access rights
        written,
        refused,      ///< check_cmd said no; `reason` has its output
        would_change, ///< dest differs, and `noop` was asked for
    };
    Kind kind = Kind::unchanged;
    std::string reason;
    std::string checked_file; ///< the file that check_cmd has refused, as its messages name it
    /// How long check_cmd took; nullopt: it was not run, or there is none.
    std::optional<std::chrono::steady_clock::duration> check_took = {};
};

/// Brings a resource's dest to `text`: written beside it, checked by check_cmd, renamed over it. An
/// Error: the file can't be written, or check_cmd can't be run. Only a mount point is half a file
/// for a moment (base/in_place.hpp).
boost::asio::awaitable<Result<Published>> publish(const confd::Resource& resource,
                                                  std::string_view text, PublishOptions options);

/// Has check_cmd look at the text, and leaves dest as it is. Kind::refused: as publish() says it;
/// another kind: it accepts, or there is none. An Error: it can't be run.
boost::asio::awaitable<Result<Published>> try_out(const confd::Resource& resource,
                                                  std::string_view text, PublishOptions options);

} // namespace hitless::apply
