#include "ctl/status_text.hpp"

#include "ctl/colour.hpp"
#include "ctl/told.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace hitless::ctl {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_changes = 10;
constexpr std::size_t most_texts = 20; ///< of a kind

std::string told_cell(const Json& object, const char* name) {
    return cell_text(member(object, name), Column::Kind::text);
}

std::string told_ms(const Json& object, const char* name) {
    return cell_text(rounded(member(object, name)), Column::Kind::number);
}

struct Verdict {
    std::string_view words;
    std::string_view colour;
    std::string_view means;
};

Verdict verdict_of(const Json& status) {
    const std::string state = told_text(status, "state");
    if (tells_file_follows(status))
        return {"in step", green, "HAProxy is as the keys say, and its file follows"};
    if (tells_in_step(status))
        return {"in step", green, "HAProxy is as the keys say"};
    if (state == "starting")
        return {"starting", yellow, "HAProxy has not been brought to what the keys say yet"};
    if (state == "working")
        return {"working", yellow, "HAProxy is being brought to what the keys say"};
    if (state == "ending")
        return {"ending", yellow, "HAProxy goes on as it is"};
    return {"not in step", red, "something keeps HAProxy from being as the keys say"};
}

class StatusWriter {
  public:
    StatusWriter(const Json& status, Style style) : status_(status), style_(style) {}

    std::string write() {
        print_verdict();
        print_hitlessd();
        print_registry();
        print_propagation();
        for (const Json& resource : told_list(status_, "resources"))
            print_resource(resource);
        print_table(changes_told(status_, most_changes));
        return std::move(text_);
    }

  private:
    static constexpr std::size_t title_width = 13;

    void row(std::string_view title, const std::string& value) {
        text_ += fmt::format("{:<{}}{}\n", title, title_width,
                             wrapped(value, title_width, style_.width));
    }

    /// One row for each; those that are too many are counted.
    void rows(std::string_view title, const Json& list, const auto& text_of) {
        std::size_t shown = 0;
        for (const Json& one : list) {
            if (shown++ == most_texts)
                break;
            row(title, text_of(one));
        }
        if (list.size() > most_texts)
            row(title, fmt::format("and {} more", list.size() - most_texts));
    }

    void print_table(const Table& table) {
        if (!table.rows.empty())
            text_ += "\n" + show(table, Format::table, style_);
    }

    void print_verdict() {
        const Verdict verdict = verdict_of(status_);
        text_ += fmt::format("{}{:<{}}{}{}\n", style_.colour ? verdict.colour : "", verdict.words,
                             title_width, style_.colour ? plain : "", verdict.means);
        rows("", told_list(status_, "reasons"),
             [](const Json& reason) { return "- " + cell_text(reason, Column::Kind::text); });
        for (const Json& resource : told_list(status_, "resources"))
            print_concerns(resource);
    }

    /// What isn't among the reasons, since hitlessd can go on with it.
    void print_concerns(const Json& resource) {
        for (const Json& haproxy : told_list(resource, "haproxies")) {
            if (!is_true(haproxy, "connected") && !has_text(haproxy, "trouble"))
                row("",
                    fmt::format("- HAProxy at {} doesn't answer", told_cell(haproxy, "socket")));
        }
    }

    void print_hitlessd() {
        std::string text =
            fmt::format("{}, pid {}", told_cell(status_, "version"), told_cell(status_, "pid"));
        if (const std::string age = age_text(status_, status_, "started"); !age.empty())
            text += ", runs for " + age;
        if (has_text(status_, "host"))
            text += ", on " + told_cell(status_, "host");
        if (const std::string age = age_text(status_, status_, "state_since"); !age.empty())
            text += fmt::format("; {} for {}", state_words(), age);
        row("hitlessd", text);
    }

    std::string state_words() const {
        std::string words = told_cell(status_, "state");
        std::ranges::replace(words, '_', ' ');
        return words;
    }

    void print_registry() {
        const Json& registry = member(status_, "registry");
        std::string text = fmt::format(
            "{}: {}; {}, index {}", told_cell(registry, "name"),
            is_true(registry, "connected") ? "connected" : "not connected",
            counted(told_number(registry, "keys"), "key"), told_cell(registry, "index"));
        const long long applied = told_number(registry, "applied_index");
        const bool is_behind = told_text(status_, "state") != "in_step";
        if (is_behind && applied > 0 && applied < told_number(registry, "index"))
            text += fmt::format(", applied up to {}", applied);
        const std::string age = age_text(status_, registry, "last_event");
        text += age.empty() ? "; no event yet" : fmt::format("; last event {} ago", age);
        text += fmt::format("; {}", counted(told_number(registry, "full_reads"), "full read"));
        row("registry", text);
        if (has_text(registry, "trouble"))
            row("", told_cell(registry, "trouble"));
    }

    void print_propagation() {
        const Json& propagation = member(status_, "propagation");
        const long long count = told_number(propagation, "count");
        row("propagation",
            count == 0 ? "no change since the start"
                       : fmt::format("{} from the event to HAProxy: half of them within {} ms, "
                                     "99 of 100 within {} ms",
                                     counted(count, "change"), told_ms(propagation, "p50_ms"),
                                     told_ms(propagation, "p99_ms")));
    }

