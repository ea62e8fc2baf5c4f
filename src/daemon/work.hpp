#pragma once

#include "hitless/apply/gate.hpp"
#include "hitless/apply/key_feed.hpp"
#include "hitless/apply/live_note.hpp"
#include "hitless/apply/lookups.hpp"
#include "hitless/apply/publish.hpp"
#include "hitless/confd/renderer.hpp"
#include "hitless/confd/resource.hpp"
#include "hitless/confd/resource_note.hpp"
#include "hitless/daemon/daemon.hpp"

#include "daemon/complaints.hpp"
#include "daemon/holds.hpp"
#include "daemon/status.hpp"
#include "daemon/store_note.hpp"
#include "daemon/wake.hpp"
#include "daemon/witness.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hitless::daemon {

class Reconciler;

/// One template resource at work: what the watchers bring and what its keeper does with it meet
/// here.
struct Work {
    using Clock = std::chrono::steady_clock;

    Work(const boost::asio::any_io_executor& executor, apply::Resolver& off_the_loop,
         const Options& told, confd::Resource what, std::unique_ptr<confd::Renderer> how,
         bool strict, bool is_noop, monitor::Monitor* monitor)
        : options(told),
          resolver(off_the_loop),
          rules(apply::rules_of(what, strict)),
          resource(std::move(what)),
          renderer(std::move(how)),
          feed(resource.prefix, resource.watched()),
          store(resource.dest),
          live(resource.dest),
          holds(resource.dest),
          status(resource.dest, !is_noop),
          witness(monitor, resource.dest),
          lookups(executor, resolver, {.longest_pause = told.resync, .renewal = told.resync},
                  [this](const confd::Question&) { note_looked_up(); }),
          wake(executor),
          noop(is_noop) {
        if (renderer)
            renderer->answer_look_ups_by(
                [this](const confd::Question& question) { return lookups.find(question); });
    }

    /// Another answer than the template was rendered with, or one that it waits for.
    void note_looked_up() {
        const auto is_unknown = [this](const confd::Question& question) {
            return lookups.find(question) == nullptr;
        };
        if (waits_for_names() && std::ranges::any_of(renderer->questions(), is_unknown))
            return; // until all that it waits for is known
        changed = true;
        ++changes;
        wake.notify();
    }

    /// The last rendering came to nothing, since names are being looked up; then there is another.
    [[nodiscard]] bool waits_for_names() const { return renderer->lacks_answers(); }

    const Options& options;
    apply::Resolver& resolver; ///< of all names
    const apply::Rules rules;
    confd::Resource resource;
    std::unique_ptr<confd::Renderer> renderer;
    apply::KeyFeed feed;
    StoreNote store;
    apply::LiveNote live;                  ///< what HAProxies have that dest doesn't say
    Holds holds;                           ///< servers that someone holds by hand
    Status status;                         ///< what keeps this from following the keys
    mutable Witness witness;               ///< sees what is done, for whoever asks over HTTP
    Reconciler* reconciler = nullptr;      ///< that keeps it, if one does
    bool is_plain = false;                 ///< a PlainKeeper keeps it
    confd::ResourceNote note;              ///< for hitlessctl
    std::shared_ptr<const void> held_note; ///< its file, or that of an earlier reading
    apply::Lookups lookups;                ///< what the template asks of the DNS
    Wake wake;                             ///< the keeper waits here
    apply::PublishOptions publishing;
    bool is_read_by_lines = false; ///< dest is a map or a list that HAProxy reads line by line
    bool noop;
    bool onetime = false;         ///< return when all that can be done now is done
    bool failed = false;          ///< how that ended
    bool changed = false;         ///< the keys or look-ups differ from what was rendered last
    std::uint64_t changes = 0;    ///< so many updates have changed them
    bool reconcile = false;       ///< compare all with HAProxy and the disk
    bool confirmed = false;       ///< what the guard holds may go through
    bool distrusted = false;      ///< the keys come from another, empty store
    bool is_guarded = false;      ///< the guard holds a change
    bool tell_in_step = true;     ///< say once when all is in step
    std::string cut_off;          ///< why the registry can't be followed now; empty: it can
    bool stopping = false;        ///< finish what is begun and return
    Complaints::Told told_before; ///< by an earlier reading of the confdir, and not over yet
    std::vector<std::string>
        gone; ///< keys that were deleted since the last rendering, some of them
    std::optional<Clock::time_point>
        since; ///< when the oldest change not yet rendered was received
};

} // namespace hitless::daemon
