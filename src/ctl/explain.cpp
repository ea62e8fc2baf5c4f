#include "hitless/base/text.hpp"
#include "hitless/confd/resource_note.hpp"
#include "hitless/haproxy/capabilities.hpp"
#include "hitless/haproxy/server.hpp"
#include "hitless/plan/slots.hpp"

#include "ctl/absent.hpp"
#include "ctl/commands.hpp"
#include "ctl/explanation_text.hpp"
#include "ctl/holds.hpp"
#include "ctl/keeper_told.hpp"
#include "ctl/managed.hpp"
#include "ctl/names.hpp"
#include "ctl/origins.hpp"
#include "ctl/preview.hpp"
#include "ctl/roles.hpp"
#include "ctl/told.hpp"
#include "ctl/traffic.hpp"
#include "ctl/view.hpp"
#include "ctl/wanted.hpp"
#include "ctl/ways.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>
#include <utility>

/// All that is known of one server, and why it gets no traffic.
namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

/// "FILE:LINE: text" as JSON.
Json place(const std::string& file, int line, std::string_view text) {
    Json json;
    json["file"] = file;
    json["line"] = line;
    json["text"] = std::string(text);
    return json;
}

/// The first key that the line was made from, and its value.
Json key_of(const Wanted& wanted, const haproxy::Config& config, const haproxy::ServerLine& line) {
    const auto key = key_of_line(wanted, config, line);
    if (!key)
        return {};
    const std::string* const value = wanted.keys.find(*key);
    return {{"key", *key}, {"value", value != nullptr ? Json(*value) : Json()}};
}

Json place_in_template(const confd::Resource& resource, const apply::OriginLine& origin) {
    const int number = origin.pieces.front().template_line;
    return place(resource.src, number, line_of_file(resource.src, number));
}

/// The keys and other sources that the line was made from, each once.
Json sources_of(const apply::OriginLine& line) {
    Json all = Json::array();
    std::vector<std::string> seen;
    for (const apply::OriginPiece& piece : line.pieces) {
        if (std::ranges::find(seen, piece.source) != seen.end())
            continue;
        seen.push_back(piece.source);
        all.push_back({{"source", piece.source}, {"described", piece.described}});
    }
    return all;
}

/// The plan's steps and troubles for the server alone, which HAProxy may have by another name.
apply::Preview of_server(apply::Preview preview, const std::string& backend,
                         const std::string& server, const std::string& running_name) {
    plan::Plan& plan = preview.plan;
    std::erase_if(plan.steps, [&](const plan::Step& step) {
        return step.object.kind != plan::ObjectId::Kind::server || step.object.scope != backend ||
               (step.object.name != server && step.running_name() != running_name &&
                plan::stood_in_for(step.object.name) != server);
    });
    const plan::ObjectId own{plan::ObjectId::Kind::server, backend, server};
    plan.obstacles = plan.obstacles.of(own);
    const auto is_other = [&](const plan::Remark& remark) { return remark.object != own; };
    std::erase_if(plan.problems, is_other);
    plan.doubts.clear();
    std::erase_if(plan.waiting, is_other);
    std::erase_if(preview.leaving, is_other);
    std::erase_if(preview.unknown, is_other);
    return preview;
}

class Explanation {
  public:
    Explanation(Context& context, Channel& channel, std::string backend, std::string server)
        : context_(context),
          channel_(channel),
          backend_(std::move(backend)),
          server_(std::move(server)) {}

    ExitCode explain() {
        const auto now = channel_.snapshot();
        if (!now) {
            complain_of_keeper(context_);
            return context_.complain(now.error().message, unreachable);
        }
        auto wanted = find_wanted(context_.options, now->info);
        if (wanted)
            ask(*wanted);
        json_["server"] = fmt::format("{}/{}", backend_, server_);
        look_at_haproxy(*now, wanted ? &*wanted : nullptr);
        if (wanted)
            look_at_wanted(*wanted, now->info.pid);
        else
            say_not_known(wanted.error());
        add_told(now->info.pid);
        if (json_["running"].is_null() && json_["line"].is_null() && json_["made_line"].is_null() &&
            !is_true(json_, "is_coming") && (!wanted || json_["left_out"].empty()))
            return say_not_found(wanted ? &*wanted : nullptr);
        if (context_.options.json)
            context_.out << json_text(json_);
        else
            context_.out << explanation_text(json_, context_.style());
        if (differs_)
            return differs;
        return is_known_ ? done : failed;
    }