    void print_resource(const Json& resource) {
        text_ += "\n";
        row("resource",
            fmt::format("{} ({})", told_cell(resource, "dest"),
                        told_text(resource, "kind") == "unknown"
                            ? "not rendered since the start, or since its files were read again"
                            : told_cell(resource, "kind")));
        row("template", fmt::format("{}; rendered {}, written {}",
                                    has_text(resource, "template") ? told_cell(resource, "template")
                                                                   : "not read yet",
                                    clock_text(status_, resource, "rendered"),
                                    clock_text(status_, resource, "written")));
        rows("trouble", told_list(resource, "troubles"), [](const Json& trouble) {
            return fmt::format("{}: {}", told_cell(trouble, "source"),
                               told_cell(trouble, "message"));
        });
        print_publishing(member(resource, "publishing"));
        if (has_text(resource, "check_refused"))
            row("refused", told_cell(resource, "check_refused"));
        print_held(member(resource, "held"));
        rows("left out", told_list(resource, "left_out"), [](const Json& left) {
            return fmt::format("{}: {}", told_cell(left, "key"), told_cell(left, "why"));
        });
        print_reload(resource);
        if (is_file_behind(resource))
            row("restart", "a HAProxy that is started now reads an older file; hitlessd then gives "
                           "it at once what can change without a reload");
        print_table(haproxies_told(resource, status_));
        for (const Json& haproxy : told_list(resource, "haproxies")) {
            if (has_text(haproxy, "trouble") && !is_among_troubles(resource, haproxy))
                row("", fmt::format("{}: {}", told_cell(haproxy, "socket"),
                                    told_cell(haproxy, "trouble")));
        }
        print_table(backends_told(resource));
        print_table(servers_told(resource, status_));
    }

    /// check_cmd refuses the newer file, or HAProxy couldn't be reloaded with it.
    static bool is_file_behind(const Json& resource) {
        const Json& reload = member(resource, "reload");
        const bool has_failed = is_true(reload, "owed") && !is_true(reload, "running") &&
                                told_text(member(reload, "last"), "result") == "failed";
        return told_text(resource, "kind") == "haproxy" &&
               (has_failed || has_text(resource, "check_refused"));
    }

    /// What a HAProxy has is told as trouble of the resource, too.
    static bool is_among_troubles(const Json& resource, const Json& haproxy) {
        const std::string own = told_text(haproxy, "trouble");
        return std::ranges::any_of(told_list(resource, "troubles"), [&](const Json& trouble) {
            return told_text(trouble, "message") == own;
        });
    }

    void print_publishing(const Json& publishing) {
        const std::string state = told_text(publishing, "state");
        if (state == "checking")
            row("file", fmt::format("being checked (check_cmd) since {}; it follows when it is "
                                    "accepted",
                                    clock_text(status_, publishing, "since")));
        if (state == "waiting")
            row("file", "follows after the pause that there is between two runs of check_cmd");
    }

    void print_held(const Json& held) {
        if (held.is_null())
            return;
        row("held", has_text(held, "until")
                        ? fmt::format("by a guard until {}", clock_text(status_, held, "until"))
                        : "by a guard");
        rows("", told_list(held, "changes"),
             [](const Json& change) { return "- " + cell_text(change, Column::Kind::text); });
    }

    std::string when_tried(const Json& resource) const {
        const Json& reload = member(resource, "reload");
        if (is_true(reload, "running"))
            return "HAProxy is being reloaded now";
        if (has_text(resource, "check_refused"))
            return "it waits until check_cmd accepts what the keys make";
        if (told_text(member(resource, "publishing"), "state") == "checking")
            return "it comes when check_cmd has accepted the file";
        if (has_text(reload, "next"))
            return "tried at " + clock_text(status_, reload, "next");
        return told_list(resource, "troubles").empty() ? "it isn't known when it is tried"
                                                       : "not tried while there is this trouble";
    }

    void print_reload(const Json& resource) {
        const Json& reload = member(resource, "reload");
        if (is_true(reload, "owed"))
            row("reload", fmt::format("owed since {}; {}", clock_text(status_, reload, "since"),
                                      when_tried(resource)));
        else if (is_true(reload, "running"))
            row("reload", "HAProxy needs none any more, but hitlessd has begun one, and waits for "
                          "its end");
        rows("", told_list(reload, "obstacles"),
             [](const Json& obstacle) { return "- " + told_cell(obstacle, "words"); });
        const Json& last = member(reload, "last");
        if (!last.is_object())
            return;
        const bool is_over = told_text(last, "result") == "failed" && !is_true(reload, "owed");
        row("last reload",
            fmt::format("{} at {}, after {} ms{}", told_cell(last, "result"),
                        clock_text(status_, last, "at"), told_ms(last, "duration_ms"),
                        is_over ? "; HAProxy needs none any more" : ""));
        if (is_over)
            return;
        rows("", told_list(last, "causes"),
             [](const Json& cause) { return "- " + cell_text(cause, Column::Kind::text); });
    }

    const Json& status_;
    Style style_;
    std::string text_;
};

} // namespace

std::string clock_text(const Json& status, const Json& object, const char* name) {
    const auto time = told_time(object, name);
    if (!time)
        return "-";
    const auto parts = fmt::gmtime(std::chrono::system_clock::to_time_t(*time));
    const auto now = told_time(status, "now");
    const bool is_today = now && std::chrono::floor<std::chrono::days>(*now) ==
                                     std::chrono::floor<std::chrono::days>(*time);
    return is_today ? fmt::format("{:%H:%M:%S} UTC", parts)
                    : fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", parts);
}

std::string age_text(const Json& status, const Json& object, const char* name) {
    const auto time = told_time(object, name);
    const auto now = told_time(status, "now");
    if (!time || !now)
        return {};
    return duration_text(std::max<long long>(0, (*now - *time).count()));
}

std::string status_text(const Json& status, Style style) {
    return StatusWriter(status, style).write();
}

} // namespace hitless::ctl
