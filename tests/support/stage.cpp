#include "support/stage.hpp"

#include "hitless/haproxy/running.hpp"

#include "support/free_port.hpp"
#include "support/http.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <utility>

namespace hitless::test {
namespace {

constexpr std::string_view default_template = R"(global
    stats socket @DIR@/admin.sock level admin expose-fd listeners
defaults
    mode http
    timeout connect 2s
    timeout client 1m
    timeout server 1m
    @CHECK@
frontend web
    bind 127.0.0.1:@PORT@
    default_backend app
backend app
    balance roundrobin
    option redispatch 1
    retries 3
{{- range gets "/app/servers/*"}}
    server {{base .Key}} {{.Value}}
{{- end}}
)";
} // namespace

std::string Stage::default_cfg() {
    // HAProxy 2.4 adds no server with a check.
    const std::string check = haproxy_version() < 205 ? "" : "default-server check inter 200ms";
    return boost::replace_all_copy(std::string(default_template), "@CHECK@", check);
}

std::string Stage::default_toml() {
    return R"([template]
src = "haproxy.cfg.tmpl"
dest = "@DEST@"
keys = [@KEYS@]
check_cmd = "@HAPROXY@ -c -f {{.src}}"
reload_cmd = "@RELOAD@"
)";
}

namespace {

EtcdOptions etcd_options(etcd::Settings::Api api) {
    EtcdOptions options;
    options.api = api;
    return options;
}

} // namespace

Stage::Stage(StageOptions options)
    : etcd(etcd_options(options.api)),
      web(options.backends),
      options_(std::move(options)),
      port_(free_port()) {
    if (options_.cfg.empty())
        options_.cfg = default_cfg();
    if (options_.toml.empty())
        options_.toml = default_toml();
    const std::string first = directory_ / "first";
    write_confdir(first);
    directory_.write("first/note", "");
    Process once(daemon_command({"-onetime", "-sync-only"}), directory_ / "once.log");
    if (once.wait_exit() != 0)
        throw std::runtime_error("hitlessd -onetime -sync-only failed: " + once.log());
    std::string configuration = read_text(first + "/haproxy.cfg");
    boost::replace_all(configuration, first, "@DIR@");
    haproxy_.emplace(configuration, options_.mode);
    write_confdir(haproxy_->directory().path());
    note_pid();
}

std::string Stage::filled(std::string text, const std::string& haproxy_directory) const {
    boost::replace_all(text, "@RELOAD@", "kill -USR2 $(cat @DIR@/haproxy.pid)");
    boost::replace_all(text, "@HAPROXY@", haproxy_program());
    boost::replace_all(text, "@DEST@", "@DIR@/haproxy.cfg");
    boost::replace_all(text, "@DIR@", haproxy_directory);
    boost::replace_all(text, "@PORT@", std::to_string(port_));
    boost::replace_all(text, "@KEYS@", fmt::format("\"{}\"", fmt::join(options_.keys, "\", \"")));
    return text;
}

void Stage::write_confdir(const std::string& haproxy_directory) {
    directory_.write("confd/conf.d/haproxy.toml", filled(options_.toml, haproxy_directory));
    directory_.write("confd/templates/haproxy.cfg.tmpl", filled(options_.cfg, haproxy_directory));
}

void Stage::write_template(const std::string& cfg) {
    options_.cfg = cfg;
    write_confdir(haproxy_->directory().path());
}

void Stage::note_pid() {
    haproxy_->directory().write("haproxy.pid", std::to_string(haproxy_->process().pid()));
}

std::vector<std::string> Stage::daemon_command(const std::vector<std::string>& flags) const {
    std::vector<std::string> command = {HITLESSD,   "-interval",         "600", "-node", etcd.url(),
                                        "-confdir", directory_ / "confd"};
    if (options_.api == etcd::Settings::Api::v3)
        command.insert(command.end(), {"-backend", "etcdv3"});
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
}

void Stage::start_daemon(const std::vector<std::string>& flags) {
    daemon_.emplace(daemon_command(flags), directory_ / "hitlessd.log");
}

int Stage::stop_daemon(int signal) {
    daemon_->signal(signal);
    const auto status = daemon_->wait_exit();
    if (!status)
        throw std::runtime_error("hitlessd doesn't end: " + log());
    return *status;
}

void Stage::kill_daemon() {
    daemon_->kill();
}

std::string Stage::log() const {
    return read_text(directory_ / "hitlessd.log");
}

void Stage::add(const std::string& name, std::size_t server) {
    etcd.put("/app/servers/" + name, web.address(server));
}

void Stage::remove(const std::string& name) {
    etcd.remove("/app/servers/" + name);
}

void Stage::restart_haproxy() {
    haproxy_->stop();
    haproxy_->start();
    note_pid();
}

std::vector<std::string> Stage::servers(const std::string& backend) const {
    const auto running =
        haproxy::parse_servers_state(haproxy_->command("show servers state " + backend));
    std::vector<std::string> found;
    if (!running || !running->contains(backend))
        return found;
    for (const auto& [name, server] : running->at(backend))
        found.push_back(fmt::format("{} {}:{} {}{}", name, server.address, server.port,
                                    server.weight, server.in_maintenance() ? " MAINT" : ""));
    return found;
}

bool Stage::wait_servers(const std::vector<std::string>& expected,
                         const std::string& backend) const {
    return wait_until([&] {
        try {
            return servers(backend) == expected;
        } catch (const std::exception&) { // HAProxy is away just now
            return false;
        }
    });
}

std::string Stage::running(const std::string& name, std::size_t server, int weight) const {
    return fmt::format("{} {} {}", name, web.address(server), weight);
}

bool Stage::wait_log(const std::string& text) const {
    return wait_until([&] { return log().find(text) != std::string::npos; });
}

std::string Stage::file() const {
    return read_text(haproxy_->config_file());
}

std::string Stage::ask(const std::string& server) const {
    const HttpAnswer answer = http("GET", fmt::format("http://127.0.0.1:{}/", port_), {},
                                   std::chrono::seconds(10), {}, {{"x-server", server}});
    return answer.status == 200 ? answer.body : fmt::format("HTTP {}", answer.status);
}

} // namespace hitless::test
