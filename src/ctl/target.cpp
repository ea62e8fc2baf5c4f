#include "ctl/target.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/haproxy/environment.hpp"

#include "base/network.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace hitless::ctl {
namespace {

namespace fs = std::filesystem;

constexpr const char* usual_config = "/etc/haproxy/haproxy.cfg";

/// Where packages, images and documentation put the socket.
constexpr std::array usual_sockets = {
    "/run/haproxy/admin.sock",       "/var/run/haproxy/admin.sock", "/run/haproxy.sock",
    "/var/run/haproxy.sock",         "/var/lib/haproxy/stats",      "/run/haproxy/haproxy.sock",
    "/var/run/haproxy/haproxy.sock", "/run/haproxy/stats.sock",
};

constexpr std::string_view other_config = ", or the configuration with -c";

bool is_socket(const char* path) {
    struct stat status {};
    return ::stat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

/// The address as the client takes it: a path with a slash, or an IP address and a port.
std::string as_endpoint(const std::string& address) {
    if (address.starts_with('/') || address.find('@') != std::string::npos)
        return address;
    if (address.find('/') != std::string::npos || is_socket(address.c_str()))
        return fs::absolute(address);
    const std::size_t colon = address.rfind(':');
    boost::system::error_code error;
    // A resolver takes any number for a port, modulo 65536.
    if (colon == std::string::npos || !base::parse_port(address.substr(colon + 1)))
        return address;
    const std::string host = address.substr(0, colon);
    boost::asio::ip::make_address(host.starts_with('[') ? host.substr(1, host.size() - 2) : host,
                                  error);
    if (!error)
        return address;
    boost::asio::io_context context;
    const auto found =
        boost::asio::ip::tcp::resolver(context).resolve(host, address.substr(colon + 1), error);
    if (error || found.empty())
        return address;
    const boost::asio::ip::tcp::endpoint endpoint = *found.begin();
    return base::host_port(endpoint.address().to_string(), endpoint.port());
}

Target target(const std::string& address, std::string named_by = {}) {
    return {as_endpoint(address), {}, std::move(named_by)};
}

Result<ConfigFile> read_config(const std::string& file) {
    auto text = base::read_file(file);
    if (!text)
        return text.error();
    auto config = haproxy::Config::parse(std::move(*text));
    if (!config)
        return fail("{} is no configuration of HAProxy: {}", file, config.error().message);
    return ConfigFile{file, std::move(*config)};
}

/// `is_flag`: -c names the file.
Result<std::vector<Target>> of_config(const std::string& file, bool is_flag = false) {
    const auto config = read_config(file);
    if (!config)
        return config.error();
    const haproxy::AdminSockets sockets =
        haproxy::find_admin_sockets(config->config, haproxy::own_environment());
    std::vector<Target> targets;
    for (const std::string& address : sockets.addresses)
        targets.push_back(target(address, fmt::format("{} names it; name another socket with -s{}",
                                                      file, is_flag ? "" : other_config)));
    if (targets.empty() && !sockets.missing.empty())
        return fail("{} names its stats socket by an environment variable that is not set here "
                    "({}): set it as HAProxy has it, or name the socket with -socket",
                    file, fmt::join(sockets.missing, ", "));
    if (targets.empty())
        return fail("{} has no stats socket that may change servers; add to its global section: "
                    "stats socket /run/haproxy/admin.sock mode 660 level admin expose-fd listeners",
                    file);
    targets.resize(1); // they all lead to the same process
    return targets;
}

/// By -socket, or else by the environment.
std::vector<std::string> named_sockets(const Options& options) {
    const char* const variable = std::getenv("HAPROXY_SOCKET");
    if (!options.sockets.empty() || variable == nullptr || *variable == '\0')
        return options.sockets;
    return {variable};
}

std::string worker_prefix(const std::string& worker) {
    return worker.starts_with('@') ? worker : "@" + worker;
}

/// Of its command line; empty: it can't be read.
std::vector<std::string> words_of_process(long pid) {
    const auto line = base::read_file(fmt::format("/proc/{}/cmdline", pid));
    std::vector<std::string> words;
    if (!line)
        return words;
    for (const std::string_view word : base::split(*line, '\0'))
        words.emplace_back(word);
    return words;
}

/// The files that the process was told to read: `-f FILE`, `-- FILE…` and bare ones.
std::vector<std::string> files_of_process(long pid) {
    const auto words = words_of_process(pid);
    std::vector<std::string> files;
    std::error_code error;
    const fs::path directory = fs::read_symlink(fmt::format("/proc/{}/cwd", pid), error);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (words[i] == "-f" && !words[i + 1].empty())
            files.push_back(directory / words[i + 1]);
    }
    return files;
}

} // namespace

