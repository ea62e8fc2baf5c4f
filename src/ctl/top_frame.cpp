#include "ctl/top_frame.hpp"

#include "hitless/base/text.hpp"

#include "ctl/table.hpp"
#include "ctl/top_columns.hpp"

#include <fmt/format.h>

namespace hitless::ctl {
namespace {

constexpr std::size_t lines_above = 4; // two of HAProxy, what is shown, titles
constexpr std::size_t lines_below = 1;

constexpr const char* help_text[] = {
    "hitlessctl top: a live view of HAProxy's backends and servers",
    "",
    "  Up Down j k             select; also PgUp PgDn, Home g, End G",
    "  Space Enter             fold or unfold the backend; also Left and Right",
    "  - +                     fold all, unfold all",
    "  s > / S <               sort by the next column, by the one before",
    "  R                       reverse the order",
    "  /TEXT Enter             show what has TEXT, or with * ? matches it; Esc shows all again",
    "  p                       only problems: not up, queued, failing or nearly full",
    "",
    "  d r m                   drain the selected server, make it ready, put it into maintenance",
    "  w                       give it another weight",
    "                          (each asks first: y or n)",
    "",
    "  REQ/S, ERR/S            per second since the look before; errors are failed connections,",
    "                          failed answers and retries",
    "",
    "  ? help                  q quit",
};

std::string sum_up(const TopSample& sample) {
    std::size_t backends = 0;
    std::size_t servers = 0;
    std::size_t up = 0;
    for (const TopEntry& entry : sample.entries) {
        ++(entry.is_backend() ? backends : servers);
        if (!entry.is_backend() && entry.state == "up")
            ++up;
    }
    return fmt::format("{} backend{}, {} server{}, {} not up", backends, backends == 1 ? "" : "s",
                       servers, servers == 1 ? "" : "s", servers - up);
}

FrameLine title(const TopModel& model) {
    const auto& sample = model.sample();
    FrameLine line;
    if (!sample)
        line.push_back(
            {fmt::format("HAProxy at {}", base::printable(model.source())), Tone::strong});
    else
        line.push_back(
            {fmt::format("HAProxy {}  {}{}pid {}  up {}", base::printable(sample->info.version),
                         base::printable(sample->node), sample->node.empty() ? "" : "  ",
                         sample->info.pid, duration_text(sample->info.uptime_seconds)),
             Tone::strong});
    if (!model.trouble().empty())
        line.push_back({"  unreachable", Tone::bad});
    else if (!sample)
        line.push_back({"  connecting…", Tone::plain});
    else if (sample->info.stopping)
        line.push_back({"  stopping", Tone::warning});
    return line;
}

FrameLine load(const TopModel& model, FrameSize size) {
    if (!model.trouble().empty())
        return {{base::printable(model.trouble()), Tone::bad}};
    if (!model.sample())
        return {};
    const TopSample& sample = *model.sample();
    const double fraction =
        sample.connection_limit > 0
            ? static_cast<double>(sample.connections) / static_cast<double>(sample.connection_limit)
            : 0;
    constexpr std::size_t bar_width = 10;
    return {
        {"connections ", Tone::plain},
        {bar(fraction, bar_width, size.ascii), tone_of_load(fraction)},
        {fmt::format(" {}/{}  {} conn/s  {} req/s  {} err/s  {}% idle", sample.connections,
                     sample.connection_limit, sample.connection_rate,
                     rate_text(sample.request_rate), rate_text(sample.error_rate),
                     sample.idle_percent),
         Tone::plain},
    };
}

FrameLine shown(const TopModel& model) {
    const TopChoice& choice = model.choice();
    std::string text = model.sample() ? sum_up(*model.sample()) : std::string();
    text +=
        fmt::format("  sort: {}{}", column_name(choice.sort), choice.reversed ? " (reversed)" : "");
    if (!choice.filter.empty())
        text += fmt::format("  filter: {}", base::printable(choice.filter));
    if (choice.only_problems)
        text += "  only problems";
    return {{text, Tone::plain}};
}

FrameLine bottom(const TopModel& model) {
    const std::string prompt = model.prompt();
    if (model.mode() == TopModel::Mode::list && prompt.empty()) {
        const std::string place =
            model.rows().empty() ? "nothing to show"
                                 : fmt::format("{}/{}", model.selected() + 1, model.rows().size());
        return {
            {fmt::format("{}  ? help  / filter  s sort  d drain  r ready  m maint  q quit", place),
             Tone::plain}};
    }
    const bool asks = model.mode() != TopModel::Mode::list;
    return {{prompt + (asks ? "_" : ""), model.is_bad_news() ? Tone::bad : Tone::strong}};
}

std::vector<FrameLine> draw_help() {
    std::vector<FrameLine> lines;
    for (const char* const text : help_text)
        lines.push_back({{text, lines.empty() ? Tone::strong : Tone::plain}});
    lines.push_back({{"  any key goes back", Tone::plain}});
    return lines;
}

} // namespace

std::size_t list_rows(FrameSize size) {
    constexpr std::size_t others = lines_above + lines_below;
    return size.rows > others ? size.rows - others : 1;
}

std::vector<FrameLine> draw(const TopModel& model, FrameSize size) {
    if (model.mode() == TopModel::Mode::help)
        return draw_help();
    const TopColumns columns(size);
    std::vector<FrameLine> lines = {title(model), load(model, size), shown(model),
                                    columns.titles(model.choice())};
    const auto rows = model.rows();
    for (std::size_t i = model.first(); i < rows.size() && i < model.first() + list_rows(size); ++i)
        lines.push_back(columns.row(*rows[i], model.choice(), i == model.selected()));
    lines.resize(size.rows > 0 ? size.rows - 1 : 0);
    lines.push_back(bottom(model));
    return lines;
}

} // namespace hitless::ctl
