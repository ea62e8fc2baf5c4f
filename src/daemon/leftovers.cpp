#include "daemon/leftovers.hpp"

#include "hitless/apply/holds.hpp"
#include "hitless/apply/status_note.hpp"
#include "hitless/base/file.hpp"
#include "hitless/keys/keys_file.hpp"

#include "base/in_place.hpp"

#include <spdlog/spdlog.h>

namespace hitless::daemon {

void clean_up(const std::string& dest) {
    const auto finished = base::finish_in_place(dest);
    if (!finished)
        spdlog::error("can't finish what a hitlessd that was killed has begun to write: {}",
                      finished.error().message);
    else if (*finished)
        spdlog::warn("{} may have been half a file, since a hitlessd was killed while it wrote it "
                     "in place; it is whole now, as that one wanted it",
                     dest);
    for (const std::string& file :
         {dest, base::companion_path(dest, keys::dump_suffix),
          base::companion_path(dest, "store.json"), base::companion_path(dest, "resource.json"),
          apply::status_path(dest), apply::follow_path(dest), apply::holds_path(dest)}) {
        for (const std::string& left : base::remove_abandoned(file))
            spdlog::info("removed the unfinished file {} of a hitlessd that was killed", left);
    }
}

} // namespace hitless::daemon
