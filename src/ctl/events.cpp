#include "hitless/base/text.hpp"

#include "ctl/commands.hpp"
#include "ctl/view.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <map>
#include <ostream>
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
        compare(server_table(now->stat, now->running, nullptr), first);
    }

  private:
    using Name = std::pair<std::string, std::string>;

    void compare(const Table& table, bool first) {
        std::map<Name, Json> servers;
        for (const Json& row : table.rows) {
            Name name(row["backend"], row["server"]);
            if (context_.operands.empty() || is_named(context_.operands, name.first, name.second))
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
            if (!servers_.contains(name))
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
