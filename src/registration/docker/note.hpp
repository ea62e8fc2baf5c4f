#pragma once

#include "hitless/base/file.hpp"
#include "hitless/base/result.hpp"
#include "hitless/etcd/claim.hpp"

#include <map>
#include <string>
#include <string_view>

namespace hitless::registration::docker {

/// What a later run should know.
struct Note {
    struct Key {
        etcd::Holding holding; ///< what tells it from another's
        std::string container; ///< the id of the one that has it
    };
    /// What we hold: a later run takes these over, or removes them when their containers have gone.
    std::map<std::string, Key> keys;
    /// Containers that were told to end, by ids, and when each was started: they get no key until
    /// they are started anew.
    std::map<std::string, std::string> ending;
};

[[nodiscard]] std::string to_text(const Note& note);
Result<Note> parse_note(std::string_view text);

/// Empty when there is no such file.
Result<Note> read_note(const std::string& path);
/// As long as the result is kept, others know that the note is in use. `before` has shown that
/// until now.
Result<base::Hold> write_note(const std::string& path, const Note& note,
                              const base::Hold& before = nullptr);

} // namespace hitless::registration::docker