  private:
    void say_not_known(const Error& error) {
        json_["not_known"] = error.message;
        is_known_ = false;
    }

    /// The server may be one of keys that hitlessd could not follow.
    [[nodiscard]] ExitCode say_not_found(const Wanted* wanted) {
        const std::string name =
            fmt::format("{}/{}", base::printable(backend_), base::printable(server_));
        if (const auto why =
                wanted != nullptr ? why_not_known(*wanted, told_.has_value()) : std::nullopt)
            return context_.complain(
                fmt::format("there is no server {} in HAProxy, nor in {}; whether the keys want "
                            "it isn't known: {}",
                            name, wanted->file.path, base::printable(*why, 1'000)),
                differs);
        return context_.complain(
            fmt::format("there is no server {} in HAProxy, nor in what is wanted of it; {}", name,
                        hint_of_name(ask_names(channel_), backend_ + "/" + server_)),
            nothing);
    }

    void ask(Wanted& wanted) {
        auto told = ask_keeper(context_.options, wanted.file.path);
        if (!told) {
            context_.complain(told.error().message);
            return;
        }
        told_ = std::move(*told);
        if (told_)
            take_told(wanted, *told_);
    }

    /// What hitlessd itself knows of the server.
    void add_told(long pid) {
        json_["hitlessd"] = nullptr;
        if (!told_)
            return;
        const std::string& name = served_.empty() ? server_ : served_;
        json_["hitlessd"] = told_->of_server(pid, backend_, name, what_is_not_seen());
        const Json& server = told_->server(pid, backend_, name);
        json_["is_coming"] = json_["running"].is_null() && member(server, "wanted").is_object();
        for (const char* const member : {"differs", "queued", "waits", "obstacle"})
            differs_ = differs_ || has_text(server, member);
    }

    /// What hitlessd does about a difference that it doesn't tell of; empty: there is none.
    [[nodiscard]] std::string what_is_not_seen() const {
        const Json plan = json_.value("plan", Json());
        if (!plan.is_object() || plan["actions"].empty())
            return {};
        if (is_of_registry_)
            return "has nothing to do for it now, by the keys and the template that it has";
        return "has not seen this difference yet: it makes the server as planned above when it "
               "looks at HAProxy next, within its -resync time";
    }

    void look_at_haproxy(const Snapshot& now, const Wanted* wanted) {
        const haproxy::Config* const file = wanted != nullptr ? &wanted->file.config : nullptr;
        std::optional<Roles> roles;
        if (file != nullptr)
            roles.emplace(now.running, *file, keeper_of(wanted->file) != Keeper::none,
                          wanted->holds, noted_places(wanted->file, now.info));
        running_name_ = roles ? roles->running_name(backend_, server_) : server_;
        if (roles)
            served_ = roles->of(backend_, running_name_).serves;
        json_["running"] = nullptr;
        Table servers = server_table(now.stat, now.running, file, roles ? &*roles : nullptr);
        leave_out_false_ages(servers, now.info);
        for (Json& row : servers.rows) {
            if (row["backend"] == backend_ && row["server"] == running_name_)
                json_["running"] = std::move(row);
        }
        // Of a spare server, and of one in its place, the limit is hitlessd's.
        for (const haproxy::StatRow& row : now.stat) {
            if (row.kind() == haproxy::StatRow::Kind::server && row.proxy() == backend_ &&
                row.name() == server_ && !plan::is_slot(server_))
                limit_ = static_cast<long>(row.number("slim").value_or(0));
        }
        const Role role = roles ? roles->of(backend_, running_name_) : Role();
        const ServerHints hints = wanted != nullptr ? hints_of(*wanted) : ServerHints();
        auto reasons = why_no_traffic(backend_, running_name_, now.stat, now.running, file, hints);
        json_["held"] = hints.hold != nullptr ? Json(apply::describe(*hints.hold)) : Json();
        if (role.kind == Role::Kind::leaving)
            reasons = {why_it_is_still_there(*wanted, now.info)};
        if (role.kind == Role::Kind::spare)
            reasons = {about_spare()};
        json_["ways"] = Json::array();
        json_["is_conditional"] = false;
        if (file != nullptr && role.kind != Role::Kind::leaving && role.kind != Role::Kind::spare) {
            Ways ways = find_ways(channel_, *file, backend_);
            reasons.insert(reasons.end(), ways.why_not.begin(), ways.why_not.end());
            json_["is_conditional"] = ways.are_conditional && !ways.texts.empty();
            json_["ways"] = std::move(ways.texts);
        }
        const auto or_null = [](std::string text) {
            return text.empty() ? Json() : Json(std::move(text));
        };
        json_["backend_down"] = or_null(why_backend_is_down(backend_, now.stat));
        json_["agent"] = or_null(agent_in_words(backend_, running_name_, now.stat, now.running));
        json_["takes_traffic"] = reasons.empty();
        json_["why_not"] = reasons;
    }

    [[nodiscard]] ServerHints hints_of(const Wanted& wanted) const {
        // A slot, or a stand-in, is held by the name of the server in whose place it is.
        const std::string& name = served_.empty() ? server_ : served_;
        ServerHints hints;
        hints.hold = find_hold(wanted.holds, backend_, name);
        hints.name = fmt::format("{}/{}", backend_, name);
        if (keeper_of(wanted.file) != Keeper::none) {
            hints.key = key_of_server(wanted, {backend_, name});
            hints.weight_key = key_of_no_weight(wanted, {backend_, name});
        }
        return hints;
    }

    [[nodiscard]] std::string about_spare() const {
        const Json& running = json_["running"];
        const auto sessions = running.is_object() && running["sessions"].is_number()
                                  ? running["sessions"].get<long long>()
                                  : 0;
        return fmt::format("it is a spare server of hitlessd, for one that HAProxy can't add while "
                           "it runs (-slots){}",
                           sessions == 0 ? ""
                                         : fmt::format("; the server in whose place it was has "
                                                       "left, and {} of it {} still there",
                                                       counted(sessions, "session"),
                                                       sessions == 1 ? "is" : "are"));
    }

    /// Of a server that hitlessd has taken out of traffic.
    [[nodiscard]] std::string why_it_is_still_there(const Wanted& wanted,
                                                    const haproxy::Info& info) const {
        const Json& running = json_["running"];
        const auto number = [&](const char* key) {
            return running.is_object() && running[key].is_number() ? running[key].get<long long>()
                                                                   : 0;
        };
        const auto note = confd::read_note(wanted.file.path);
        const auto limit = note ? note->drain_timeout : std::chrono::milliseconds(0);
        const std::string stays =
            haproxy::can_delete(info, true)
                ? ""
                : fmt::format(" (HAProxy {} keeps it in maintenance until the next reload if its "
                              "file had it)",
                              info.version);
        return fmt::format(
            "it is no longer wanted: hitlessd has taken it out {} ago and deletes it when its "
            "{} {} ended{}{}",
            duration_text(number("age")), counted(number("sessions"), "session"),
            number("sessions") == 1 ? "has" : "have", stays,
            limit.count() > 0
                ? fmt::format("; after {} (-drain-timeout) it ends {}",
                              duration_text(
                                  std::chrono::duration_cast<std::chrono::seconds>(limit).count()),
                              number("sessions") == 1 ? "it" : "them")
                : "");
    }

    void look_at_wanted(const Wanted& wanted, long pid) {
        // What is wanted is of the registry, or of a file that is being checked, perhaps.
        const haproxy::Config& on_disk = wanted.on_disk ? *wanted.on_disk : wanted.file.config;
        // No template makes spare servers.
        const haproxy::Config& of_line = plan::is_slot(server_) ? on_disk : wanted.config;
        const haproxy::Section* const section = of_line.find_backend(backend_);
        const haproxy::ServerLine* const line =
            section != nullptr ? section->find_server(server_) : nullptr;
        json_["line"] = nullptr;
        json_["options"] = Json::array();
        const haproxy::ServerLine* const in_file = on_disk.find_server(backend_, server_);
        json_["new_line"] = nullptr;
        json_["limit_by_hand"] = nullptr;
        if (line != nullptr && in_file != nullptr) {
            json_["line"] = place(wanted.file.path, in_file->number, in_file->text);
            if (base::trim(in_file->text) != base::trim(line->text))
                json_["new_line"] = std::string(line->text);
        }
        if (line != nullptr) {
            add_options(of_line, *section, *line, of_line.text() == on_disk.text());
            if (!wanted.coming) // which has another one, perhaps
                add_limit(wanted, on_disk, *section, *line);
        }
        const MadeLine made = line == nullptr      ? find_made(wanted, backend_, server_)
                              : in_file == nullptr ? MadeLine{&wanted.config, section, line}
                                                   : MadeLine();
        json_["made_line"] = made.line != nullptr ? Json(std::string(made.line->text)) : Json();
        if (made.line != nullptr) {
            if (auto why = why_no_address(made))
                json_["why_not"].push_back(std::move(*why));
        }
        const haproxy::ServerLine* const any_line = line != nullptr ? line : made.line;
        const haproxy::Config& config = made.line != nullptr ? *made.config : wanted.config;
        const apply::OriginLine* const origin =
            any_line != nullptr ? find_origin(wanted, config, *any_line) : nullptr;
        json_["template"] = Json();
        json_["key"] = any_line != nullptr ? key_of(wanted, config, *any_line) : Json();
        json_["sources"] = origin != nullptr ? sources_of(*origin) : Json::array();
        if (origin != nullptr && !origin->pieces.empty())
            json_["template"] = place_in_template(*wanted.resource, *origin);
        if (!wanted.no_origins.empty())
            json_["no_origins"] = wanted.no_origins;
        json_["left_out"] = Json::array();
        json_["hidden_keys"] = Json::array(); // which may be for any line
        for (const apply::SpoiltPtr& spoilt : wanted.spoilt) {
            if (may_be_of(*spoilt, {backend_, server_}))
                json_["left_out"].push_back(spoilt->message);
            else if (spoilt->is_hidden)
                json_["hidden_keys"].push_back(spoilt->message);
        }
        json_["keys_from"] = wanted.keys_from.empty() ? Json() : Json(wanted.keys_from);
        is_of_registry_ = wanted.from_registry;
        add_status(wanted);
        if (!wanted.no_status.empty())
            json_["no_status"] = wanted.no_status;
        differs_ = (made.line != nullptr && json_["running"].is_null()) ||
                   !wanted.no_status.empty() || !json_["left_out"].empty() ||
                   !json_["hidden_keys"].empty() || !json_["troubles"].empty() ||
                   !json_["guarded"].empty() || wanted.owed.is_owed ||
                   is_not_known(wanted, told_, pid);
        json_["file_follows"] = wanted.coming ? Json(wanted.coming->text) : Json();
        add_plan(wanted);
    }

    void add_status(const Wanted& wanted) {
        json_["troubles"] = Json::array();
        json_["trouble_sources"] = Json::array();
        for (const apply::StatusNote::Trouble& trouble : wanted.status.troubles) {
            json_["troubles"].push_back(trouble.message);
            json_["trouble_sources"].push_back(trouble.source);
        }
        json_["hitlessd_runs"] = keeper_of(wanted.file) == Keeper::hitlessd;
        json_["guarded"] = wanted.status.held;
        json_["owed_reload"] =
            to_json(wanted.owed,
                    std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now()));
    }

    void add_plan(const Wanted& wanted) {
        if (auto why = why_not_compared(wanted)) {
            json_["file_is_behind"] = true;
            json_["no_plan"] = std::move(*why);
            return;
        }
        auto found = preview(channel_, wanted);
        if (!found) {
            json_["no_plan"] = found.error().message;
            is_known_ = false;
            return;
        }
        const apply::Preview own = of_server(std::move(*found), backend_, server_, running_name_);
        differs_ = differs_ || !is_in_step(own.plan);
        json_["plan"] = to_json(own);
    }

    /// `is_on_disk`: the configuration's lines have the same numbers there.
    void add_options(const haproxy::Config& config, const haproxy::Section& section,
                     const haproxy::ServerLine& line, bool is_on_disk) {
        const auto origins = option_origins(config, section, line);
        if (!origins)
            return;
        for (const Origin& origin : *origins)
            json_["options"].push_back({{"option", origin.option},
                                        {"line", is_on_disk ? Json(origin.line) : Json()},
                                        {"text", origin.text},
                                        {"is_own", origin.line == line.number}});
    }

    /// A limit that someone has typed: neither the file nor the keys want it. hitlessd leaves it,
    /// since `show servers state`, which it compares servers by, doesn't have it.
    void add_limit(const Wanted& wanted, const haproxy::Config& on_disk,
                   const haproxy::Section& section, const haproxy::ServerLine& line) {
        const auto limit_in = [](const haproxy::Config& config, const haproxy::Section& backend,
                                 const haproxy::ServerLine& server) -> std::optional<long> {
            const auto effective = haproxy::effective_server(config, backend, server);
            return effective ? std::optional(haproxy::limits_of(effective->options).maxconn)
                             : std::nullopt;
        };
        const auto meant = limit_in(wanted.config, section, line);
        const haproxy::Section* const before = on_disk.find_backend(backend_);
        const haproxy::ServerLine* const line_before =
            before != nullptr ? before->find_server(server_) : nullptr;
        const bool is_of_file =
            line_before != nullptr && limit_in(on_disk, *before, *line_before) == limit_;
        if (!limit_ || !meant || *limit_ == *meant || is_of_file)
            return;
        const auto in_words = [](long limit) {
            return limit == 0 ? std::string("none") : std::to_string(limit);
        };
        json_["limit_by_hand"] = fmt::format(
            "its maxconn in HAProxy is {}, its line wants {}: someone has set it, and hitlessd "
            "leaves it as it is; hitlessctl maxconn {}/{} {} sets it as wanted",
            in_words(*limit_), in_words(*meant), backend_, server_, *meant);
    }

    Context& context_;
    Channel& channel_;
    std::string backend_;
    std::string server_;
    std::string running_name_;  ///< in HAProxy
    std::optional<long> limit_; ///< its `maxconn` in HAProxy, 0: none; nullopt: it isn't there
    std::string served_;        ///< by a slot or a stand-in: the server in whose place it is
    Json json_;
    std::optional<KeeperTold> told_; ///< by the hitlessd that keeps the file
    bool is_of_registry_ = false;    ///< what is wanted, and not of the file
    bool differs_ = false;           ///< the server is not as the keys want it
    bool is_known_ = true;           ///< whether it is
};

} // namespace

std::vector<base::Flag> explain_flags(Options& options) {
    auto flags = wanted_flags(options);
    flags.push_back(keeper_flag(options));
    return flags;
}

ExitCode explain(Context& context) {
    const std::string& name = context.operands.front();
    const std::size_t slash = name.find('/');
    const auto channel = context.channel();
    if (slash == std::string::npos || slash == 0 || slash + 1 == name.size())
        return context.complain(
            fmt::format("'{}' is no BACKEND/SERVER{}", base::printable(name),
                        channel ? "; " + hint_of_name(ask_names(*channel), name) : std::string()),
            usage);
    if (!channel)
        return failed;
    return Explanation(context, *channel, name.substr(0, slash), name.substr(slash + 1)).explain();
}

} // namespace hitless::ctl
