#pragma once

#include "hitless/base/result.hpp"
#include "hitless/confd/settings.hpp"

#include <iosfwd>
#include <string>

namespace hitless::render {

/// What hitless-render is asked for beside confd's settings.
struct Options {
    std::string keys;     ///< file to read the keys from, "-" for standard input; empty: etcd
    std::string resource; ///< of the resources only this one: its file's name, or its dest
    std::string out;      ///< write the result there, and nothing else
    std::string
        dump_keys;        ///< write the keys there in the format of `keys`, "-" for standard output
    int slots = 0;        ///< spare servers, as with hitlessd's -slots
    int explain = 0;      ///< print where this line of the result comes from; 0: don't
    bool origins = false; ///< print each line of the result with its keys
    bool to_stdout = false;
    bool diff = false;   ///< print how dest would change
    bool check = false;  ///< have haproxy judge the result, and bad values cost nothing of it
    bool json = false;   ///< print what would change as JSON
    bool colour = false; ///< in the output of `diff`

    /// True when results are shown, judged or written elsewhere.
    [[nodiscard]] bool shows_results() const {
        return to_stdout || diff || check || json || origins || explain != 0 || !out.empty();
    }
    /// True when dest is left alone.
    [[nodiscard]] bool only_shows() const { return shows_results() || !dump_keys.empty(); }
};

/// hitless-render's exit statuses. With `check`, a result that lacks what bad values have spoilt is
/// incomplete.
enum ExitCode { done = 0, failed = 1, usage = 2, differs = 3, incomplete = differs };

/// Renders the resources of the settings' confdir once. Errors go to the log, what was asked for to
/// `output`. Blocks.
ExitCode render(const confd::Settings& settings, const Options& options, std::ostream& output);

} // namespace hitless::render
