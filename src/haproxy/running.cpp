#include "hitless/haproxy/running.hpp"

#include "hitless/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace hitless::haproxy {
namespace {

template <class Number>
Number to_number(std::string_view text) {
    Number number{};
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// Calls `use` with each line.
template <class Use>
void for_each_line(std::string_view text, Use use) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        use(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

/// Where each column that we want stands in a line.
struct Columns {
    static constexpr std::array names = {
        std::string_view{"be_name"},          std::string_view{"srv_name"},
        std::string_view{"srv_addr"},         std::string_view{"srv_op_state"},
        std::string_view{"srv_admin_state"},  std::string_view{"srv_uweight"},
        std::string_view{"srv_iweight"},      std::string_view{"srv_check_state"},
        std::string_view{"srv_agent_state"},  std::string_view{"srv_fqdn"},
        std::string_view{"srv_port"},         std::string_view{"srv_id"},
        std::string_view{"srv_check_result"},
    };
    std::array<std::size_t, names.size()> at{};
    std::size_t count = 0; ///< of all columns

    static std::optional<Columns> of(std::string_view header) {
        header.remove_prefix(std::min(header.find_first_not_of("# "), header.size()));
        const auto words = base::split(base::trim(header), ' ');
        Columns columns;
        columns.count = words.size();
        for (std::size_t i = 0; i < names.size(); ++i) {
            const auto found = std::ranges::find(words, names[i]);
            if (found == words.end())
                return std::nullopt;
            columns.at[i] = static_cast<std::size_t>(found - words.begin());
        }
        return columns;
    }
};

/// What stands between blanks. `words` is used again for the next line: a reading has thousands.
void split_at_blanks(std::string_view line, std::vector<std::string_view>& words) {
    words.clear();
    for (std::size_t begin = 0; begin <= line.size();) {
        const std::size_t end = std::min(line.find(' ', begin), line.size());
        words.push_back(line.substr(begin, end - begin));
        begin = end + 1;
    }
}

/// False when the line ends before the columns that its header names.
bool add_server(Running& running, const Columns& columns,
                const std::vector<std::string_view>& words) {
    if (words.size() < columns.count)
        return false;
    const auto word = [&](std::size_t i) { return words[columns.at[i]]; };
    RunningServer server;
    server.address = word(2);
    server.operational = to_number<int>(word(3));
    server.admin_state = to_number<unsigned>(word(4));
    server.weight = to_number<int>(word(5));
    server.initial_weight = to_number<int>(word(6));
    server.check_state = to_number<unsigned>(word(7));
    server.agent_state = to_number<unsigned>(word(8));
    server.fqdn = word(9) == "-" ? std::string_view{} : word(9);
    server.port = to_number<std::uint16_t>(word(10));
    server.id = to_number<long>(word(11));
    server.check_result = to_number<int>(word(12));
    auto backend = running.find(word(0));
    if (backend == running.end())
        backend = running.emplace(word(0), RunningBackend{}).first;
    server.position = backend->second.size();
    backend->second.emplace_hint(backend->second.end(), word(1), std::move(server));
    return true;
}

/// What HAProxy doesn't tell.
void take_knowledge(RunningServer& server, const RunningServer& known) {
    server.options = known.options;
    server.address_text = known.address_text;
    server.disabled = known.disabled;
    server.leaving = known.leaving && server.in_maintenance();
    server.of_file = known.of_file;
    server.stays = known.stays;
    server.pinned = known.pinned;
    server.serves = known.serves;
}

} // namespace

Result<Info> parse_info(std::string_view text) {
    Info info;
    for_each_line(text, [&](std::string_view line) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos)
            return;
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = base::trim(line.substr(colon + 1));
        if (name == "Version")
            info.version = value;
        else if (name == "Pid")
            info.pid = to_number<long>(value);
        else if (name == "Uptime_sec")
            info.uptime_seconds = to_number<long>(value);
        else if (name == "Start_time_sec")
            info.start_seconds = to_number<long>(value);
        else if (name == "Maxconn")
            info.max_connections = to_number<long>(value);
        else if (name == "Hard_maxconn")
            info.hard_max_connections = to_number<long>(value);
        else if (name == "Stopping")
            info.stopping = value != "0";
    });
    if (info.version.empty() || info.pid == 0)
        return fail("'show info' was answered with '{}'", base::printable(text, 120));
    const std::string_view version = info.version;
    info.major = to_number<int>(version);
    info.minor =
        to_number<int>(version.substr(std::min(version.find('.'), version.size() - 1) + 1));
    return info;
}

std::vector<std::string> parse_server_keywords(std::string_view text) {
    if (!text.starts_with("List of keywords"))
        return {};
    std::vector<std::string> keywords;
    for_each_line(text.substr(std::min(text.find('\n'), text.size())), [&](std::string_view line) {
        if (const std::string_view word = base::trim(line); !word.empty())
            keywords.emplace_back(word);
    });
    std::ranges::sort(keywords);
    return keywords;
}

Result<Running> parse_servers_state(std::string_view text) {
    Running running;
    std::optional<Columns> columns;
    std::optional<std::string> cut_off;
    std::vector<std::string_view> words;
    for_each_line(text, [&](std::string_view line) {
        if (line.starts_with('#')) {
            columns = Columns::of(line);
        } else if (columns && !line.empty()) {
            split_at_blanks(line, words);
            if (!add_server(running, *columns, words))
                cut_off = line;
        }
    });
    if (cut_off)
        return fail("'show servers state' was answered with a line that isn't whole: '{}'",
                    base::printable(*cut_off, 120));
    if (!columns)
        return fail("'show servers state' was answered with '{}'", base::printable(text, 120));
    return running;
}

void keep_knowledge(Running& running, const Running& before) {
    for (auto& [backend, servers] : running) {
        const auto known_servers = before.find(backend);
        if (known_servers == before.end())
            continue;
        auto known = known_servers->second.begin(); // both are in the order of their names
        const auto end = known_servers->second.end();
        for (auto& [name, server] : servers) {
            while (known != end && known->first < name)
                ++known;
            if (known != end && known->first == name)
                take_knowledge(server, known->second);
        }
    }
}

const RunningServer* find_server(const Running& running, std::string_view backend,
                                 std::string_view server) {
    const auto servers = running.find(backend);
    if (servers == running.end())
        return nullptr;
    const auto found = servers->second.find(server);
    return found == servers->second.end() ? nullptr : &found->second;
}

const RunningServer* find_spare_of(const Running& running, std::string_view backend,
                                   std::string_view server) {
    const auto servers = running.find(backend);
    if (servers == running.end())
        return nullptr;
    const auto found = std::ranges::find_if(
        servers->second, [&](const auto& one) { return one.second.serves == server; });
    return found == servers->second.end() ? nullptr : &found->second;
}

std::optional<Address> address_now(const RunningServer& server) {
    Address spelt; // with brackets where it is an IPv6 address, whose end may look like a port
    spelt.host = server.address;
    auto address = parse_address(to_string(spelt));
    if (!address || address->kind != Address::Kind::ip)
        return std::nullopt;
    address->port = server.port;
    return std::move(*address);
}

std::optional<Address> parking_address(const RunningServer& server) {
    auto address = address_now(server);
    if (!address || server.port == 0)
        return std::nullopt;
    address->port = server.port == 1 ? 2 : 1;
    return address;
}

} // namespace hitless::haproxy
