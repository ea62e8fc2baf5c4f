#include "hitless/base/text.hpp"
#include "hitless/plan/slots.hpp"

#include "ctl/commands.hpp"
#include "ctl/managed.hpp"
#include "ctl/roles.hpp"
#include "ctl/view.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <utility>

/// Follows changes of state.
namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string time_now() {
    const auto time = std::chrono::system_clock::now();
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

/// What one HAProxy was like at the last look.
class Follower {
  public:
    Follower(Context& context, Channel& channel, bool several)
        : context_(context), channel_(channel), several_(several) {}

    void look() {
        const auto now = channel_.snapshot();
        if (!now) {
            if (std::exchange(trouble_, now.error().message) != now.error().message)
                tell({{"event", "unreachable"}, {"detail", now.error().message}});
            return;
        }
        if (!std::exchange(trouble_, {}).empty())
            tell({{"event", "reachable"}});
        if (pid_ != 0 && now->info.pid != pid_)
            tell({{"event", "new process"},
                  {"detail", fmt::format("pid {} instead of {}", now->info.pid, pid_)}});
        const bool first = std::exchange(pid_, now->info.pid) == 0;
        Table table = server_table(now->stat, now->running, nullptr);
        add_roles(table, *now);
        compare(table, first);
    }

  private:
    using Name = std::pair<std::string, std::string>;

    /// Of spare servers: for whom they are there. The file is read only where there are any.
    void add_roles(Table& table, const Snapshot& now) const {
        const auto is_spare = [](const Json& row) {
            return plan::is_slot(row["server"].get_ref<const std::string&>());
        };
        if (std::ranges::none_of(table.rows, is_spare))
            return;
        const auto file = find_config(context_.options, now.info.pid);
        if (!file)
            return;
        const Roles roles(now.running, file->config, keeper_of(*file) != Keeper::none, {},
                          noted_places(*file, now.info));
        for (Json& row : table.rows) {
            if (!is_spare(row))
                continue;
            const Role role =
                roles.of(row["backend"].get<std::string>(), row["server"].get<std::string>());
            row["role"] = role.text();
            row["serves"] = role.serves;
        }
    }

    /// A server in the place of a spare one is meant by its own name, too: also where it has just
    /// left that.
    [[nodiscard]] bool is_meant(const Name& name, const Json& row) const {
        const auto serves = [&](const Json& of) {
            const std::string served = of.value("serves", std::string());
            return !served.empty() && is_named(context_.operands, name.first, served);
        };
        const auto before = servers_.find(name);
        return context_.operands.empty() || is_named(context_.operands, name.first, name.second) ||
               serves(row) || (before != servers_.end() && serves(before->second));
    }

    void compare(const Table& table, bool first) {
        std::map<Name, Json> servers;
        std::set<Name> there;
        for (const Json& row : table.rows) {
            Name name(row["backend"], row["server"]);
            there.insert(name);
            if (is_meant(name, row))
                servers.emplace(std::move(name), row);
        }
        std::swap(servers, servers_);
        if (first)
            return;
        for (const auto& [name, row] : servers_) {
            const auto before = servers.find(name);
            if (before == servers.end())
                tell(event(row, "new",
                           fmt::format("{}, {}", shown(row, "address"), shown(row, "state"))));
            else
                compare(before->second, row);
        }
        for (const auto& [name, row] : servers) {
            if (!there.contains(name))
                tell(event(row, "gone", {}));
        }
    }

    void compare(const Json& before, const Json& after) {
        for (const char* const key : {"state", "admin", "address", "weight"}) {
            if (before[key] == after[key])
                continue;
            std::string detail = fmt::format("{} → {}", shown(before, key), shown(after, key));
            if (std::string_view(key) == "state" && after["last_check"].is_string())
                detail +=
                    fmt::format(" ({}{}{})", shown(after, "check"),
                                after["check"].is_null() ? "" : ", ", shown(after, "last_check"));
            tell(event(after, key, detail));
        }
    }

    static std::string shown(const Json& row, const char* key) {
        return cell_text(row[key], Column::Kind::text);
    }

    static Json event(const Json& row, const std::string& what, const std::string& detail) {
        Json event;
        event["event"] = what;
        event["backend"] = row["backend"];
        event["server"] = row["server"];
        if (row["role"].is_string())
            event["role"] = row["role"];
        event["detail"] = detail;
        return event;
    }

    void tell(const Json& event) {
        Json line;
        line["time"] = time_now();
        if (several_)
            line["haproxy"] = channel_.target().name();
        line.update(event);
        if (context_.options.json) {
            context_.out << line.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
            return;
        }
        std::string text;
        for (const auto& [key, value] : line.items()) {
            const std::string cell = cell_text(value, Column::Kind::text);
            if (cell.empty())
                continue;
            text += key == "server" ? "/" : text.empty() ? "" : " ";
            text += cell;
        }
        context_.out << text << std::endl;
    }

    Context& context_;
    Channel& channel_;
    bool several_;
    long pid_ = 0;
    std::string trouble_;
    std::map<Name, Json> servers_;
};

} // namespace

std::vector<base::Flag> follow_flags(Options& options) {
    return {base::text_flag("watch", "SECONDS", "look every so many seconds (default 1)",
                            options.watch)};
}

ExitCode follow_events(Context& context) {
    const auto seconds = watch_interval(context, "1");
    if (!seconds)
        return context.complain(seconds.error().message, usage);
    auto channels = context.channels();
    if (channels.empty())
        return failed;
    std::vector<Follower> followers;
    for (Channel& channel : channels)
        followers.emplace_back(context, channel, channels.size() > 1);
    while (context.out) { // until nobody reads on
        for (Follower& follower : followers)
            follower.look();
        std::this_thread::sleep_for(*seconds);
    }
    return done;
}

} // namespace hitless::ctl
