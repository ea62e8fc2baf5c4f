#pragma once

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace hitless::test {

/// The HAProxy that tests run: what the environment variable HITLESS_HAPROXY names, a path, or else
/// the one in PATH.
std::string haproxy_program();

/// Its version as 100 × major + minor: 206 is 2.6.
int haproxy_version();

/// A real HAProxy in the foreground. Its files are in a temporary directory; in the configuration
/// given to it, `@DIR@` stands for that directory, and it must have the line
///
///     stats socket @DIR@/admin.sock level admin expose-fd listeners
class HaproxyServer {
  public:
    enum class Mode {
        plain,  ///< one process
        master, ///< -W: a master that reloads on SIGUSR2, and its worker
    };

    /// Starts it and waits for its stats socket. Throws with its log when it doesn't start.
    explicit HaproxyServer(const std::string& configuration, Mode mode = Mode::master);
    ~HaproxyServer();

    /// Where it keeps its files.
    [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }
    [[nodiscard]] std::string socket() const { return directory_ / "admin.sock"; }
    /// The master's CLI (-S), in master mode.
    [[nodiscard]] std::string master_socket() const { return directory_ / "master.sock"; }
    [[nodiscard]] std::string config_file() const { return directory_ / "haproxy.cfg"; }

    /// The process that was started: the master in master mode.
    [[nodiscard]] Process& process() { return *process_; }
    /// The process that serves now, as `show info` has it; 0 when it doesn't answer.
    [[nodiscard]] pid_t pid() const;
    /// Waits until another process than `old` answers, and its pid; 0 when none does. For a moment
    /// after a reload either process may accept a connection, so several answers in a row count.
    [[nodiscard]] pid_t
    wait_replaced(pid_t old, std::chrono::milliseconds limit = std::chrono::seconds(10)) const;

    /// Writes the configuration file, without a reload.
    void configure(const std::string& configuration) const;
    /// SIGUSR2 to the master, as confd users have it; waits until another process answers.
    void reload();
    /// Ends it; start() brings it back with the file as it is now.
    void stop();
    void start();

    /// One runtime command on a connection of its own; the answer without the blanks around it.
    /// Throws when HAProxy can't be reached.
    [[nodiscard]] std::string command(const std::string& text) const;

  private:
    [[nodiscard]] bool master_listens() const;

    TemporaryDirectory directory_;
    Mode mode_;
    std::optional<Process> process_;
};

/// One command to the stats socket at `socket`; throws when nobody answers.
std::string haproxy_command(const std::string& socket, const std::string& text,
                            std::chrono::milliseconds limit = std::chrono::seconds(5));

} // namespace hitless::test
