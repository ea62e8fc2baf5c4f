#include "confd/date_time.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace hitless::confd {
namespace {

constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                               "Thursday", "Friday", "Saturday"};

int hour_of_twelve(const Moment& moment) {
    const int hour = moment.clock.tm_hour % 12;
    return hour == 0 ? 12 : hour;
}

/// "-0700" with the given sign parts: "Z" for UTC when asked for, ':' between, with seconds.
std::string format_offset(const Moment& moment, bool z, std::string_view colon, bool minutes,
                          bool seconds) {
    if (z && moment.offset == 0)
        return "Z";
    const std::int64_t size = std::abs(moment.offset);
    std::string text = fmt::format("{}{:02}", moment.offset < 0 ? '-' : '+', size / 3600);
    if (minutes)
        text += fmt::format("{}{:02}", colon, size / 60 % 60);
    if (seconds)
        text += fmt::format("{}{:02}", colon, size % 60);
    return text;
}

/// A word of layouts and what it stands for.
struct Word {
    std::string_view text;
    std::string (*format)(const Moment& moment);
};

// A word comes after those that begin with it and are longer.
const Word calendar_words[] = {
    {"January", [](const Moment& m) { return std::string(months.at(m.clock.tm_mon)); }},
    {"Jan", [](const Moment& m) { return std::string(months.at(m.clock.tm_mon).substr(0, 3)); }},
    {"Monday", [](const Moment& m) { return std::string(days.at(m.clock.tm_wday)); }},
    {"Mon", [](const Moment& m) { return std::string(days.at(m.clock.tm_wday).substr(0, 3)); }},
    {"MST", [](const Moment& m) { return m.zone; }},
    {"002", [](const Moment& m) { return fmt::format("{:03}", m.clock.tm_yday + 1); }},
    {"01", [](const Moment& m) { return fmt::format("{:02}", m.clock.tm_mon + 1); }},
    {"02", [](const Moment& m) { return fmt::format("{:02}", m.clock.tm_mday); }},
    {"03", [](const Moment& m) { return fmt::format("{:02}", hour_of_twelve(m)); }},
    {"04", [](const Moment& m) { return fmt::format("{:02}", m.clock.tm_min); }},
    {"05", [](const Moment& m) { return fmt::format("{:02}", m.clock.tm_sec); }},
    {"06", [](const Moment& m) { return fmt::format("{:02}", (m.clock.tm_year + 1900) % 100); }},
    {"15", [](const Moment& m) { return fmt::format("{:02}", m.clock.tm_hour); }},
    {"1", [](const Moment& m) { return std::to_string(m.clock.tm_mon + 1); }},
    {"2006", [](const Moment& m) { return fmt::format("{:04}", m.clock.tm_year + 1900); }},
    {"2", [](const Moment& m) { return std::to_string(m.clock.tm_mday); }},
    {"_2006", [](const Moment& m) { return fmt::format("_{:04}", m.clock.tm_year + 1900); }},
    {"_2", [](const Moment& m) { return fmt::format("{:2}", m.clock.tm_mday); }},
    {"__2", [](const Moment& m) { return fmt::format("{:3}", m.clock.tm_yday + 1); }},
    {"3", [](const Moment& m) { return std::to_string(hour_of_twelve(m)); }},
    {"4", [](const Moment& m) { return std::to_string(m.clock.tm_min); }},
    {"5", [](const Moment& m) { return std::to_string(m.clock.tm_sec); }},
    {"PM", [](const Moment& m) { return std::string(m.clock.tm_hour >= 12 ? "PM" : "AM"); }},
    {"pm", [](const Moment& m) { return std::string(m.clock.tm_hour >= 12 ? "pm" : "am"); }},
    {"-07:00:00", [](const Moment& m) { return format_offset(m, false, ":", true, true); }},
    {"-070000", [](const Moment& m) { return format_offset(m, false, "", true, true); }},
    {"-07:00", [](const Moment& m) { return format_offset(m, false, ":", true, false); }},
    {"-0700", [](const Moment& m) { return format_offset(m, false, "", true, false); }},
    {"-07", [](const Moment& m) { return format_offset(m, false, "", false, false); }},
    {"Z07:00:00", [](const Moment& m) { return format_offset(m, true, ":", true, true); }},
    {"Z070000", [](const Moment& m) { return format_offset(m, true, "", true, true); }},
    {"Z07:00", [](const Moment& m) { return format_offset(m, true, ":", true, false); }},
    {"Z0700", [](const Moment& m) { return format_offset(m, true, "", true, false); }},
    {"Z07", [](const Moment& m) { return format_offset(m, true, "", false, false); }},
};

bool is_digit(std::string_view text, std::size_t at) {
    return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0;
}

const Word* find_word(std::string_view layout) {
    const auto fits = [&](const Word& word) {
        if (!layout.starts_with(word.text))
            return false;
        // "Janet" isn't a month and a tail, nor is "Monet" a day.
        const std::size_t size = word.text.size();
        return (word.text != "Jan" && word.text != "Mon") || layout.size() == size ||
               std::islower(static_cast<unsigned char>(layout[size])) == 0;
    };
    const auto* const found = std::ranges::find_if(calendar_words, fits);
    return found == std::end(calendar_words) ? nullptr : found;
}

/// The length of ".000" or ",999" at the start of a layout, or 0.
std::size_t fraction_length(std::string_view layout) {
    if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',') ||
        (layout[1] != '0' && layout[1] != '9'))
        return 0;
    const std::size_t end = std::min(layout.find_first_not_of(layout[1], 1), layout.size());
    return is_digit(layout, end) ? 0 : end;
}

std::string format_fraction(const Moment& moment, std::string_view word) {
    std::string digits = fmt::format("{:09}", moment.nanoseconds);
    digits.resize(word.size() - 1, '0');
    if (word[1] == '9') {
        digits.resize(digits.find_last_not_of('0') + 1);
        if (digits.empty())
            return {};
    }
    return word[0] + digits;
}

} // namespace

std::string format_time(const Moment& moment, std::string_view layout) {
    std::string text;
    while (!layout.empty()) {
        if (const std::size_t length = fraction_length(layout); length > 0) {
            text += format_fraction(moment, layout.substr(0, length));
            layout.remove_prefix(length);
        } else if (const Word* const word = find_word(layout); word != nullptr) {
            text += word->format(moment);
            layout.remove_prefix(word->text.size());
        } else {
            text += layout.front();
            layout.remove_prefix(1);
        }
    }
    return text;
}

} // namespace hitless::confd
