#include "registration/flags.hpp"

#include "http/listening.hpp"
#include "registration/value.hpp"

#include <algorithm>
#include <csignal>

namespace hitless::registration {
namespace {

using base::Flag;
using std::chrono::milliseconds;

constexpr int most_port = 65'535;
constexpr int most_weight = 256; // configuration.txt of HAProxy, "weight"

Flag choice_flag(std::string name, std::string help, std::vector<std::string> choices,
                 std::string& target) {
    return {std::move(name), "NAME", std::move(help),
            [choices = std::move(choices), &target](const std::string& text) -> Result<void> {
                if (std::ranges::find(choices, text) == choices.end())
                    return fail("must be {} or {}", choices.front(), choices.back());
                target = text;
                return {};
            }};
}

Flag probe_flag(std::vector<Probe>& target) {
    return {"ready", "PROBE",
            "set the key only when the service answers: tcp:PORT, tcp:HOST:PORT, http:PORT/PATH or "
            "http:HOST:PORT/PATH; may be given many times",
            [&target](const std::string& text) -> Result<void> {
                const auto probe = parse_probe(text);
                if (!probe)
                    return probe.error();
                target.push_back(*probe);
                return {};
            }};
}

Flag meta_flag(std::vector<std::pair<std::string, std::string>>& target) {
    return {"meta", "NAME=VALUE", "a member of \"meta\" in the JSON value; may be given many times",
            [&target](const std::string& text) -> Result<void> {
                const std::size_t equals = text.find('=');
                if (equals == 0 || equals == std::string::npos)
                    return Error{"must be NAME=VALUE"};
                if (auto good = check_text(text); !good)
                    return good;
                target.emplace_back(text.substr(0, equals), text.substr(equals + 1));
                return {};
            }};
}

Flag stop_signal_flag(std::vector<int>& target) {
    return {"stop-signal", "NAME",
            "stop at this signal as well: HUP, QUIT, USR1, USR2 or WINCH; may be given many times",
            [&target](const std::string& text) -> Result<void> {
                constexpr std::pair<std::string_view, int> names[] = {{"HUP", SIGHUP},
                                                                      {"QUIT", SIGQUIT},
                                                                      {"USR1", SIGUSR1},
                                                                      {"USR2", SIGUSR2},
                                                                      {"WINCH", SIGWINCH}};
                for (const auto& [name, number] : names) {
                    if (text != name && text != fmt::format("SIG{}", name))
                        continue;
                    target.push_back(number);
                    return {};
                }
                return Error{"must be HUP, QUIT, USR1, USR2 or WINCH"};
            }};
}

std::vector<Flag> etcd_flags(Options& options, Given& given) {
    etcd::Settings& etcd = options.etcd;
    return {
        base::texts_flag(
            "node", "URL",
            "an etcd node; may be given many times, and the next one is used when one fails "
            "(default $ETCDCTL_ENDPOINTS, $ETCDCTL_PEERS or http://127.0.0.1:2379)",
            etcd.nodes),
        choice_flag("scheme", "http or https, for nodes that don't say which (default http)",
                    {"http", "https"}, etcd.scheme),
        choice_flag("backend", "where the key goes: etcd (its v2 store) or etcdv3 (default etcd)",
                    {"etcd", "etcdv3"}, given.backend),
        base::text_flag("client-ca-keys", "FILE",
                        "check etcd's certificate with the certificates in this file (default "
                        "$CONFD_CLIENT_CAKEYS)",
                        etcd.ca_file),
        base::text_flag("client-cert", "FILE",
                        "show this certificate to etcd (default $CONFD_CLIENT_CERT)",
                        etcd.cert_file),
        base::text_flag("client-key", "FILE", "the key of -client-cert (default $CONFD_CLIENT_KEY)",
                        etcd.key_file),
        base::switch_flag("client-insecure", "don't check etcd's certificate", given.insecure),
        base::switch_flag("basic-auth", "log in to etcd; -username alone does it too",
                          given.basic_auth),
        base::text_flag("username", "NAME", "the name to log in to etcd with", etcd.username),
        base::text_flag("password", "TEXT",
                        "the password of -username; other users of the machine see it in the list "
                        "of processes (default $ETCD_PASSWORD)",
                        etcd.password),
        base::text_flag("password-file", "FILE",
                        "take the password from the first line of this file", given.password_file),
    };
}

std::vector<Flag> own_flags(Options& options, Given& given) {
    Content& content = options.content;
    auto weight =
        base::number_flag("weight", "N", "\"weight\" in the JSON value, from 0 to 256 (default 1)",
                          0, most_weight, content.weight);
    weight.set = [set = weight.set, &given](const std::string& text) {
        given.weight = true;
        return set(text);
    };
    return {
        base::text_flag("key", "KEY", "the key to set, as in /app/servers/web1", options.key),
        base::text_flag("value", "TEXT",
                        "the value of the key, as in 10.0.0.7:8080 (default the local address used "
                        "to reach etcd, and -port)",
                        content.value),
        base::number_flag("port", "N", "the port of the service, for the value", 1, most_port,
                          content.port),
        base::text_flag(
            "interface", "NAME",
            "take the address of this network interface (default the one used to reach etcd)",
            content.interface),
        base::switch_flag("json", "make the value {\"host\":…,\"port\":…,\"weight\":…}",
                          content.json),
        std::move(weight),
        meta_flag(content.meta),
        base::duration_flag("ttl",
                            "etcd removes the key when it was not renewed for this time; it is "
                            "renewed each third of it (default 15s)",
                            milliseconds(1'000), options.ttl),
        probe_flag(options.ready),
        base::duration_flag("ready-timeout",
                            "how long to wait until the service is ready (default 60s)",
                            milliseconds(0), options.ready_timeout),
        base::duration_flag("ready-interval",
                            "how often to ask whether the service is ready (default 250ms)",
                            milliseconds(10), options.ready_interval),
        base::duration_flag("drain",
                            "how long to wait between the removal of the key and the signal to the "
                            "command (default 1s)",
                            milliseconds(0), options.drain),
        stop_signal_flag(options.stop_signals),
        base::duration_flag("stop-timeout",
                            "kill the command this time after the signal; 0 is never (default 0)",
                            milliseconds(0), options.stop_timeout),
        base::switch_flag("takeover", "take the key even if another instance holds it",
                          options.takeover),
        base::switch_flag("once", "set the key, or renew it if it has our value, and exit",
                          options.once),
        base::switch_flag("deregister", "remove the key if it has our value, and exit",
                          options.deregister),
        http::address_flag("what becomes of the keys: status, metrics, health", options.http),
        http::host_flag(options.http_hosts),
        base::text_flag("log-format", "FORMAT",
                        "how to write the log: text, a line for people, or json, a JSON object a "
                        "line (default text)",
                        options.log_format),
        base::text_flag("log-level", "LEVEL",
                        "the least level of the messages to log: error, warn, info or debug "
                        "(default info)",
                        options.log_level),
        base::switch_flag("version", "print the version and exit", given.version),
    };
}

Flag prefix_flag(const char* name, const char* help, std::function<void(const std::string&)> take) {
    return {name, "PREFIX", help,
            [take = std::move(take)](const std::string& text) -> Result<void> {
                const std::string key = text.ends_with('/') ? text + 'x' : "";
                if (text != "/" && !check_key(key))
                    return Error{"must begin and end with a slash, as /app/ does"};
                take(text);
                return {};
            }};
}

std::vector<Flag> docker_flags(Docker& docker) {
    return {
        base::switch_flag("docker",
                          "keep a key for each container of this host that has the labels for it",
                          docker.on),
        base::text_flag("docker-socket", "PATH",
                        "the Unix socket of the container engine (default $DOCKER_HOST or "
                        "/var/run/docker.sock)",
                        docker.socket),
        prefix_flag("docker-prefix",
                    "the key of a container of a service of Swarm or Compose that has no label "
                    "hitless.key is PREFIX, the service, a slash and the container's name",
                    [&docker](const std::string& text) { docker.prefix = text; }),
        prefix_flag("docker-allow",
                    "a container's key must begin with this; may be given many times",
                    [&docker](const std::string& text) { docker.allowed.push_back(text); }),
        base::text_flag("docker-note", "FILE",
                        "remember our keys in this file, so that the next run knows them at once",
                        docker.note),
        base::duration_flag("docker-resync",
                            "how often to list all containers, in case an event was lost "
                            "(default 60s)",
                            milliseconds(100), docker.resync),
        base::switch_flag("deregister-on-exit",
                          "remove the keys of all containers when hitless-register is stopped",
                          docker.deregister_on_exit),
    };
}

} // namespace

std::vector<base::Flag> flags(Options& options, Given& given) {
    std::vector<Flag> all = etcd_flags(options, given);
    for (Flag& flag : own_flags(options, given))
        all.push_back(std::move(flag));
    for (Flag& flag : docker_flags(options.docker))
        all.push_back(std::move(flag));
    return all;
}

} // namespace hitless::registration
