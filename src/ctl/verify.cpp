#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "ctl/commands.hpp"
#include "ctl/fresh.hpp"
#include "ctl/target.hpp"
#include "registration/child.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
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
    return Look{std::move(*table), std::ranges::none_of(*stat, is_on_its_way)};
}

/// Compares again and again, since checks need their time, until nothing differs or -wait is over.
Result<std::vector<StateDifference>> compare(Channel& running, Channel& fresh, milliseconds wait) {
    auto end = Clock::now() + wait;
    bool settled = false;
    for (;;) {
        const auto here = look_at(running);
        if (!here)
            return here.error();
        const auto there = look_at(fresh);
        if (!there)
            return there.error();
        std::vector<StateDifference> found = differences(here->table, there->table);
        if ((found.empty() && there->settled) || Clock::now() >= end)
            return found;
        if (there->settled && !std::exchange(settled, true))
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
        return context.complain("behind a master's CLI nothing is verified: name a stats socket");
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
    const auto found = compare(*channel, fresh.channel(), context.options.wait);
    if (!found)
        return context.complain(found.error().message, unreachable);
    if (!found->empty() || context.options.format() != Format::table)
        context.print(to_table(*found));
    return found->empty() ? done : differs;
}

} // namespace hitless::ctl
