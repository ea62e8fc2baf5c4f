#pragma once

#include "hitless/apply/publish.hpp"
#include "hitless/apply/session.hpp"
#include "hitless/apply/vet.hpp"
#include "hitless/base/result.hpp"
#include "hitless/plan/plan.hpp"

#include "monitor/monitor.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace hitless::daemon {

/// Sees what happens to one resource: counts it in the monitor, and remembers what /status and
/// /events have to say of it. Without -http there is no monitor, and each call returns at once.
class Witness {
  public:
    using Clock = std::chrono::steady_clock;
    enum class Phase { plan, commands };

    Witness(monitor::Monitor* monitor, std::string dest)
        : monitor_(monitor), dest_(std::move(dest)) {}

    [[nodiscard]] bool is_on() const { return monitor_ != nullptr; }

    // The template
    void rendered(const apply::Vetter::Vetted& vetted, const apply::Vetter& vetter,
                  Clock::duration took);
    /// `waits`: for names that are being looked up.
    void not_rendered(bool waits);
    /// What a guard holds now.
    void held(const std::vector<std::string>& changes);

    /// A file that is no configuration of HAProxy.
    void rendered_other();

    // The file, and the reload
    /// The file is about to be checked and written.
    void publishes();
    void published(const Result<apply::Published>& published, const std::string& refusal,
                   Clock::duration took);
    /// `failure`: empty where it has succeeded.
    void reloaded(const plan::Obstacles& why, Clock::duration took, const std::string& failure);

    // A HAProxy, by its socket
    void met(const std::string& socket, const haproxy::Info& info, bool is_ours);
    void lost(const std::string& socket, const std::string& why);
    void took(Phase phase, Clock::duration time);
    /// What was done there before is read back now.
    void read_back(const std::string& socket, Clock::duration took);
    void planned(const std::string& socket, std::span<const plan::ObjectId> objects,
                 const plan::Plan& plan);
    void repairs(const plan::Step& step);
    void done(const std::string& socket, const plan::Step& step,
              std::optional<Clock::time_point> since);
    void refused(const std::string& socket, const plan::Refusal& refusal);
    void removed(const std::string& socket, const apply::Removal& removal);

    // What is remembered, for /status

    struct Haproxy {
        std::map<plan::ServerId, std::string> waits; ///< for what
        std::map<plan::ServerId, monitor::Time> leaving_since;
        std::vector<std::uint64_t> unread; ///< changes that were not read back yet
    };
    [[nodiscard]] const Haproxy& of(const std::string& socket) const;
    /// The key that has made each server's line. It stays as it is: the next keys are another map.
    [[nodiscard]] std::shared_ptr<const monitor::KeysOfServers> keys() const { return keys_; }
    /// The facts that nobody else keeps.
    void describe(monitor::ResourceStatus& resource) const;
    /// It has been as it is wanted. That is for ever: what comes later doesn't make it unready.
    void note_ready() { is_ready_ = true; }
    [[nodiscard]] bool is_ready() const { return is_ready_; }
    /// All that has arrived is in the HAProxies and on disk.
    void note_in_step();
    /// Whether a reload is owed now.
    void owes(bool is_owed);

  private:
    [[nodiscard]] monitor::Change change(std::string_view action,
                                         const plan::ObjectId& object) const;
    [[nodiscard]] monitor::Change change_of_file(std::string_view action) const;
    void note_keys(const apply::Vetter::Vetted& vetted, const apply::Rules& rules);

    monitor::Monitor* monitor_;
    std::string dest_;
    bool is_ready_ = false;
    std::shared_ptr<monitor::KeysOfServers> keys_ = std::make_shared<monitor::KeysOfServers>();
    std::map<std::string, Haproxy> haproxies_;
    std::set<plan::ObjectId> repairing_;
    monitor::Change::Phases phases_;         ///< of what is being done
    std::vector<std::uint64_t> unwritten_;   ///< changes that the file on disk doesn't have yet
    std::vector<std::uint64_t> written_now_; ///< those of them that it is about to get
    std::uint64_t applied_index_ = 0;
    std::optional<monitor::Time> rendered_;
    std::optional<monitor::Time> written_;
    std::string check_refused_;
    std::size_t held_ = 0;
    std::optional<monitor::Time> owed_since_;
    std::optional<monitor::LastReload> last_reload_;
};

} // namespace hitless::daemon
