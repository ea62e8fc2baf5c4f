#include "hitless/confd/settings.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/keys/key_tree.hpp"

#include "base/network.hpp"
#include "confd/dns.hpp"
#include "confd/options.hpp"
#include "confd/toml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <unistd.h>

namespace hitless::confd {
namespace {

using Assignments = std::vector<std::pair<const Option*, std::string>>;

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

Result<void> check_interval(std::int64_t seconds) {
    constexpr std::int64_t year = 366LL * 86'400;
    if (seconds < 1 || seconds > year)
        return fail("must be a number of seconds from 1 to {}", year);
    return {};
}

/// The interval that a flag names, checked.
Result<std::chrono::seconds> parse_interval(std::string_view text) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size())
        seconds = 0;
    if (auto checked = check_interval(seconds); !checked)
        return checked.error();
    return std::chrono::seconds(seconds);
}

/// Sets what a flag names. Values were checked when the flag was met.
void assign(Settings& settings, const Option& option, const std::string& value) {
    std::visit(Overloaded{
                   [](Option::Ignored) {},
                   [&](std::string Settings::*member) { settings.*member = value; },
                   [&](bool Settings::*member) { settings.*member = value == "true"; },
                   [&](std::chrono::seconds Settings::*member) {
                       settings.*member = parse_interval(value).value();
                   },
                   [&](std::vector<std::string> Settings::*member) {
                       (settings.*member).push_back(value);
                   },
               },
               option.target);
}

template <class T>
Result<void> store(T& target, Result<T> value) {
    if (!value)
        return value.error();
    target = std::move(*value);
    return {};
}

/// Sets what confd.toml names.
Result<void> assign(Settings& settings, const Option& option, const toml::node& node) {
    return std::visit(Overloaded{
                          [](Option::Ignored) -> Result<void> { return {}; },
                          [&](std::string Settings::*member) {
                              return store(settings.*member, as_string(node, option.key));
                          },
                          [&](bool Settings::*member) {
                              return store(settings.*member, as_bool(node, option.key));
                          },
                          [&](std::chrono::seconds Settings::*member) -> Result<void> {
                              const auto seconds = as_integer(node, option.key);
                              if (!seconds)
                                  return seconds.error();
                              if (auto checked = check_interval(*seconds); !checked)
                                  return error_at(node, fmt::format("'{}' {}", option.key,
                                                                    checked.error().message));
                              settings.*member = std::chrono::seconds(*seconds);
                              return {};
                          },
                          [&](std::vector<std::string> Settings::*member) {
                              return store(settings.*member, as_strings(node, option.key));
                          },
                      },
                      option.target);
}

Result<void> read_config_file(CommandLine& line, const std::string& file) {
    const auto text = base::read_input(file); // -config-file /dev/null is none
    if (!text)
        return text.error();
    const auto table = parse_toml(*text, file);
    if (!table)
        return table.error();
    for (const auto& [key, node] : *table) {
        const auto option = find_setting(options(), key.str());
        if (option == options().end() || *option->key == '\0')
            line.warnings.push_back(
                error_at(node, fmt::format("the setting '{}' is unknown and ignored", key.str()))
                    .message);
        else if (auto assigned = assign(line.settings, *option, node); !assigned)
            return assigned;
    }
    return {};
}

/// confd's flags. What they are given goes to `given`, since confd.toml has to be read before.
std::vector<base::Flag> confd_flags(Assignments& given) {
    std::vector<base::Flag> flags;
    for (const Option& option : options()) {
        const auto set = [&option, &given](const std::string& value) -> Result<void> {
            if (std::holds_alternative<std::chrono::seconds Settings::*>(option.target)) {
                if (auto checked = parse_interval(value); !checked)
                    return checked.error();
            }
            given.emplace_back(&option, value);
            return {};
        };
        flags.push_back({option.flag, option.value, option.help, set});
    }
    return flags;
}

void fill_from_environment(Settings& settings) {
    const auto fill = [](std::string& setting, const char* variable) {
        const char* const value = std::getenv(variable);
        if (setting.empty() && value != nullptr)
            setting = value;
    };
    fill(settings.client_ca_keys, "CONFD_CLIENT_CAKEYS");
    fill(settings.client_cert, "CONFD_CLIENT_CERT");
    fill(settings.client_key, "CONFD_CLIENT_KEY");
    std::string peers;
    fill(peers, "ETCDCTL_PEERS");
    if (settings.nodes.empty() && settings.srv_record.empty() && !peers.empty()) {
        for (const std::string_view node : base::split(peers, ','))
            settings.nodes.emplace_back(base::trim(node));
    }
}

Result<void> check_settings(const Settings& settings) {
    constexpr std::array backends = {"etcd", "etcdv3", "file", "env"};
    if (std::ranges::find(backends, settings.backend) == backends.end())
        return fail("the backend '{}' is not supported: etcd (its v2 store), etcdv3, file and env "
                    "are",
                    base::printable(settings.backend, 40));
    if (settings.backend == "file" && settings.files.empty())
        return fail("-backend file needs -file, a file or directory of keys");
    if (settings.filter.empty() || !keys::is_valid_pattern(settings.filter))
        return fail("the filter '{}' is no shell pattern", base::printable(settings.filter, 40));
    if (settings.scheme != "http" && settings.scheme != "https")
        return fail("the scheme '{}' is not supported: http and https are",
                    base::printable(settings.scheme, 40));
    return {};
}

/// The password of the flag, of the file, or of the environment.
Result<std::string> password_of(const Settings& settings) {
    if (!settings.password.empty())
        return settings.password;
    if (!settings.password_file.empty()) {
        auto line = base::read_first_line(settings.password_file);
        if (!line)
            return fail("-password-file: {}", line.error().message);
        return line;
    }
    const char* const variable = std::getenv("ETCD_PASSWORD");
    return std::string(variable != nullptr ? variable : "");
}

