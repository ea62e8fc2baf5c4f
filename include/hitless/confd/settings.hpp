#pragma once

#include "hitless/base/flags.hpp"
#include "hitless/base/result.hpp"
#include "hitless/registry/settings.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace hitless::confd {

/// confd's settings, from its command line and confd.toml, with its defaults.
struct Settings {
    std::string backend = "etcd"; ///< etcd (its v2 store), etcdv3, file or env
    std::string confdir = "/etc/confd";
    std::string config_file = "/etc/confd/confd.toml";
    std::vector<std::string> nodes; ///< empty: etcd's default, 127.0.0.1:2379
    std::string scheme = "http";
    std::chrono::seconds interval{600};
    std::string log_level = "info";
    std::string log_format = "text";
    std::string prefix;
    bool watch = false;
    bool onetime = false;
    bool noop = false;
    bool strict = false;
    bool sync_only = false;
    bool keep_stage_file = false;
    bool basic_auth = false;
    std::string username;
    std::string password;
    std::string password_file; ///< its first line is the password
    std::string client_ca_keys;
    std::string client_cert;
    std::string client_key;
    bool client_insecure = false;   ///< don't verify the nodes' certificates
    bool discover = false;          ///< learn the other nodes of etcd's cluster from it
    std::vector<std::string> files; ///< of -backend file
    std::string filter = "*";       ///< which files of a directory
    std::string srv_domain;
    std::string srv_record;
};

/// What a command line asks for besides Settings.
struct CommandLine {
    enum class Action { run, print_and_exit, usage_error };
    Action action = Action::run;
    std::string text; ///< to print: help, the version, or what is wrong with the usage
    Settings settings;
    std::vector<std::string> warnings; ///< to log once the log is set up
};

/// A program that has confd's flags, and how it presents itself.
struct Program {
    std::string name;
    std::string version;
    std::string summary;           ///< the first paragraph of the help
    std::string examples;          ///< lines of the help, each a command line
    std::vector<base::Flag> flags; ///< beside confd's; one of the same name takes its place
};

/// Reads `arguments` (without the program's name), written Go's way: `-interval 10`,
/// `--interval=10`, `-watch=false`, `-node` many times; then confd.toml, whose values the flags win
/// over, and the environment variables confd reads. Flags for confd's backends that Hitless lacks
/// are accepted and ignored. The program's own flags are set as they are met.
CommandLine read_command_line(const std::vector<std::string>& arguments, const Program& program);

/// What of the settings is the registry's. Reads the file of the password. The Error names a node
/// that is none, or a file that can't be read.
Result<registry::Settings> registry_settings(const Settings& settings);

/// Looks the record `srv_record` up and makes the nodes it names the settings' nodes, with
/// `scheme`. Nothing happens when there is no record to look up. Asks the DNS, and waits for its
/// answer.
Result<void> find_nodes(Settings& settings);

} // namespace hitless::confd
