#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace hitless::ctl {

/// hitlessctl's exit statuses.
enum ExitCode {
    done = 0,
    failed = 1,      ///< HAProxy refused something, or an answer makes no sense
    usage = 2,       ///< the command line makes no sense
    differs = 3,     ///< `diff`, `explain`, `status` or `verify` found a difference
    unreachable = 4, ///< HAProxy can't be reached
    nothing = 5,     ///< no server, backend or the like has that name
};

enum class Format { table, json, csv };

/// What the flags say. Each command has those that mean something to it.
struct Options {
    std::vector<std::string> sockets; ///< stats sockets: paths, abns@NAME or HOST:PORT
    std::string config;               ///< haproxy.cfg
    std::string master;               ///< master CLI
    std::string worker;               ///< 1, or !PID; with `master`
    std::chrono::milliseconds timeout{5'000};

    bool json = false;
    bool csv = false;
    std::string colour = "auto"; ///< auto, always or never
    std::string sort;            ///< a column's key; with a dash before it: falling
    std::string states;          ///< comma-separated words
    std::string watch;           ///< seconds between repetitions; empty: once

    std::string http; ///< where hitlessd listens; empty: where it usually does

    bool dry_run = false;
    bool commands = false; ///< of `diff`: print them
    bool force = false;
    std::chrono::milliseconds wait{60'000}; ///< of `del`, for connections; of `verify`, for checks
    std::chrono::milliseconds hold{};       ///< how long hitlessd leaves it so; 0: it doesn't
    std::string because;                    ///< why, for others
    bool lift = false;                      ///< of `holds`
    int days = 14;                          ///< of `certs`
    bool yes = false;
    bool timing = false;

    /// Flags of confd, as they were given, for what reads the keys and the template.
    std::vector<std::string> confd;
    std::string resource;

    [[nodiscard]] Format format() const {
        if (json)
            return Format::json;
        return csv ? Format::csv : Format::table;
    }
};

} // namespace hitless::ctl
