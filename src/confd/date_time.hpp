#pragma once

#include "confd/binding.hpp"

#include <ctime>
#include <string_view>

/// Go's time.Time, as far as templates use it: https://pkg.go.dev/time
namespace hitless::confd {

/// A point in time, with the clock of its zone.
struct Moment {
    std::int64_t seconds = 0; ///< since 1970, UTC
    std::int64_t nanoseconds = 0;
    std::tm clock{};         ///< in the zone
    std::int64_t offset = 0; ///< of the zone, in seconds east of UTC
    std::string zone = "UTC";
};

enum class Zone { local, utc };
[[nodiscard]] Moment make_moment(std::int64_t seconds, std::int64_t nanoseconds, Zone zone);

/// The moment in one of Go's layouts, as in "Jan 2, 2006 at 3:04pm (MST)".
[[nodiscard]] std::string format_time(const Moment& moment, std::string_view layout);

/// The value that templates see: `.Format "…"`, `.Year`, `.Month`, `.Unix`, `.UTC` and so on.
[[nodiscard]] Value make_date_time(Moment moment);

} // namespace hitless::confd
