#include "base/event.hpp"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>

namespace hitless::base {
namespace {

thread_local const Event* in_hand = nullptr;

constexpr std::string_view time_taken = "took_ms";

bool is_plain(std::string_view text) {
    return !text.empty() && std::ranges::none_of(text, [](unsigned char c) {
        return std::isspace(c) != 0 || c == '"' || c == '=';
    });
}

/// In double quotes where a reader couldn't tell where it ends. "change" always has them, as it
/// mostly needs them.
std::string quoted(const Event::Field& field, std::string_view text) {
    if (is_plain(text) && field.name != "change")
        return std::string(text);
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + '"';
}

std::string in_text(const Event::Field& field) {
    if (const auto* const text = std::get_if<std::string>(&field.value))
        return fmt::format(" {}={}", field.name, quoted(field, *text));
    if (const auto* const number = std::get_if<std::int64_t>(&field.value))
        return fmt::format(" {}={}", field.name, *number);
    if (const auto* const milliseconds = std::get_if<double>(&field.value))
        return fmt::format(" took={:.1f}ms", *milliseconds);
    const auto& texts = std::get<std::vector<std::string>>(field.value);
    return fmt::format(" {}={}", field.name,
                       quoted(field, fmt::format("{}", fmt::join(texts, "; "))));
}

} // namespace

Event& Event::with(std::string_view field, std::string_view value) {
    fields_.push_back({std::string(field), std::string(value)});
    return *this;
}

Event& Event::with(std::string_view field, std::int64_t value) {
    fields_.push_back({std::string(field), value});
    return *this;
}

Event& Event::with(std::string_view field, std::vector<std::string> values) {
    fields_.push_back({std::string(field), std::move(values)});
    return *this;
}

Event& Event::took(std::chrono::duration<double, std::milli> time) {
    fields_.push_back({std::string(time_taken), time.count()});
    return *this;
}

Event& Event::says(std::string sentence) {
    sentence_ = std::move(sentence);
    return *this;
}

std::string Event::text() const {
    if (!sentence_.empty())
        return sentence_;
    std::string text = name_;
    for (const Field& field : fields_)
        text += in_text(field);
    return text;
}

void log(spdlog::level::level_enum level, const Event& event) {
    if (!spdlog::should_log(level))
        return;
    in_hand = &event;
    spdlog::log(level, "{}", event.text());
    in_hand = nullptr;
}

const Event* event_in_hand() {
    return in_hand;
}

} // namespace hitless::base
