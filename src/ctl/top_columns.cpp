#include "ctl/top_columns.hpp"

#include "hitless/base/text.hpp"

#include "ctl/colour.hpp"
#include "ctl/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hitless::ctl {
namespace {

constexpr std::size_t narrowest_name = 20;
constexpr std::size_t wide_screen = 110;
constexpr std::size_t numbers = 11; // "12000/50000"

Tone tone_of_state(std::string_view state) {
    const std::string_view colour = colour_of(state);
    if (colour == red)
        return Tone::bad;
    if (colour == yellow)
        return Tone::warning;
    return colour == green ? Tone::good : Tone::plain;
}

double load_of(const TopEntry& entry) {
    return entry.limit > 0 ? static_cast<double>(entry.sessions) / static_cast<double>(entry.limit)
                           : 0;
}

std::string short_number(std::int64_t number) {
    constexpr std::int64_t most = 100'000;
    return number < most ? fmt::format("{}", number) : rate_text(static_cast<double>(number));
}

} // namespace

TopColumns::TopColumns(FrameSize size) : size_(size), bar_(size.columns < wide_screen ? 6 : 12) {
    struct Candidate {
        What what;
        std::size_t width;
        int rank; ///< where the screen is narrow, the highest goes first
    };
    std::vector<Candidate> candidates = {
        {What::name, narrowest_name, 0},
        {What::state, 11, 0},
        {What::weight, 6, 3},
        {What::sessions, bar_ + 1 + numbers, 0},
        {What::queue, 5, 2},
        {What::requests, 7, 0},
        {What::errors, 6, 1},
        {What::age, 7, 4},
        {What::check, 20, 5},
    };
    const auto total = [&] {
        std::size_t width = 0;
        for (const Candidate& one : candidates)
            width += one.width + 1;
        return width - 1;
    };
    while (total() > size.columns) {
        const auto least = std::ranges::max_element(candidates, {}, &Candidate::rank);
        if (least->rank == 0)
            break;
        candidates.erase(least);
    }
    const std::size_t spare = size.columns > total() ? size.columns - total() : 0;
    const bool has_check = candidates.back().what == What::check;
    candidates.front().width += has_check ? spare / 2 : spare;
    if (has_check)
        candidates.back().width += spare - spare / 2;
    for (const Candidate& one : candidates)
        shown_.push_back({one.what, one.width});
}

FrameLine TopColumns::titles(const TopChoice& choice) const {
    struct Title {
        What what;
        const char* text;
        TopColumn sort;
    };
    static constexpr Title all[] = {
        {What::name, "NAME", TopColumn::name},
        {What::state, "STATE", TopColumn::state},
        {What::weight, "WEIGHT", TopColumn::weight},
        {What::sessions, "SESSIONS", TopColumn::sessions},
        {What::queue, "QUEUE", TopColumn::queue},
        {What::requests, "REQ/S", TopColumn::requests},
        {What::errors, "ERR/S", TopColumn::errors},
        {What::age, "AGE", TopColumn::age},
        {What::check, "CHECK", TopColumn::as_in_haproxy},
    };
    std::string line;
    for (const Shown& column : shown_) {
        const auto title = std::ranges::find(all, column.what, &Title::what);
        const bool sorted = choice.sort == title->sort && choice.sort != TopColumn::as_in_haproxy;
        const bool left =
            column.what == What::name || column.what == What::state || column.what == What::check;
        const std::string text =
            sorted ? fmt::format("{}{}", title->text, choice.reversed ? "^" : "v") : title->text;
        line += (line.empty() ? "" : " ") + fitted(text, column.width, !left);
    }
    return {{fitted(line, size_.columns), Tone::title}};
}

FrameLine TopColumns::row(const TopEntry& entry, const TopChoice& choice, bool selected) const {
    FrameLine line;
    for (const Shown& column : shown_) {
        const bool left =
            column.what == What::name || column.what == What::state || column.what == What::check;
        const std::string text =
            fitted(cell(column.what, entry, choice), column.width, !left) + " ";
        Tone tone = Tone::plain;
        if (column.what == What::state)
            tone = tone_of_state(entry.state);
        else if (column.what == What::sessions)
            tone = tone_of_load(load_of(entry));
        else if (column.what == What::errors && entry.error_rate.value_or(0) > 0)
            tone = Tone::bad;
        else if (column.what == What::queue && entry.queue > 0)
            tone = Tone::warning;
        else if (column.what == What::name && entry.is_backend())
            tone = Tone::strong;
        line.push_back({text, selected ? Tone::selected : tone});
    }
    return line;
}

std::string TopColumns::cell(What what, const TopEntry& entry, const TopChoice& choice) const {
    switch (what) {
    case What::name:
        return name(entry, choice);
    case What::state:
        return base::printable(entry.state);
    case What::weight:
        return fmt::format("{}", entry.weight);
    case What::sessions:
        if (entry.limit == 0)
            return short_number(entry.sessions);
        return bar(load_of(entry), bar_, size_.ascii) +
               fitted(fmt::format("{}/{}", short_number(entry.sessions), short_number(entry.limit)),
                      numbers + 1, true);
    case What::queue:
        return short_number(entry.queue);
    case What::requests:
        return rate_text(entry.request_rate);
    case What::errors:
        return rate_text(entry.error_rate);
    case What::age:
        return duration_text(entry.age);
    case What::check:
        return base::printable(entry.check);
    }
    return {};
}

std::string TopColumns::name(const TopEntry& entry, const TopChoice& choice) const {
    if (!entry.is_backend())
        return "    " + base::printable(entry.server);
    const bool folded = choice.folded.contains(entry.backend);
    const char* const mark = size_.ascii ? (folded ? "+" : "-") : (folded ? "▸" : "▾");
    return fmt::format("{} {} ({}/{} up)", mark, base::printable(entry.backend), entry.servers_up,
                       entry.servers);
}

std::string bar(double fraction, std::size_t width, bool ascii) {
    const auto wanted = std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(width));
    const auto filled = static_cast<std::size_t>(wanted);
    std::string text;
    for (std::size_t i = 0; i < width; ++i)
        text += i < filled ? (ascii ? "#" : "█") : (ascii ? "." : "░");
    return text;
}

Tone tone_of_load(double fraction) {
    constexpr double full = 0.9;
    constexpr double busy = 0.7;
    if (fraction >= full)
        return Tone::bad;
    return fraction >= busy ? Tone::warning : Tone::plain;
}

std::string rate_text(std::optional<double> rate) {
    if (!rate)
        return "-";
    if (*rate == 0 || *rate >= 99.95) {
        if (*rate >= 1e6)
            return fmt::format("{:.1f}M", *rate / 1e6);
        return *rate >= 1e5 ? fmt::format("{:.0f}k", *rate / 1e3) : fmt::format("{:.0f}", *rate);
    }
    return fmt::format("{:.1f}", *rate);
}

std::string fitted(const std::string& text, std::size_t width, bool right) {
    const std::size_t taken = text_width(text);
    if (taken <= width) {
        const std::string filling(width - taken, ' ');
        return right ? filling + text : text + filling;
    }
    std::string shorter;
    std::size_t columns = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool begins = (static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U;
        if (begins && ++columns >= width)
            break;
        shorter += text[i];
    }
    return width == 0 ? std::string() : shorter + "…";
}

} // namespace hitless::ctl
