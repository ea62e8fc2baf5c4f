#pragma once

#include "support/etcd_server.hpp"
#include "support/haproxy_server.hpp"
#include "support/http_backend.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hitless::test {

/// How a Stage is set up. What is left out is chosen.
struct StageOptions {
    std::size_t backends = 4; ///< HTTP servers
    std::string toml;         ///< the template resource; see default_toml()
    std::string cfg;          ///< the template; see default_cfg()
    std::vector<std::string> keys = {"/app"};
    HaproxyServer::Mode mode = HaproxyServer::Mode::master;
    etcd::Settings::Api api = etcd::Settings::Api::v2; ///< of the store with the keys
};

/// etcd, HAProxy, some HTTP servers behind it and hitlessd, all real, all on loopback, each with
/// its files in a temporary directory. HAProxy starts from what `hitlessd -onetime -sync-only`
/// renders; the daemon itself is started by start_daemon().
///
/// In the template and the resource, `@DIR@` is HAProxy's directory, `@PORT@` its frontend's port,
/// `@DEST@` its configuration file, `@HAPROXY@` its program and `@RELOAD@` a command that reloads
/// it.
class Stage {
  public:
    explicit Stage(StageOptions options = {});

    /// One backend `app` over /app/servers; checks, where HAProxy adds servers with them, from
    /// `default-server`.
    static std::string default_cfg();
    static std::string default_toml();

    EtcdServer etcd;
    HttpBackend web;
    [[nodiscard]] HaproxyServer& haproxy() { return *haproxy_; }
    [[nodiscard]] std::string haproxy_socket() const { return haproxy_->socket(); }

    /// Starts hitlessd with confd's flags and these.
    void start_daemon(const std::vector<std::string>& flags = {});
    [[nodiscard]] Process& daemon() { return *daemon_; }
    /// What start_daemon() runs, for a test that starts another.
    [[nodiscard]] std::vector<std::string>
    daemon_command(const std::vector<std::string>& flags) const;
    /// Ends it with that signal; the exit status.
    int stop_daemon(int signal = SIGTERM);
    void kill_daemon();
    /// All that daemons of this stage wrote.
    [[nodiscard]] std::string log() const;

    /// /app/servers/NAME = the address of that HTTP server.
    void add(const std::string& name, std::size_t server);
    void remove(const std::string& name);

    /// Rewrites the template.
    void write_template(const std::string& cfg);
    /// Takes HAProxy down and starts it again from its file.
    void restart_haproxy();

    /// The running HAProxy's servers of a backend: "NAME ADDRESS:PORT WEIGHT", those in maintenance
    /// with " MAINT"; in order of names.
    [[nodiscard]] std::vector<std::string> servers(const std::string& backend = "app") const;
    /// Waits until servers() is that.
    [[nodiscard]] bool wait_servers(const std::vector<std::string>& expected,
                                    const std::string& backend = "app") const;
    /// "NAME 127.0.0.1:PORT 1": as servers() has it when all is well.
    [[nodiscard]] std::string running(const std::string& name, std::size_t server,
                                      int weight = 1) const;

    /// Waits until the log has this text.
    [[nodiscard]] bool wait_log(const std::string& text) const;
    /// The configuration file's text now.
    [[nodiscard]] std::string file() const;

    /// One request through HAProxy: the answering server's name, or "HTTP 503". `server` goes along
    /// as the header x-server, which means something only if the template says so.
    [[nodiscard]] std::string ask(const std::string& server = "any") const;
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }

  private:
    [[nodiscard]] std::string filled(std::string text, const std::string& haproxy_directory) const;
    void write_confdir(const std::string& haproxy_directory);
    void note_pid();

    TemporaryDirectory directory_;
    StageOptions options_;
    std::uint16_t port_;
    std::optional<HaproxyServer> haproxy_;
    std::optional<Process> daemon_;
};

} // namespace hitless::test