/// Defaults, confd.toml, the flags over it, and the environment for what is still open.
Result<void> settle(CommandLine& line, const Assignments& given) {
    const auto is_config_file = [](const auto& assignment) {
        return std::string_view(assignment.first->flag) == "config-file";
    };
    const bool is_explicit = std::ranges::any_of(given, is_config_file);
    for (const auto& [option, value] : given) {
        if (is_config_file(std::pair(option, value)))
            line.settings.config_file = value;
    }
    const std::string file = line.settings.config_file;
    if (is_explicit || ::access(file.c_str(), F_OK) == 0) {
        if (auto read = read_config_file(line, file); !read)
            return read;
    }
    const auto is_given = [&](std::string_view flag) {
        return std::ranges::any_of(given, [&](const auto& assignment) {
            return std::string_view(assignment.first->flag) == flag;
        });
    };
    // The flags don't add to the lists of the file, they stand for them.
    if (is_given("node"))
        line.settings.nodes.clear();
    if (is_given("file"))
        line.settings.files.clear();
    for (const auto& [option, value] : given)
        assign(line.settings, *option, value);
    if (line.settings.backend.empty())
        line.settings.backend = "etcd";
    if (line.settings.srv_record.empty() && !line.settings.srv_domain.empty())
        line.settings.srv_record =
            fmt::format("_{}._tcp.{}.", line.settings.backend, line.settings.srv_domain);
    fill_from_environment(line.settings);
    return check_settings(line.settings);
}

std::string help(const Program& program, std::vector<base::Flag> flags) {
    std::erase_if(flags, [](const base::Flag& flag) { return flag.help.empty(); });
    return fmt::format(
        "{0}\n\nUsage: {1} [FLAGS]\n\n{2}\nExamples:\n{3}\n"
        "A flag may be written -name value, -name=value or with two dashes. A TIME is a "
        "number of\nseconds, or one like 1m30s or 500ms. Flags win over the "
        "settings file. Flags for confd's\nbackends that Hitless lacks are "
        "accepted and ignored.\n",
        program.summary, program.name, base::describe_flags(flags), program.examples);
}

CommandLine usage_error(CommandLine line, const Program& program, const Error& error) {
    line.action = CommandLine::Action::usage_error;
    line.text =
        fmt::format("{0}: {1}\n'{0} -help' shows the flags.\n", program.name, error.message);
    return line;
}

} // namespace

CommandLine read_command_line(const std::vector<std::string>& arguments, const Program& program) {
    CommandLine line;
    Assignments given;
    bool version_wanted = false;
    std::vector<base::Flag> flags = program.flags;
    flags.push_back({"version", "", "print the version and exit", [&](const std::string& value) {
                         version_wanted = value == "true";
                         return Result<void>();
                     }});
    for (base::Flag& flag : confd_flags(given)) {
        if (std::ranges::find(flags, flag.name, &base::Flag::name) == flags.end())
            flags.push_back(std::move(flag));
    }
    const auto parsed = base::parse_flags(arguments, flags);
    if (!parsed)
        return usage_error(std::move(line), program, parsed.error());
    if (parsed->help_wanted || version_wanted) {
        line.action = CommandLine::Action::print_and_exit;
        line.text = parsed->help_wanted ? help(program, std::move(flags))
                                        : fmt::format("{} {}\n", program.name, program.version);
        return line;
    }
    if (!parsed->operands.empty())
        return usage_error(std::move(line), program,
                           fail("'{}' is not a flag (a switch is turned off with -name=false)",
                                base::printable(parsed->operands.front(), 100)));
    if (auto settled = settle(line, given); !settled)
        return usage_error(std::move(line), program, settled.error());
    return line;
}

Result<registry::Settings> registry_settings(const Settings& settings) {
    using Kind = registry::Settings::Kind;
    registry::Settings registry;
    if (settings.backend == "file" || settings.backend == "env") {
        registry.kind = settings.backend == "file" ? Kind::file : Kind::environment;
        registry.files = settings.files;
        registry.filter = settings.filter;
        return registry;
    }
    etcd::Settings& etcd = registry.etcd;
    if (settings.backend == "etcdv3")
        etcd.api = etcd::Settings::Api::v3;
    etcd.nodes = settings.nodes;
    etcd.scheme = settings.scheme;
    etcd.discover = settings.discover;
    // confd doesn't use the name without -basic-auth.
    if (settings.basic_auth) {
        etcd.username = settings.username;
        auto password = password_of(settings);
        if (!password)
            return password.error();
        etcd.password = std::move(*password);
    }
    etcd.ca_file = settings.client_ca_keys;
    etcd.cert_file = settings.client_cert;
    etcd.key_file = settings.client_key;
    etcd.verify = !settings.client_insecure;
    if (auto checked = etcd::check_nodes(etcd); !checked)
        return checked.error();
    return registry;
}

Result<void> find_nodes(Settings& settings) {
    if (settings.srv_record.empty() || !settings.backend.starts_with("etcd"))
        return {};
    const auto records = look_up_srv(settings.srv_record);
    if (!records)
        return fail("can't get the nodes of etcd from the SRV record '{}': {}",
                    base::printable(settings.srv_record, 255), records.error().message);
    settings.nodes.clear();
    for (const ServiceRecord& record : *records) {
        const std::string_view host(record.target.data(), record.target.find_last_not_of('.') + 1);
        settings.nodes.push_back(
            fmt::format("{}://{}", settings.scheme, base::host_port(host, record.port)));
    }
    return {};
}

} // namespace hitless::confd
