#include "ctl/explanation_text.hpp"

#include "hitless/apply/status_note.hpp"
#include "hitless/base/text.hpp"

#include "ctl/colour.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string text(const Json& value) {
    return cell_text(value, Column::Kind::text);
}

/// "FILE:LINE: text"
std::string at(const Json& place) {
    return fmt::format("{}:{}: {}", text(place.at("file")), text(place.at("line")),
                       text(place.at("text")));
}

/// The options that one line brings, and the line.
struct LineOptions {
    std::string text; ///< of the line; empty: no line brings them
    Json number;      ///< null: the file has another line there, or none
    bool is_own = false;
    std::vector<std::string> options;

    [[nodiscard]] std::string from() const {
        if (text.empty())
            return "no line has the word";
        if (is_own)
            return "its own line";
        return number.is_null()
                   ? text
                   : fmt::format("line {}: {}", cell_text(number, Column::Kind::text), text);
    }
};

/// In the order of the options.
std::vector<LineOptions> by_line(const Json& options) {
    std::vector<LineOptions> lines;
    for (const Json& option : options) {
        const Json& number = option.at("line");
        const std::string line = text(option.at("text"));
        auto known = std::ranges::find_if(lines, [&](const LineOptions& one) {
            return one.text == line && one.number == number;
        });
        if (known == lines.end())
            known = lines.insert(lines.end(), {line, number, option.at("is_own") == true, {}});
        known->options.push_back(text(option.at("option")));
    }
    return lines;
}

class Writer {
  public:
    Writer(const Json& explanation, Style style) : json_(explanation), style_(style) {}

    std::string write() {
        print_traffic();
        print_state();
        print_line();
        print_status();
        print_plan();
        print_told();
        if (json_.contains("not_known"))
            row("wanted", "not known: " + text(json_.at("not_known")));
        return std::move(text_);
    }

  private:
    static constexpr std::size_t title_width = 10;

    void row(std::string_view title, const std::string& value) {
        whole_row(title, wrapped(value, title_width, style_.width));
    }

    /// Of what is to be copied, or has a colour.
    void whole_row(std::string_view title, const std::string& value) {
        text_ += fmt::format("{:<{}}{}\n", title, title_width, value);
    }

    void print_traffic() {
        const bool yes = json_.at("takes_traffic") == true;
        const std::string_view colour = yes ? green : red;
        row("server", text(json_.at("server")));
        whole_row("traffic", fmt::format("{}{}{}", style_.colour ? colour : "",
                                         !yes ? "no new request goes to it:"
                                         : json_.value("is_conditional", false)
                                             ? "new requests go to it, if they come to its backend"
                                             : "new requests go to it",
                                         style_.colour ? plain : ""));
        for (const Json& reason : json_.at("why_not"))
            row("", "- " + text(reason));
        for (const Json& way : json_.value("ways", Json::array()))
            row("way", text(way));
        if (const Json down = json_.value("backend_down", Json()); !down.is_null())
            row("backend", text(down));
    }

    void print_state() {
        const Json& running = json_.at("running");
        if (running.is_null())
            return;
        if (text(json_.at("server")) !=
            text(running.at("backend")) + "/" + text(running.at("server")))
            row("runs as", fmt::format("{}, a spare server in its place (-slots)",
                                       text(running.at("server"))));
        if (!running.at("role").is_null() && !text(running.at("role")).starts_with("held: "))
            row("role", text(running.at("role")));
        if (!json_.at("held").is_null())
            row("held", "by hand: " + text(json_.at("held")));
        // "maint" and "drain" are said once.
        const std::string admin = text(running.at("admin"));
        const std::string state = text(running.at("state"));
        const Json& age = running.at("age"); // HAProxy doesn't always tell it
        row("running",
            fmt::format(
                "{}, weight {}, at {}{}", state.starts_with(admin) ? state : admin + ", " + state,
                text(running.at("weight")), text(running.at("address")),
                age.is_null() ? std::string() : ", for " + cell_text(age, Column::Kind::seconds)));
        if (!running.at("check").is_null())
            row("check", check_of(running));
        if (const Json agent = json_.value("agent", Json()); !agent.is_null())
            row("agent", text(agent));
        row("sessions", fmt::format("{} now, {} at most, {} in all; errors: {}, retries: {}",
                                    text(running.at("sessions")), text(running.at("most_sessions")),
                                    text(running.at("requests")), text(running.at("errors")),
                                    text(running.at("retries"))));
    }

    static std::string check_of(const Json& running) {
        std::string said = text(running.at("check"));
        if (said == "INI")
            said = "has no result yet";
        if (!running.at("last_check").is_null())
            said += " " + text(running.at("last_check"));
        return said;
    }

    void print_line() {
        const Json none = Json::array();
        if (const Json made = json_.value("made_line", Json()); !made.is_null())
            row("line", fmt::format("none in the file yet; the keys make: {}", text(made)));
        else if (json_.contains("line"))
            row("line", json_.at("line").is_null() ? no_line() : at(json_.at("line")));
        if (const Json new_line = json_.value("new_line", Json()); !new_line.is_null())
            row("", fmt::format("the keys make it: {}", text(new_line)));
        print_options();
        if (const Json limit = json_.value("limit_by_hand", Json()); !limit.is_null())
            row("limit", text(limit));
        if (json_.contains("template") && !json_.at("template").is_null())
            row("template", at(json_.at("template")));
        for (const Json& source : json_.value("sources", none))
            row("from",
                fmt::format("{} ({})", text(source.at("described")), text(json_.at("keys_from"))));
        if (json_.contains("no_origins"))
            row("from", "not known: " + text(json_.at("no_origins")));
        for (const char* const name : {"left_out", "hidden_keys"}) {
            for (const Json& left_out : json_.value(name, none))
                row("left out", text(left_out));
        }
    }

