#pragma once

#include "hitless/plan/obstacle.hpp"

#include "telemetry/json.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::monitor {

using telemetry::Json;
using telemetry::Time;

/// Something that happened, for /status and /events. All texts are public
/// (telemetry/public_text.hpp).
struct Change {
    std::uint64_t id = 0; ///< given by Changes
    Time time;
    std::string resource; ///< dest
    std::string haproxy;  ///< its socket; empty: it is about none
    std::string kind = "server";
    std::string scope; ///< of a server its backend
    std::string name;
    std::string action; ///< "add", "reload"…: see docs/monitoring.md
    std::string detail;
    std::vector<std::string> keys;
    std::vector<std::string> commands;
    std::string result = "done"; ///< or "refused", "failed"
    std::string message;
    struct Phases {
        std::optional<double> render, plan, commands, read_back, file;
    } phases_ms;
    std::optional<double> total_ms; ///< from the event on
};

[[nodiscard]] std::string to_json(const Change& change);
/// The event `phases`: how long the phases of these have taken, as far as it is known now.
[[nodiscard]] std::string phases_event(std::span<const Change* const> changes);

/// The last changes. Pure.
class Changes {
  public:
    static constexpr std::size_t most = 200;
    using Listener = std::function<void(const Change&)>;

    /// Ids go on from the start of the process, in milliseconds since 1970: so they go on rising
    /// over restarts, unless there are a thousand changes a second, and one of an earlier process
    /// is known for that.
    explicit Changes(Time start);

    /// Returns its id.
    std::uint64_t add(Change change);
    /// Fills in what is known only later. Those that are not kept any more are passed over.
    void amend(std::span<const std::uint64_t> ids, const std::function<void(Change&)>& how);
    /// Called for each change that is added.
    void when_added(Listener listener) { listener_ = std::move(listener); }
    /// Called with all that were amended at once.
    using Amended = std::function<void(std::span<const Change* const>)>;
    void when_amended(Amended listener) { amended_ = std::move(listener); }

    [[nodiscard]] const std::deque<Change>& all() const { return changes_; }

    /// What a client has missed that knows the changes up to `id`.
    struct Missed {
        bool is_gap = false; ///< some are not here any more, or `id` is another process's
        std::vector<const Change*> changes;
    };
    /// `id`: as the client sends it; empty: it knows nothing, and gets nothing of the past.
    [[nodiscard]] Missed after(std::string_view id) const;

  private:
    std::deque<Change> changes_;
    std::uint64_t first_;
    std::uint64_t next_;
    Listener listener_;
    Amended amended_;
};

} // namespace hitless::monitor