Result<std::vector<Target>> find_targets(const Options& options) {
    if (!options.master.empty())
        return std::vector<Target>(1,
                                   {as_endpoint(options.master),
                                    worker_prefix(options.worker.empty() ? "1" : options.worker)});
    const std::string who =
        options.sockets.empty()
            ? fmt::format("$HAPROXY_SOCKET names it; name another socket with -s{}", other_config)
            : std::string();
    std::vector<Target> targets;
    for (const std::string& address : named_sockets(options))
        targets.push_back(target(address, who));
    if (!targets.empty())
        return targets;
    if (!options.config.empty())
        return of_config(options.config, true);
    std::string why_not_usual;
    if (::access(usual_config, R_OK) == 0) {
        auto found = of_config(usual_config);
        if (found)
            return found;
        why_not_usual = ". " + found.error().message;
    }
    const auto socket = std::ranges::find_if(usual_sockets, is_socket);
    if (socket != usual_sockets.end())
        return std::vector<Target>(1, target(*socket, fmt::format("it is at a usual place; name "
                                                                  "another socket with -s{}",
                                                                  other_config)));
    return fail("there is no HAProxy to talk to: name its stats socket with --socket or "
                "$HAPROXY_SOCKET, or its configuration with -c (looked at {} and for {}){}",
                usual_config, fmt::join(usual_sockets, ", "), why_not_usual);
}

Result<ConfigFile> find_config(const Options& options, long pid) {
    if (!options.config.empty())
        return read_config(options.config);
    const std::vector<std::string> files = files_of_process(pid);
    if (files.size() == 1)
        return read_config(files.front());
    if (files.size() > 1)
        return fail("HAProxy has read {} files; name one with -c", files.size());
    if (::access(usual_config, R_OK) == 0)
        return read_config(usual_config);
    return fail("it is not known which file HAProxy has read; name it with -c");
}

std::optional<long> frontend_limit_flag(const std::string& config_file, long pid) {
    std::error_code error;
    const auto files = files_of_process(pid);
    if (files.size() != 1 || !fs::equivalent(files.front(), config_file, error))
        return std::nullopt; // it may be a process of another host
    const auto words = words_of_process(pid);
    const auto flag = std::ranges::find(words, "-N");
    if (flag == words.end())
        return 0;
    long limit = 0;
    if (flag + 1 != words.end())
        std::from_chars((flag + 1)->data(), (flag + 1)->data() + (flag + 1)->size(), limit);
    return limit > 0 ? std::optional(limit) : std::nullopt;
}

Result<ConfigFile> find_config_of_absent(const Options& options) {
    auto file = find_config(options, 0);
    const std::vector<std::string> named = named_sockets(options);
    if (!file || !options.config.empty() || named.empty())
        return file;
    const auto own = haproxy::find_admin_sockets(file->config, haproxy::own_environment());
    if (std::ranges::find_first_of(own.addresses, named) == own.addresses.end())
        return fail("it isn't known which file it runs from: name it with -c");
    return file;
}

std::optional<haproxy::Server> server_of(const haproxy::Config& file, std::string_view backend,
                                         std::string_view server) {
    const haproxy::Section* const section = file.find_backend(backend);
    const haproxy::ServerLine* const line =
        section != nullptr ? section->find_server(server) : nullptr;
    if (line == nullptr)
        return std::nullopt;
    auto wanted = haproxy::effective_server(file, *section, *line);
    return wanted ? std::optional(std::move(*wanted)) : std::nullopt;
}

} // namespace hitless::ctl
