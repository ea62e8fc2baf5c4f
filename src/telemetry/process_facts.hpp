#pragma once

namespace hitless::telemetry {

/// What the kernel says of this process.
struct ProcessFacts {
    double cpu_seconds = 0;
    double resident_bytes = 0;
    double virtual_bytes = 0;
    double open_fds = 0;
    double most_fds = 0;
};

[[nodiscard]] ProcessFacts process_facts();

/// In seconds since 1970.
[[nodiscard]] double start_of_process();

} // namespace hitless::telemetry
