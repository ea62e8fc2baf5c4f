#include "hitless/apply/status_note.hpp"
#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/haproxy/environment.hpp"
#include "hitless/haproxy/uses.hpp"
#include "hitless/live/files.hpp"

#include "ctl/commands.hpp"
#include "ctl/fresh.hpp"
#include "ctl/managed.hpp"
#include "ctl/roles.hpp"
#include "ctl/target.hpp"
#include "ctl/wanted_file.hpp"
#include "registration/child.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <set>
#include <thread>
#include <unistd.h>
#include <utility>

/// Whether the running HAProxy is as one that is started from the file.
namespace hitless::ctl {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr milliseconds pause{20};
constexpr milliseconds time_to_start{10'000};
/// What changes on its own, as an agent's word does, comes to both within this.
constexpr milliseconds time_to_follow{1'000};

/// A directory that only we can read, and goes away with all that is in it.
class PrivateDirectory {
  public:
    PrivateDirectory() {
        std::string name = (fs::temp_directory_path() / "hitlessctl-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr)
            path_ = name;
    }
    ~PrivateDirectory() {
        std::error_code ignored;
        if (!path_.empty())
            fs::remove_all(path_, ignored);
    }
    PrivateDirectory(const PrivateDirectory&) = delete;
    PrivateDirectory& operator=(const PrivateDirectory&) = delete;

    [[nodiscard]] bool is_there() const { return !path_.empty(); }
    [[nodiscard]] std::string file(const char* name) const { return (path_ / name).string(); }

  private:
    fs::path path_;
};

/// The program that the process runs, as it was when it began, or that of PATH.
std::string program_of(long pid) {
    const std::string program = fmt::format("/proc/{}/exe", pid);
    return ::access(program.c_str(), X_OK) == 0 ? program : "haproxy";
}

/// Gives this process, and those that it starts, the variables that the file may name.
void take_environment_of(long pid) {
    const auto environment = base::read_file(fmt::format("/proc/{}/environ", pid));
    if (!environment)
        return; // another user's
    for (const std::string_view variable : base::split(*environment, '\0')) {
        const std::size_t sign = variable.find('=');
        const std::string name(variable.substr(0, sign));
        // What its master and the service manager tell it is not for another process.
        const bool is_its_own = name.starts_with("HAPROXY_MWORKER") || name == "NOTIFY_SOCKET" ||
                                name == "HAPROXY_PROCESSES" || name == "HAPROXY_LOAD_SUCCESS" ||
                                name.starts_with("WATCHDOG_") || name.starts_with("LISTEN_");
        if (sign != std::string_view::npos && !is_its_own)
            ::setenv(name.c_str(), std::string(variable.substr(sign + 1)).c_str(), 1);
    }
}

/// A second HAProxy; it ends with this.
class FreshProcess {
  public:
    FreshProcess(const PrivateDirectory& directory, milliseconds limit)
        : directory_(directory), channel_({directory.file("admin.sock"), {}}, limit) {}
    ~FreshProcess() {
        child_.kill();
        while (child_.is_running()) {
            std::this_thread::sleep_for(pause);
            child_.reap();
        }
    }
    FreshProcess(const FreshProcess&) = delete;
    FreshProcess& operator=(const FreshProcess&) = delete;

    /// In the directory of `pid`, since the file may have relative paths.
    Result<void> start(const haproxy::Config& config, long pid) {
        std::ofstream file(directory_.file("haproxy.cfg"));
        if (!(file << for_fresh_process(config, directory_.file("admin.sock")) << std::flush))
            return fail("can't write {}", directory_.file("haproxy.cfg"));
        std::error_code no_directory;
        fs::path directory = fs::read_symlink(fmt::format("/proc/{}/cwd", pid), no_directory);
        if (no_directory)
            directory = fs::current_path();
        take_environment_of(pid);
        const auto failure = child_.start(
            {"/bin/sh", "-c",
             R"(cd "$1" && exec "$2" -db -L hitlessctl-verify -f "$3" >"$4" 2>&1 </dev/null)", "sh",
             directory.string(), program_of(pid), directory_.file("haproxy.cfg"), log()});
        if (failure)
            return fail("can't start a second HAProxy: {}", failure->text);
        return wait_for_socket();
    }

    [[nodiscard]] Channel& channel() { return channel_; }

  private:
    [[nodiscard]] std::string log() const { return directory_.file("log"); }

    [[nodiscard]] std::string log_text() const {
        const auto text = base::read_file(log());
        return text ? *text : text.error().message;
    }

    Result<void> wait_for_socket() {
        for (const auto end = Clock::now() + time_to_start; Clock::now() < end;) {
            child_.reap();
            if (!child_.is_running())
                return fail("a second HAProxy doesn't start from the file: {}",
                            base::printable(log_text(), 2'000));
            if (fs::exists(directory_.file("admin.sock")) && channel_.info())
                return {};
            std::this_thread::sleep_for(pause);
        }
        return fail("a second HAProxy doesn't answer within {} s", time_to_start.count() / 1'000);
    }

    const PrivateDirectory& directory_;
    registration::Child child_;
    Channel channel_;
};

struct Look {
    StateTable table;
    haproxy::Running servers;
    bool settled = true;
};

Result<Look> look_at(Channel& channel) {
    const auto stat = channel.stat();
    if (!stat)
        return stat.error();
    const auto state = channel.run("show servers state");
    if (!state)
        return state.error();
    auto table = state_table(*stat, *state);
    if (!table)
        return table.error();
    auto servers = haproxy::parse_servers_state(*state);
    if (!servers)
        return servers.error();
    return Look{std::move(*table), std::move(*servers), std::ranges::none_of(*stat, is_on_its_way)};
}

/// What was compared, and how it differs.
struct Comparison {
    Counts counts; ///< of the fresh one
    std::vector<InSlot> in_slots;
    std::vector<StateDifference> differences;
    std::vector<std::string> not_compared = {}; ///< map files and ACL files
};

std::vector<std::string> find_pattern_files(const ConfigFile& file) {
    std::set<std::string> names;
    for (const haproxy::FileUse& use :
         haproxy::file_uses(file.config.text(), haproxy::own_environment(), file.path)) {
        if (live::object_kind(use.kind))
            names.insert(use.name);
    }
    return {names.begin(), names.end()};
}

std::vector<InSlot> find_in_slots(const haproxy::Running& servers, const Roles& roles) {
    std::vector<InSlot> found;
    for (const auto& [backend, of_backend] : servers) {
        for (const auto& [name, server] : of_backend) {
            const Role role = roles.of(backend, name);
            if (role.kind == Role::Kind::slot && !role.serves.empty())
                found.push_back({backend, role.serves, name});
        }
    }
    return found;
}

std::vector<std::string> find_free_slots(const haproxy::Running& servers, const Roles& roles) {
    std::vector<std::string> found;
    for (const auto& [backend, of_backend] : servers) {
        for (const auto& [name, server] : of_backend) {
            if (server.in_maintenance() && roles.of(backend, name).kind == Role::Kind::spare)
                found.push_back(fmt::format("{}/{}", backend, name));
        }
    }
    return found;
}

/// Says of a server that the file hasn't what hitlessd has it for.
void name_roles(std::vector<StateDifference>& found, const Roles& roles) {
    for (StateDifference& one : found) {
        const std::size_t slash = one.name.find('/');
        const std::string role =
            roles.of(one.name.substr(0, slash), one.name.substr(slash + 1)).text();
        if (one.what == "server" && one.fresh == "-" && !role.empty())
            one.running += fmt::format(" ({})", role);
    }
}

Comparison compare(Look here, Look there, const ConfigFile& file, const haproxy::Info& process) {
    const Roles roles(here.servers, file.config, keeper_of(file) != Keeper::none, {},
                      noted_places(file, process));
    Comparison result{{}, find_in_slots(here.servers, roles), {}, find_pattern_files(file)};
    name_servers_in_slots(here.table, there.table, result.in_slots);
    leave_out_leftovers(here.table, find_free_slots(here.servers, roles));
    result.counts = count(there.table);
    leave_out_free_ids(here.table, file.config, process);
    leave_out_free_ids(there.table, file.config, process);
    result.differences = differences(here.table, there.table);
    name_roles(result.differences, roles);
    return result;
}

/// Compares again and again, since checks need their time, until nothing differs or -wait is over.
Result<Comparison> compare(Channel& running, Channel& fresh, const ConfigFile& file,
                           const haproxy::Info& process, milliseconds wait) {
    auto end = Clock::now() + wait;
    bool settled = false;
    for (;;) {
        auto here = look_at(running);
        if (!here)
            return here.error();
        auto there = look_at(fresh);
        if (!there)
            return there.error();
        const bool is_settled = there->settled;
        Comparison found = compare(std::move(*here), std::move(*there), file, process);
        if ((found.differences.empty() && is_settled) || Clock::now() >= end)
            return found;
        if (is_settled && !std::exchange(settled, true))
            end = std::min(end, Clock::now() + time_to_follow);
        std::this_thread::sleep_for(pause);
    }
}

Table to_table(const std::vector<StateDifference>& found) {
    Table table;
    table.columns = {
        {"server", "SERVER"}, {"what", "WHAT"}, {"running", "RUNNING"}, {"fresh", "FRESH"}};
    for (const StateDifference& difference : found)
        table.rows.push_back({{"server", difference.name},
                              {"what", difference.what},
                              {"running", difference.running},
                              {"fresh", difference.fresh}});
    return table;
}

/// "3 servers and 2 spare ones in 1 backend"
std::string text_of(const Counts& counts) {
    const std::string spares =
        counts.spares == 0
            ? std::string()
            : fmt::format(" and {} spare one{}", counts.spares, counts.spares == 1 ? "" : "s");
    return fmt::format("{}{} in {}", counted(static_cast<long long>(counts.servers), "server"),
                       spares, counted(static_cast<long long>(counts.backends), "backend"));
}

Json comparison_json(const Comparison& found) {
    Json json;
    json["equal"] = found.differences.empty();
    json["servers"] = found.counts.servers;
    json["spares"] = found.counts.spares;
    json["backends"] = found.counts.backends;
    json["differences"] = to_table(found.differences).rows;
    json["not_compared"] = found.not_compared;
    json["in_slots"] = Json::array();
    for (const InSlot& one : found.in_slots)
        json["in_slots"].push_back(
            {{"server", one.backend + "/" + one.server}, {"slot", one.slot}});
    return json;
}

void print(const Context& context, const Comparison& found) {
    switch (context.options.format()) {
    case Format::json:
        context.out << json_text(comparison_json(found));
        return;
    case Format::csv:
        context.print(to_table(found.differences));
        return;
    case Format::table:
        break;
    }
    if (found.differences.empty())
        context.out << "equal: " << text_of(found.counts)
                    << " are as a fresh start would make them\n";
    else
        context.print(to_table(found.differences));
    for (const InSlot& one : found.in_slots)
        context.out << fmt::format("{}/{} runs as {}, a spare server of hitlessd (-slots)\n",
                                   base::printable(one.backend), base::printable(one.server),
                                   base::printable(one.slot));
    if (!found.not_compared.empty())
        context.out << "not compared: maps and ACL files that HAProxy has read, with what is on "
                       "disk; `hitlessctl map` does that\n";
}

/// The file may be what HAProxy runs, and yet not what the keys want. False: there is a trouble.
bool tell_troubles(const Context& context, const ConfigFile& file) {
    if (keeper_of(file) == Keeper::stopped) {
        context.complain(fmt::format("hitlessd does not run; changes of keys since it ended are "
                                     "not in {}",
                                     file.path));
        return false;
    }
    const auto status = apply::read_status(file.path);
    if (!status) {
        context.complain(status.error().message);
        return false;
    }
    for (const apply::StatusNote::Trouble& trouble : status->troubles)
        context.complain(
            fmt::format("hitlessd reports a trouble: {}", base::printable(trouble.message, 500)));
    return status->troubles.empty();
}

} // namespace

std::vector<base::Flag> verify_flags(Options& options) {
    options.wait = milliseconds(10'000);
    std::vector<base::Flag> flags;
    flags.push_back(
        base::duration_flag("wait", "how long to wait for the results of the checks (default 10s)",
                            milliseconds(0), options.wait));
    return flags;
}

ExitCode verify(Context& context) {
    const auto channel = context.channel();
    if (!channel)
        return failed;
    if (!channel->target().worker.empty())
        return context.complain("behind a master's CLI nothing is verified: name a stats socket",
                                usage);
    const auto info = channel->info();
    if (!info)
        return context.complain(info.error().message, unreachable);
    const auto file = find_config(context.options, info->pid);
    if (!file)
        return context.complain(file.error().message);
    const PrivateDirectory directory;
    if (!directory.is_there())
        return context.complain("can't make a directory in " + fs::temp_directory_path().string());
    FreshProcess fresh(directory, context.options.timeout);
    if (const auto started = fresh.start(file->config, info->pid); !started)
        return context.complain(started.error().message);
    const auto found = compare(*channel, fresh.channel(), *file, *info, context.options.wait);
    if (!found)
        return context.complain(found.error().message, unreachable);
    print(context, *found);
    const bool has_no_trouble = tell_troubles(context, *file);
    if (!found->differences.empty() && keeper_of(*file) == Keeper::hitlessd) {
        if (const auto checked = being_checked(file->path))
            context.complain(*checked + ", and verify compares with the file; verify again then");
    }
    return found->differences.empty() && has_no_trouble ? done : differs;
}

} // namespace hitless::ctl
