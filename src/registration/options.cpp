#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/registration/registration.hpp"

#include "registration/flags.hpp"
#include "registration/value.hpp"

#include <cstdlib>

namespace hitless::registration {
namespace {

Result<void> check_content(const Options& options, bool has_weight) {
    const Content& content = options.content;
    const bool needs_value = !options.deregister || !options.takeover;
    if (content.value.empty() && content.port == 0 && needs_value)
        return Error{"the value is missing: -value IP:PORT, or -port N for the address that "
                     "this machine has"};
    if (!content.value.empty() && (content.port != 0 || !content.interface.empty()))
        return Error{"-port and -interface have no meaning beside -value"};
    if (!content.json && (has_weight || !content.meta.empty()))
        return Error{"-weight and -meta need -json"};
    if (const auto good = check_value(content.value); !good)
        return fail("the value '{}' can't be used: {}", base::printable(content.value, 100),
                    good.error().message);
    if (content.json && !content.value.empty())
        if (const auto place = parse_host_port(content.value); !place)
            return place.error();
    return {};
}

Result<void> check_mode(const Options& options) {
    if (options.once && options.deregister)
        return Error{"-once and -deregister can't go together"};
    if ((options.once || options.deregister) && !options.command.empty())
        return fail("-once and -deregister run no command: '{}'",
                    base::printable(options.command.front()));
    if ((options.once || options.deregister) && !options.ready.empty())
        return Error{"-once and -deregister wait for no -ready"};
    if ((options.once || options.deregister) && !options.http.empty())
        return Error{"-once and -deregister end at once, so that -http has no meaning beside them"};
    return {};
}

Result<void> check_docker(const Options& options, bool has_weight) {
    const Docker& docker = options.docker;
    const Content& content = options.content;
    if (!docker.on) {
        const bool has_flag = !docker.socket.empty() || !docker.prefix.empty() ||
                              !docker.allowed.empty() || !docker.note.empty() ||
                              docker.deregister_on_exit || docker.resync != Docker{}.resync;
        return has_flag ? Result<void>(Error{"-docker-socket, -docker-prefix, -docker-allow, "
                                             "-docker-note, -docker-resync and "
                                             "-deregister-on-exit need -docker"})
                        : Result<void>();
    }
    if (!options.key.empty() || !content.value.empty() || content.port != 0 || has_weight ||
        !options.ready.empty())
        return Error{"-key, -value, -port, -weight and -ready have no meaning beside -docker: the "
                     "labels of each container tell them (hitless.key, hitless.value…)"};
    if (options.once || options.deregister || options.takeover)
        return Error{"-once, -deregister and -takeover can't go together with -docker"};
    if (!options.stop_signals.empty())
        return Error{"-stop-signal has no meaning beside -docker: each container tells its own"};
    if (!content.meta.empty() && !content.json)
        return Error{"-meta needs -json"};
    if (!options.command.empty())
        return fail("-docker runs no command: '{}'", base::printable(options.command.front()));
    return {};
}

/// The path of the engine's socket, from the flag or as the engine's own programs find it.
Result<std::string> engine_socket(const std::string& flag) {
    constexpr std::string_view scheme = "unix://";
    const char* const host = std::getenv("DOCKER_HOST");
    const std::string variable = host == nullptr ? "" : host;
    const std::string& text = flag.empty() ? variable : flag;
    if (text.starts_with(scheme))
        return text.substr(scheme.size());
    if (flag.find("://") != std::string::npos)
        return fail("-docker-socket '{}' is no Unix socket: give its path, as in "
                    "/var/run/docker.sock",
                    base::printable(flag, 80));
    if (!flag.empty())
        return flag;
    if (!variable.empty())
        return fail("$DOCKER_HOST is '{}', but -docker needs a Unix socket: unset it, or give "
                    "-docker-socket PATH",
                    base::printable(variable, 80));
    return std::string("/var/run/docker.sock");
}

Result<void> settle_docker(Options& options, const Given& given) {
    if (auto checked = check_docker(options, given.weight); !checked || !options.docker.on)
        return checked;
    auto socket = engine_socket(options.docker.socket);
    if (!socket)
        return socket.error();
    options.docker.socket = std::move(*socket);
    return {};
}

void fill(std::string& setting, const char* variable) {
    const char* const value = std::getenv(variable);
    if (setting.empty() && value != nullptr)
        setting = value;
}

void fill_from_environment(etcd::Settings& etcd) {
    fill(etcd.ca_file, "CONFD_CLIENT_CAKEYS");
    fill(etcd.cert_file, "CONFD_CLIENT_CERT");
    fill(etcd.key_file, "CONFD_CLIENT_KEY");
    if (!etcd.username.empty())
        fill(etcd.password, "ETCD_PASSWORD");
    std::string nodes;
    fill(nodes, "ETCDCTL_ENDPOINTS");
    fill(nodes, "ETCDCTL_PEERS");
    if (etcd.nodes.empty() && !nodes.empty())
        for (const std::string_view node : base::split(nodes, ','))
            etcd.nodes.emplace_back(base::trim(node));
}

Result<void> settle(Options& options, const Given& given) {
    using Api = etcd::Settings::Api;
    options.etcd.api = given.backend == "etcdv3" ? Api::v3 : Api::v2;
    options.etcd.verify = !given.insecure;
    if (given.basic_auth && options.etcd.username.empty())
        return Error{"-basic-auth needs -username"};
    if (!given.password_file.empty()) {
        auto line = base::read_first_line(given.password_file);
        if (!line)
            return fail("--password-file: {}", line.error().message);
        options.etcd.password = std::move(*line);
    }
    fill_from_environment(options.etcd);
    if (auto checked = etcd::check_nodes(options.etcd); !checked)
        return checked;
    if (auto checked = settle_docker(options, given); !checked || options.docker.on)
        return checked;
    if (options.key.empty())
        return Error{"-key is missing"};
    if (auto checked = check_key(options.key); !checked)
        return checked;
    if (auto checked = check_content(options, given.weight); !checked)
        return checked;
    return check_mode(options);
}

std::string help(const std::vector<base::Flag>& flags) {
    return fmt::format(
        "hitless-register keeps a service's key in etcd as long as the service runs.\n\n"
        "Usage: hitless-register -key KEY (-value TEXT | -port N) [FLAGS] [-- COMMAND…]\n"
        "       hitless-register -docker [FLAGS]\n\n{}\n"
        "Examples:\n"
        "  hitless-register --node http://etcd:2379 --key /app/servers/$HOSTNAME --port 8080 \\\n"
        "      --ready http:8080/health -- ./my-service --flag\n"
        "  hitless-register --key /app/servers/web1 --value 10.0.0.7:8080 --json --weight 50\n"
        "  hitless-register --key /app/servers/web1 --value 10.0.0.7:8080 --once --ttl 1h\n"
        "  hitless-register --key /app/servers/web1 --value 10.0.0.7:8080 --deregister\n"
        "  hitless-register --docker --node http://etcd:2379 --docker-allow /app/\n\n"
        "A flag may be written -name value, -name=value or with two dashes. A TIME is a number of\n"
        "seconds, or one like 1m30s or 500ms.\n"
        "Exit status: the command's own; 2 wrong usage, 123 another instance holds the key,\n"
        "124 not ready in time, 125 another error, 126 and 127 the command can't be run.\n",
        base::describe_flags(flags));
}

} // namespace

CommandLine read_command_line(const std::vector<std::string>& arguments,
                              const std::string& version) {
    CommandLine line;
    Given given;
    const auto all = flags(line.options, given);
    const auto parsed = base::parse_flags(arguments, all);
    if (parsed && (parsed->help_wanted || given.version)) {
        line.action = CommandLine::Action::print_and_exit;
        line.text = parsed->help_wanted ? help(all) : fmt::format("hitless-register {}\n", version);
        return line;
    }
    auto trouble = parsed ? Result<void>() : Result<void>(parsed.error());
    if (parsed) {
        line.options.command = parsed->operands;
        line.options.version = version;
        trouble = settle(line.options, given);
    }
    if (!trouble) {
        line.action = CommandLine::Action::usage_error;
        line.text = fmt::format("hitless-register: {}\n'hitless-register -help' shows the flags.\n",
                                trouble.error().message);
    }
    return line;
}

} // namespace hitless::registration
