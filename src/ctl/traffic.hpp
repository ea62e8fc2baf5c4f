#pragma once

#include "hitless/apply/holds.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/stat.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::ctl {

/// What is known of a server beside HAProxy's words, so that no advice is given that would be
/// undone.
struct ServerHints {
    const apply::ManualHold* hold = nullptr;
    /// What to change so that its line is another one, and so that it has a weight: "key /a/b,
    /// which is 'c'"; empty: nobody keeps the file in step.
    std::string key;
    std::string weight_key;
    std::string name = {}; ///< BACKEND/SERVER as the keys have it, where HAProxy has another one
};

/// Why no new request goes to the server, each reason with what to do about it; none when requests
/// do go. `file`: the configuration, to tell whether anything leads to the backend; may be null.
[[nodiscard]] std::vector<std::string>
why_no_traffic(std::string_view backend, std::string_view server,
               std::span<const haproxy::StatRow> stat, const haproxy::Running& running,
               const haproxy::Config* file, const ServerHints& hints = {});

/// What the server's agent says and does to its weight; empty where no agent is asked.
[[nodiscard]] std::string agent_in_words(std::string_view backend, std::string_view server,
                                         std::span<const haproxy::StatRow> stat,
                                         const haproxy::Running& running);

/// Says that no server of the backend takes new requests; empty where one does.
[[nodiscard]] std::string why_backend_is_down(std::string_view backend,
                                              std::span<const haproxy::StatRow> stat);

} // namespace hitless::ctl
