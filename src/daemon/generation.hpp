#pragma once

#include "hitless/confd/settings.hpp"
#include "hitless/daemon/daemon.hpp"
#include "hitless/registry/registry.hpp"

#include "daemon/kept_resource.hpp"
#include "daemon/site.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::daemon {

/// All that works on one reading of the confdir: a keeper for each template resource, a watcher for
/// each directory that they watch.
class Generation {
  public:
    /// Names are looked up by `resolver`, which must outlive this.
    /// `monitor`: told what happens; nullptr: nobody is.
    Generation(boost::asio::any_io_executor executor, apply::Resolver& resolver,
               const confd::Settings& settings, const Options& options,
               monitor::Monitor* monitor = nullptr);

    /// Reads the confdir. What is faulty is logged and left out; but a resource or a template that
    /// can't be read is as `before` has read it (nullptr: there is no reading before). Returns
    /// false when nothing else is left, or the nodes of etcd are misspelt.
    bool load(const Generation* before = nullptr);

    /// The first thing that load() has found faulty.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

    /// A newer reading of the confdir was not usable: tells hitlessctl why this one stays in use.
    void note_stale(const std::string& why);

    /// Takes over what the one before has told of the same files and isn't over: it has ended.
    void remember(Generation& before);

    /// Starts everything.
    void start();

    /// Reads everything again from etcd and compares it with HAProxy and the disk.
    void reconcile();

    /// Lets go through what guards hold.
    void confirm();

    /// Writes the notes for hitlessctl anew that have been replaced or removed. To be called now
    /// and then.
    void keep_notes();

    /// Lets the keepers finish what they have begun.
    void stop();

    /// Returns when all keepers have ended, and the watchers with them.
    boost::asio::awaitable<void> finished();

    /// Template resources that are kept.
    [[nodiscard]] std::size_t size() const { return resources_.size(); }

    /// What /status says of the registry and of all resources; with a monitor only.
    void describe(monitor::SiteStatus& site) const;
    /// The servers of all HAProxies, in the order of describe().
    [[nodiscard]] std::vector<monitor::Fleet> fleets() const;

    /// With -onetime: something was left undone.
    [[nodiscard]] bool failed() const;

  private:
    struct Watch {
        std::unique_ptr<registry::Watcher> watcher;
        boost::asio::cancellation_signal cancel;
    };

    void add(confd::Resource resource, const Generation* before);
    KeptResource& keep(confd::Resource resource, std::unique_ptr<confd::Renderer> renderer);
    void add_as_before(confd::Resources& resources, const Generation& before);
    bool keep_as_before(const KeptResource& old, const std::string& why);
    void expect_uses(const confd::Resources& resources, const Generation* before);
    void note_left_out(const std::vector<Error>& errors);
    void complain(const std::string& text);
    void tell_beginning() const;
    /// It is kept, but for now its template can't be used.
    [[nodiscard]] bool is_broken(const std::string& dest) const;
    void tell_of_other_hitlessd() const;
    void note_cut_off(std::string_view why);
    void spread(const keys::Update& update);
    void note_update(const keys::Update& update);
    void note_failure();
    void end_of_one();
    void stop_watching();

    boost::asio::any_io_executor executor_;
    apply::Resolver& resolver_;
    const confd::Settings& settings_;
    const Options& options_;
    monitor::Monitor* monitor_;
    std::set<std::string> read_once_;     ///< roots
    std::set<std::string> asked_to_read_; ///< roots that are read regularly
    registry::Settings registry_;
    std::string trouble_;
    std::list<Status> broken_; ///< of resources whose template can't be read
    /// Resources that are as the reading before has them, and why.
    std::vector<std::pair<KeptResource*, std::string>> as_before_;
    std::shared_ptr<base::SharedTroubles> troubles_; ///< of the watchers
    Site site_;
    std::vector<std::unique_ptr<KeptResource>> resources_;
    std::map<std::string, Watch> watches_;
    std::size_t running_ = 0; ///< coroutines
    bool stopped_watching_ = false;
    Wake ended_;
};

} // namespace hitless::daemon
