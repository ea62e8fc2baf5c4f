#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/address.hpp"
#include "hitless/haproxy/server_options.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::haproxy {

/// What a running HAProxy says of itself: `show info`.
struct Info {
    std::string version; ///< "2.6.12-1+deb12u1"
    int major = 0;
    int minor = 0;
    long pid = 0;
    long uptime_seconds = 0;
    long start_seconds = 0;        ///< since 1970; 0 where HAProxy doesn't say (before 2.4)
    long max_connections = 0;      ///< "Maxconn"
    long hard_max_connections = 0; ///< "Hard_maxconn": what it was started for
    bool stopping = false;         ///< an old process that only finishes its connections
    /// The options that `add server help` lists, sorted; empty where there is no such command
    /// (before 3.2), or when nobody has asked.
    std::vector<std::string> server_keywords;

    /// True when `later`, an answer of the same socket, is of the same process. Its pid alone
    /// doesn't tell: in a container the next process often has that of the one before.
    [[nodiscard]] bool is_same_process(const Info& later) const {
        return later.pid == pid && later.start_seconds == start_seconds &&
               later.uptime_seconds >= uptime_seconds;
    }

    [[nodiscard]] bool at_least(int wanted_major, int wanted_minor) const {
        return major != wanted_major ? major > wanted_major : minor >= wanted_minor;
    }
};

/// Parses the answer to `show info`.
Result<Info> parse_info(std::string_view text);

/// Parses the answer to `add server help`: empty when it isn't such a list.
[[nodiscard]] std::vector<std::string> parse_server_keywords(std::string_view text);

/// A server as the running HAProxy has it: one line of `show servers state` (management.txt, 9.3).
struct RunningServer {
    std::string address; ///< "-" when it has none (a name not resolved, a Unix socket)
    std::uint16_t port = 0;
    std::string fqdn;         ///< the name it was resolved from, or empty
    int operational = 0;      ///< 0 stopped, 1 starting, 2 running, 3 stopping
    unsigned admin_state = 0; ///< bits below
    int weight = 1;           ///< the one in force (srv_uweight)
    int initial_weight = 1;   ///< the one of the file (srv_iweight)
    unsigned check_state = 0; ///< bits below
    unsigned agent_state = 0;
    int check_result = 0;     ///< of the last health check; see below
    long id = 0;              ///< its number in the backend; 0: not known
    std::size_t position = 0; ///< how many of the backend's servers come before it

    // What HAProxy doesn't tell; noted when it was configured, added or changed:
    std::shared_ptr<const ServerOptions> options; ///< as configured or added; null when not known
    std::optional<bool> disabled; ///< as configured, added or last brought to; nullopt: not known
    bool leaving = false; ///< put into maintenance to be deleted when its connections have ended
    bool of_file = false; ///< HAProxy has read it from its file, or the file has its line by now
    bool stays = false;   ///< it isn't deleted when it leaves: HAProxy can't, or it is a spare one
    /// HAProxy refuses to delete it, since other lines pointed to it when it was started.
    bool pinned = false;
    std::string address_text; ///< the address as its line has it; empty when not known
    std::string serves;       ///< of a spare server: the server whose place it has (plan/slots.hpp)

    static constexpr unsigned forced_maintenance = 0x01;
    static constexpr unsigned inherited_maintenance = 0x02; ///< from the server it tracks
    /// Its line says `disabled`. The bit stays when the server is made ready: it says nothing of
    /// the server's present state.
    static constexpr unsigned maintenance_of_file = 0x04;
    static constexpr unsigned forced_drain = 0x08;
    static constexpr unsigned maintenance_of_resolution = 0x20; ///< its name has no address
    static constexpr unsigned check_configured = 0x02;
    static constexpr unsigned check_enabled = 0x04;
    static constexpr int check_passed = 3; ///< CHK_RES_PASSED; 4 is a pass with a condition

    /// In maintenance by its line or by command.
    [[nodiscard]] bool in_maintenance() const { return (admin_state & forced_maintenance) != 0; }
    [[nodiscard]] bool draining() const { return (admin_state & forced_drain) != 0; }
    /// Its health check passed the last time.
    [[nodiscard]] bool passed_check() const { return check_result >= check_passed; }
    /// Its health check runs.
    [[nodiscard]] bool is_checked() const {
        return (check_state & check_enabled) != 0 && (check_state & check_configured) != 0;
    }
    /// Its agent is asked.
    [[nodiscard]] bool is_asked() const {
        return (agent_state & check_enabled) != 0 && (agent_state & check_configured) != 0;
    }
    /// In maintenance until the server that it tracks is ready, or until its name has an address.
    [[nodiscard]] bool awaits_another() const {
        return (admin_state & (inherited_maintenance | maintenance_of_resolution)) != 0;
    }
    /// New requests may go to it.
    [[nodiscard]] bool takes_traffic() const {
        return operational != 0 && weight > 0 && !in_maintenance() && !draining() &&
               !awaits_another();
    }
};

/// The servers of the running HAProxy: backend → server name → server.
using RunningBackend = std::map<std::string, RunningServer, std::less<>>;
using Running = std::map<std::string, RunningBackend, std::less<>>;

/// Parses the answer to `show servers state [BACKEND]`. Columns are found by their names, so that a
/// newer format with more of them is read as well.
Result<Running> parse_servers_state(std::string_view text);

/// Copies to the servers of `running`, as HAProxy has told them, what `before` knew besides.
void keep_knowledge(Running& running, const Running& before);

/// Where the server is now; nullopt: it has no IP address (a name without one, a socket).
[[nodiscard]] std::optional<Address> address_now(const RunningServer& server);

/// An address that the server, which is in maintenance, can be given to make HAProxy close its idle
/// connections; nullopt when there is none. HAProxy closes these when a server goes into
/// maintenance, but keeps one that becomes idle after that for many seconds. In maintenance the
/// address has no other use, and sessions that still run keep theirs.
[[nodiscard]] std::optional<Address> parking_address(const RunningServer& server);

/// The server, or nullptr.
[[nodiscard]] const RunningServer* find_server(const Running& running, std::string_view backend,
                                               std::string_view server);

/// The spare server that is in the place of this one, or nullptr.
[[nodiscard]] const RunningServer* find_spare_of(const Running& running, std::string_view backend,
                                                 std::string_view server);

} // namespace hitless::haproxy
