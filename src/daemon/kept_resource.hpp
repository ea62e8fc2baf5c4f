#pragma once

#include "hitless/apply/gate.hpp"
#include "hitless/apply/key_feed.hpp"
#include "hitless/apply/live_note.hpp"
#include "hitless/apply/lookups.hpp"
#include "hitless/apply/publish.hpp"
#include "hitless/apply/session.hpp"
#include "hitless/base/file.hpp"
#include "hitless/confd/renderer.hpp"
#include "hitless/confd/resource.hpp"
#include "hitless/confd/resource_note.hpp"
#include "hitless/daemon/daemon.hpp"
#include "hitless/keys/update.hpp"

#include "daemon/complaints.hpp"
#include "daemon/holds.hpp"
#include "daemon/inbox.hpp"
#include "daemon/site.hpp"
#include "daemon/status.hpp"
#include "daemon/store_note.hpp"
#include "daemon/wake.hpp"
#include "daemon/witness.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hitless::daemon {

class Reconciler;

/// A template resource that is kept in step with the keys: what its keeper works with, and the
/// inbox into which everybody else puts what the keeper has to look at.
struct KeptResource {
    /// The resolver and the site must outlive this. `monitor`: told what happens; nullptr: nobody
    /// is.
    KeptResource(const boost::asio::any_io_executor& executor, apply::Resolver& for_names,
                 Site& all_resources, const Options& flags, confd::Resource its_resource,
                 std::unique_ptr<confd::Renderer> its_renderer, bool strict, bool is_noop,
                 monitor::Monitor* monitor = nullptr);

    /// Brings an update of a watcher into the keys of the template, if they are among those, and
    /// wakes the keeper when there is something to render.
    void take_in(const keys::Update& update);

    /// Writes the note for hitlessctl if that is to be there and isn't, unless another hitlessd
    /// holds it. Blocks, which is rare; to be called in the event loop.
    Result<void> show_note();

    /// A note beside dest may not be as its keeper has left it: Inbox::look_at_notes.
    [[nodiscard]] bool may_have_odd_notes() const;

    /// There is something to render.
    void note_changed();
    /// Another answer than the template was rendered with, or one that it waits for.
    void note_looked_up();

    /// The last rendering came to nothing, since names are being looked up; then there is another.
    [[nodiscard]] bool waits_for_names() const { return renderer->lacks_answers(); }

    const Options& options;
    apply::Resolver& resolver; ///< of all names
    Site& site;                ///< what the resources are to each other
    const apply::Rules rules;
    confd::Resource resource;
    std::unique_ptr<confd::Renderer> renderer;
    apply::KeyFeed feed;
    StoreNote store;
    apply::LiveNote live;             ///< what HAProxies have that dest doesn't say
    Status status;                    ///< what keeps this from following the keys
    Holds holds;                      ///< servers that someone holds by hand
    mutable Witness witness;          ///< sees what is done, for whoever asks over HTTP
    Reconciler* reconciler = nullptr; ///< that keeps it, if one does
    bool is_plain = false;            ///< a PlainKeeper keeps it
    std::string cut_off;              ///< why the registry can't be followed now; empty: it can
    confd::ResourceNote note;         ///< for hitlessctl
    std::string template_read;        ///< goes into the note
    bool is_template_new = false;     ///< another one than that of the last run, and not accepted
    base::Hold held_note;             ///< its file, or that of an earlier reading
    bool is_to_be_noted = false;      ///< the keys are kept, so that the note leads to something
    bool is_noted = false;            ///< by this reading
    apply::Lookups lookups;           ///< what the template asks of the DNS
    Wake wake;                        ///< the keeper waits here
    apply::PublishOptions publishing;
    bool noop;
    bool onetime = false;  ///< return when all that can be done now is done
    bool failed = false;   ///< with onetime: something was left undone
    bool stopping = false; ///< finish what is begun and return
    Inbox inbox;
    bool is_to_say_in_step = false; ///< by the PlainKeeper, when it is
    std::uint64_t changes = 0;      ///< so many times has `inbox.changed` been set
    Complaints::Told told_before;   ///< by an earlier reading of the confdir, and not over yet
    /// What an earlier reading knew of HAProxies when it ended, by their sockets.
    std::map<std::string, apply::Session::Knowledge> known_before;
};

} // namespace hitless::daemon
