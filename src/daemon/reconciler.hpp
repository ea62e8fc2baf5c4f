#pragma once

#include "hitless/apply/vet.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/plan/difference.hpp"

#include "converge/one_configuration.hpp"
#include "daemon/complaints.hpp"
#include "daemon/file_keeper.hpp"
#include "daemon/haproxies.hpp"
#include "daemon/keeper_end.hpp"
#include "daemon/kept_resource.hpp"
#include "daemon/names_in_file.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hitless::daemon {

/// Keeps HAProxy, and its configuration file, in step with the keys: does what
/// converge::OneConfiguration decides. It renders and vets, and hands what is wanted to the
/// HAProxies and to the FileKeeper, which writes and reloads.
class Reconciler {
  public:
    Reconciler(const boost::asio::any_io_executor& executor, KeptResource& kept);

    /// Runs until `kept.stopping`, or until the template makes another kind of file. Once.
    boost::asio::awaitable<KeeperEnd> run();

    // For /status (reconciler_status.cpp)
    void describe(monitor::ResourceStatus& status) const;
    [[nodiscard]] std::vector<monitor::Fleet> fleets() const { return haproxies_.fleets(); }
    [[nodiscard]] bool is_verified();
    [[nodiscard]] bool in_step();

  private:
    using Machine = converge::OneConfiguration;
    using Clock = Machine::Clock;

    FileKeeper::Owner owner();
    [[nodiscard]] std::string address_of(const plan::ServerId& server) const;
    void take_in();
    [[nodiscard]] converge::Progress progress();

    // The machine's steps
    boost::asio::awaitable<bool> do_step();
    void forget_live_note();
    void do_at_once(const Machine::Step& step);
    boost::asio::awaitable<void> gather(Clock::time_point until);
    void read_file();
    boost::asio::awaitable<void> render();
    [[nodiscard]] std::optional<apply::Vetter::Vetted> vet();
    /// What becomes of a rendering of a template that is another one than before.
    enum class Verdict { accepted, without_values, refused };
    boost::asio::awaitable<Verdict> try_out(haproxy::Config config, bool may_leave_out);
    [[nodiscard]] bool makes_another_kind() const;
    void tell_haproxies(const Machine::TellHaproxies& wanted);
    void compare_all();
    void connect(const Machine::Connect& wanted);
    void tell_file(const Machine::TellFile& wanted);
    bool tell_files();
    void stop_haproxies();
    void end(bool is_cut_off);

    Result<haproxy::Config> load_file();
    Result<HaproxyKeeper::Start> started_from(const haproxy::Info& process);
    void note_untold(const haproxy::Config& config);
    void note_reloaded(const haproxy::Config& config);
    [[nodiscard]] std::map<plan::ServerId, std::string> sources_of_servers() const;
    bool leave_out_refused(const haproxy::Config& config, const apply::Published& refused);
    [[nodiscard]] plan::Obstacles obstacles();

    // What it tells (reconciler_log.cpp)
    void say_in_step() const;
    void tell_rendered(const Machine::TellHaproxies& wanted) const;
    void complain_of_socket(const Machine::Connect& wanted);
    void show_noop(const haproxy::Config& file);

    boost::asio::any_io_executor executor_;
    KeptResource& kept_;
    Complaints complaints_;
    apply::Vetter vetter_;
    FileKeeper file_keeper_;
    Machine machine_;
    Haproxies haproxies_;
    NamesInFile names_;
    std::shared_ptr<const confd::Rendering> rendering_; ///< the last one, and its text
    haproxy::Config rendered_;
    bool are_files_new_ = false; ///< those that the HAProxies can have live
    std::optional<Clock::time_point> files_since_;
    std::vector<Inbox::UsedFile> written_files_; ///< it isn't decided who reloads for them
    bool is_of_other_kind_ = false;              ///< so that another keeper is to follow
    std::vector<std::string> deleted_keys_;      ///< since the last rendering, some of them
    std::vector<std::string> last_noop_;         ///< what -noop has told last
};

} // namespace hitless::daemon
