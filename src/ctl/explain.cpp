#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "ctl/commands.hpp"
#include "ctl/explanation_text.hpp"
#include "ctl/origins.hpp"
#include "ctl/preview.hpp"
#include "ctl/traffic.hpp"
#include "ctl/view.hpp"
#include "ctl/wanted.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <utility>

/// All that is known of one server, and why it gets no traffic.
namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;

/// "FILE:LINE: text" as JSON.
Json place(const std::string& file, int line, std::string_view text) {
    Json json;
    json["file"] = file;
    json["line"] = line;
    json["text"] = std::string(text);
    return json;
}

/// The line without the template's actions, `{{…}}`, that it begins with.
std::string_view without_actions(std::string_view line) {
    line = base::trim(line);
    for (std::size_t end = 0;
         line.starts_with("{{") && (end = line.find("}}")) != std::string_view::npos;)
        line = base::trim(line.substr(end + 2));
    return line;
}

/// The line of the template that makes server lines, in the section of that backend if one names
/// it, else the first.
Json template_line(const std::string& file, const std::string& backend) {
    const auto text = base::read_file(file);
    if (!text)
        return {};
    Json best;
    int number = 0;
    bool in_backend = false;
    for (const std::string_view line : base::split(*text, '\n')) {
        ++number;
        const std::string_view trimmed = without_actions(line);
        if (trimmed.starts_with("backend ") || trimmed.starts_with("listen "))
            in_backend = base::trim(trimmed.substr(trimmed.find(' '))) == backend;
        const bool makes_server = trimmed.starts_with("server ");
        if (makes_server && (best.is_null() || in_backend))
            best = place(file, number, base::trim(line));
        if (makes_server && in_backend)
            break;
    }
    return best;
}

/// The key that the server comes from: one whose path has its name, best one whose value has its
/// address too.
Json find_key(const keys::KeyTree& keys, const std::string& server, std::string_view line) {
    Json best;
    for (const auto& [key, value] : keys.entries()) {
        const auto elements = base::split(key, '/');
        if (std::ranges::find(elements, server) == elements.end())
            continue;
        const bool has_value = !value.empty() && line.find(value) != std::string_view::npos;
        if (best.is_null() || has_value)
            best = {{"key", key}, {"value", value}};
        if (has_value)
            break;
    }
    return best;
}

/// The plan's actions and troubles for the server alone.
plan::Plan of_server(plan::Plan plan, const std::string& backend, const std::string& server) {
    std::erase_if(plan.actions, [&](const plan::Action& action) {
        return action.backend != backend || action.server != server;
    });
    const std::string name = fmt::format("{}/{}", backend, server);
    const auto is_other = [&](const std::string& text) {
        return text.find(name) == std::string::npos;
    };
    std::erase_if(plan.reload_reasons, is_other);
    std::erase_if(plan.problems, is_other);
    return plan;
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
        if (!now)
            return context_.complain(now.error().message, unreachable);
        const auto wanted = find_wanted(context_.options, now->info.pid);
        json_["server"] = fmt::format("{}/{}", backend_, server_);
        look_at_haproxy(*now, wanted ? &wanted->file.config : nullptr);
        if (wanted)
            look_at_wanted(*wanted);
        else
            json_["not_known"] = wanted.error().message;
        if (json_["running"].is_null() && json_["line"].is_null() && json_["key"].is_null())
            return context_.complain(
                fmt::format("there is no server {}/{} in HAProxy, nor in what is wanted of it",
                            base::printable(backend_), base::printable(server_)),
                nothing);
        if (context_.options.json)
            context_.out << json_text(json_);
        else
            context_.out << explanation_text(json_, context_.style());
        return done;
    }

  private:
    void look_at_haproxy(const Snapshot& now, const haproxy::Config* file) {
        json_["running"] = nullptr;
        for (Json& row : server_table(now.stat, now.running, file).rows) {
            if (row["backend"] == backend_ && row["server"] == server_)
                json_["running"] = std::move(row);
        }
        const auto reasons = why_no_traffic(backend_, server_, now.stat, now.running, file);
        json_["takes_traffic"] = reasons.empty();
        json_["why_not"] = reasons;
    }

    void look_at_wanted(const Wanted& wanted) {
        const haproxy::Section* const section = wanted.config.find_backend(backend_);
        const haproxy::ServerLine* const line =
            section != nullptr ? section->find_server(server_) : nullptr;
        json_["line"] = nullptr;
        json_["options"] = Json::array();
        if (line != nullptr) {
            json_["line"] = place(wanted.file.path, line->number, line->text);
            add_options(wanted.config, *section, *line);
        }
        json_["template"] =
            wanted.resource ? template_line(wanted.resource->src, backend_) : Json();
        json_["key"] =
            find_key(wanted.keys, server_, line != nullptr ? line->text : std::string_view());
        json_["keys_from"] = wanted.keys_from.empty() ? Json() : Json(wanted.keys_from);
        auto plan = preview(channel_, wanted);
        if (plan)
            json_["plan"] = to_json(of_server(std::move(*plan), backend_, server_));
        else
            json_["no_plan"] = plan.error().message;
    }

    void add_options(const haproxy::Config& config, const haproxy::Section& section,
                     const haproxy::ServerLine& line) {
        const auto origins = option_origins(config, section, line);
        if (!origins)
            return;
        for (const Origin& origin : *origins)
            json_["options"].push_back(
                {{"option", origin.option}, {"line", origin.line}, {"text", origin.text}});
    }

    Context& context_;
    Channel& channel_;
    std::string backend_;
    std::string server_;
    Json json_;
};

} // namespace

std::vector<base::Flag> explain_flags(Options& options) {
    return wanted_flags(options);
}

ExitCode explain(Context& context) {
    const std::string& name = context.operands.front();
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == name.size())
        return context.complain(fmt::format("'{}' is no BACKEND/SERVER", base::printable(name)),
                                usage);
    const auto channel = context.channel();
    if (!channel)
        return failed;
    return Explanation(context, *channel, name.substr(0, slash), name.substr(slash + 1)).explain();
}

} // namespace hitless::ctl
