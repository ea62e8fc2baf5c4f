#pragma once

#include "hitless/base/result.hpp"
#include "hitless/etcd/claim.hpp"

#include <map>
#include <string>
#include <string_view>

namespace hitless::registration::docker {

/// The keys that we hold, with what tells them from another's: a later run takes these over, or
/// removes them when their containers have gone.
using Note = std::map<std::string, etcd::Holding>;

[[nodiscard]] std::string to_text(const Note& note);
Result<Note> parse_note(std::string_view text);

/// Empty when there is no such file.
Result<Note> read_note(const std::string& path);
Result<void> write_note(const std::string& path, const Note& note);

} // namespace hitless::registration::docker
