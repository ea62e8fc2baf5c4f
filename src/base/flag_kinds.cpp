#include "hitless/base/flags.hpp"
#include "hitless/base/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace hitless::base {
namespace {

using std::chrono::milliseconds;

constexpr int hours_of_day = 24;

/// "90", "1.5s", "1m30s"; nullopt for anything else.
std::optional<milliseconds> parse_duration(std::string_view text) {
    struct Unit {
        std::string_view name;
        double milliseconds;
    };
    constexpr std::array<Unit, 4> units = {{{"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}}};
    if (text.empty())
        return std::nullopt;
    double sum = 0;
    while (!text.empty()) {
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number,
                                                  std::chars_format::fixed);
        if (error != std::errc{} || !(number >= 0))
            return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        double factor = text.empty() && sum == 0 ? 1e3 : 0; // seconds, unless it says otherwise
        for (const Unit& unit : units) {
            if (factor == 0 && text.starts_with(unit.name)) {
                factor = unit.milliseconds;
                text.remove_prefix(unit.name.size());
            }
        }
        if (factor == 0)
            return std::nullopt;
        sum += number * factor;
    }
    constexpr double most = 1e12;
    return sum < most ? std::optional(milliseconds(std::llround(sum))) : std::nullopt;
}

} // namespace

Flag text_flag(std::string name, std::string value, std::string help, std::string& target) {
    return {std::move(name), std::move(value), std::move(help),
            [&target](const std::string& text) -> Result<void> {
                if (text.empty())
                    return Error{"it is empty"};
                target = text;
                return {};
            }};
}

Flag texts_flag(std::string name, std::string value, std::string help,
                std::vector<std::string>& target) {
    return {std::move(name), std::move(value), std::move(help),
            [&target](const std::string& text) -> Result<void> {
                if (text.empty())
                    return Error{"it is empty"};
                target.push_back(text);
                return {};
            }};
}

Flag switch_flag(std::string name, std::string help, bool& target) {
    return {std::move(name), "", std::move(help),
            [&target](const std::string& text) -> Result<void> {
                target = text == "true";
                return {};
            }};
}

Flag number_flag(std::string name, std::string value, std::string help, int least, int most,
                 int& target) {
    return {std::move(name), std::move(value), std::move(help),
            [=, &target](const std::string& text) -> Result<void> {
                int number = 0;
                const char* const last = text.data() + text.size();
                const auto [end, error] = std::from_chars(text.data(), last, number);
                if (error != std::errc{} || end != last || number < least || number > most)
                    return fail("must be a whole number from {} to {}", least, most);
                target = number;
                return {};
            }};
}

Flag duration_flag(std::string name, std::string help, milliseconds least, milliseconds& target,
                   std::chrono::hours most) {
    return {std::move(name), "TIME", std::move(help),
            [=, &target](const std::string& text) -> Result<void> {
                const auto time = parse_duration(text);
                if (!time || *time < least || *time > most)
                    return fail("must be a time from {} ms to {}: seconds, or as in 1m30s or 500ms",
                                least.count(),
                                most.count() == hours_of_day
                                    ? std::string("a day")
                                    : fmt::format("{} days", most.count() / hours_of_day));
                target = *time;
                return {};
            }};
}

} // namespace hitless::base