    /// The file, which is behind HAProxy now.
    [[nodiscard]] bool follows() const { return !json_.value("file_follows", Json()).is_null(); }

    [[nodiscard]] std::string no_line() const {
        const bool left_out = !json_.value("left_out", Json::array()).empty();
        if (json_.value("is_coming", false) || (follows() && json_.value("file_is_behind", false)))
            return "none in the file yet";
        if (json_.value("file_is_behind", false))
            return "none in the file, but hitlessd could not bring its newest configuration there";
        return left_out ? "none: a bad value keeps the server out"
                        : "none: the server is not wanted";
    }

    /// What a trouble of that source means for the servers.
    [[nodiscard]] std::string_view meaning_of(std::string_view source) const {
        if (!json_.value("hitlessd_runs", true))
            return {}; // the troubles say so
        if (source == apply::registry_trouble)
            return "hitlessd sees no changes of keys now: ";
        if (source == apply::keys_trouble)
            return "hitlessd can't follow the keys: ";
        if (source == apply::confdir_trouble)
            return "hitlessd follows the keys by what it has read before: ";
        if (source == apply::haproxy_trouble)
            return "hitlessd can't bring everything to HAProxy: ";
        if (source == apply::file_trouble)
            return "servers follow the keys where that needs no reload, but the file does not: ";
        return {};
    }

    void print_status() {
        const Json none = Json::array();
        const Json sources = json_.value("trouble_sources", none);
        std::size_t at = 0;
        for (const Json& trouble : json_.value("troubles", none)) {
            const std::string source = at < sources.size() ? text(sources[at]) : std::string();
            row("trouble", fmt::format("{}{}", meaning_of(source), text(trouble)));
            ++at;
        }
        if (json_.contains("no_status"))
            row("trouble", text(json_.at("no_status")));
        if (follows())
            row("file", text(json_.at("file_follows")));
        for (const Json& held : json_.value("guarded", none))
            row("guard", "held: " + text(held));
        if (const Json owed = json_.value("owed_reload", Json()); owed.is_object()) {
            for (const Json& cause : owed.at("text"))
                row("reload", text(cause));
        }
    }

    /// Each line once, with all options that it brings.
    void print_options() {
        std::string_view title = "options";
        for (const LineOptions& one : by_line(json_.value("options", Json::array()))) {
            row(std::exchange(title, {}),
                fmt::format("{} ({})", fmt::join(one.options, ", "), one.from()));
        }
    }

    void print_told() {
        const Json told = json_.value("hitlessd", Json());
        if (!told.is_object())
            return;
        const Json& remarks = told.at("remarks");
        if (remarks.empty())
            row("hitlessd", "has nothing to do for it now");
        for (const Json& remark : remarks)
            row(&remark == &remarks.front() ? "hitlessd" : "", text(remark));
        for (const Json& change : told.at("changes"))
            row(&change == &told.at("changes").front() ? "changes" : "", text(change));
    }

    [[nodiscard]] bool has_trouble_of(std::string_view source) const {
        return std::ranges::any_of(
            json_.value("trouble_sources", Json::array()),
            [&](const Json& one) { return one.get_ref<const std::string&>() == source; });
    }

    /// Where there is nothing to do.
    [[nodiscard]] std::string what_is_missing() const {
        const Json none = Json::array();
        if (!json_.value("left_out", none).empty())
            return "nothing, until the key is mended";
        if (!json_.value("made_line", Json()).is_null() || json_.value("is_coming", false))
            return "HAProxy is as its file says, which has not been given this server yet";
        if (has_trouble_of(apply::keys_trouble) || has_trouble_of(apply::registry_trouble))
            return "nothing: HAProxy is as its file says, but hitlessd can't follow the keys "
                   "(see the trouble), so that they may want it otherwise";
        if (has_trouble_of(apply::confdir_trouble))
            return "HAProxy is as the templates want it that hitlessd has read (see the trouble)";
        return json_.value("hidden_keys", none).empty()
                   ? "HAProxy is as wanted"
                   : "HAProxy is as wanted, but for the keys that are left out";
    }

    void print_plan() {
        if (json_.contains("no_plan"))
            row("plan", text(json_.at("no_plan")));
        if (!json_.contains("plan"))
            return;
        const Json& plan = json_.at("plan");
        const Json leaving = plan.value("leaving", Json::array());
        for (const Json& one : leaving)
            row("plan", "leaving: " + text(one));
        const Json unknown = plan.value("unknown", Json::array());
        for (const Json& one : unknown)
            row("plan", "unknown: " + text(one));
        if (plan.at("in_step") == true && leaving.empty() && unknown.empty())
            row("plan", what_is_missing());
        for (const Json& action : plan.at("actions")) {
            row("plan", fmt::format("{} {}", text(action.at("action")), text(action.at("change"))));
            for (const Json& command : action.at("commands"))
                whole_row("", "  " + text(command));
        }
        for (const Json& reason : plan.at("reload"))
            row("plan", "reload: " + text(reason));
        for (const Json& problem : plan.at("problems"))
            row("plan", "problem: " + text(problem));
        for (const Json& waiting : plan.at("waiting"))
            row("plan", "waiting: " + text(waiting));
    }

    const Json& json_;
    Style style_;
    std::string text_;
};

} // namespace

std::string explanation_text(const Json& explanation, Style style) {
    return Writer(explanation, style).write();
}

} // namespace hitless::ctl
