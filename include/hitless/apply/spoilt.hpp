#pragma once

#include <memory>
#include <string>

namespace hitless::apply {

/// What a bad value has spoilt, and is left out.
struct Spoilt {
    std::string source;  ///< who is to blame: "key /app/servers/a"
    std::string what;    ///< what is missing: "server app/a", or "what app.tmpl, line 7, makes"
    std::string message; ///< what is wrong, where, and what to do
    // Of a `server` line only:
    std::string backend;
    std::string server;
    std::string line;
    /// The template doesn't see the key at all, so that any line may be another than the key says.
    bool is_hidden = false;
};
using SpoiltPtr = std::shared_ptr<const Spoilt>;

/// The key that is to blame, "/app/servers/a"; the source itself where that is no key.
[[nodiscard]] std::string key_of(const Spoilt& spoilt);

} // namespace hitless::apply
