#pragma once

#include "ctl/table.hpp"

#include <nlohmann/json.hpp>

#include <string>

/// /status of hitlessd for people. Pure; what is told isn't trusted.
namespace hitless::ctl {

/// All of it: the verdict first, what happened last at the end.
[[nodiscard]] std::string status_text(const nlohmann::ordered_json& status, Style style);

/// The HAProxies of a resource.
[[nodiscard]] Table haproxies_told(const nlohmann::ordered_json& resource,
                                   const nlohmann::ordered_json& status);

/// Its backends, those with servers that don't serve first. Where there are many, those whose
/// servers are all up are one row.
[[nodiscard]] Table backends_told(const nlohmann::ordered_json& resource);

/// Its servers that differ, wait, leave, or are held.
[[nodiscard]] Table servers_told(const nlohmann::ordered_json& resource,
                                 const nlohmann::ordered_json& status = {});

/// The last `most` changes, the newest last.
[[nodiscard]] Table changes_told(const nlohmann::ordered_json& status, std::size_t most);

/// What is said of one server beside its states: "queued: changed", "waits: …", "drained until …".
/// Times have their day, unless it is that of the status.
[[nodiscard]] std::vector<std::string> remarks_told(const nlohmann::ordered_json& server,
                                                    const nlohmann::ordered_json& status = {});

/// A number with two digits behind the point at most; anything else as it is.
[[nodiscard]] nlohmann::ordered_json rounded(const nlohmann::ordered_json& value);

/// "14:05:06", with the date where it isn't that of `status`' now; "-": it is no time.
[[nodiscard]] std::string clock_text(const nlohmann::ordered_json& status,
                                     const nlohmann::ordered_json& object, const char* name);

/// "3m12s" before `status`' now; empty: it is no time.
[[nodiscard]] std::string age_text(const nlohmann::ordered_json& status,
                                   const nlohmann::ordered_json& object, const char* name);

} // namespace hitless::ctl
