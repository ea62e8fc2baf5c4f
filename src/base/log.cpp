#include "hitless/base/log.hpp"

#include "hitless/base/text.hpp"

#include "base/event.hpp"

#include <fmt/chrono.h>
#include <nlohmann/json.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace hitless::base {
namespace {

/// The message on one line: values from outside end up in the log, and none may look like a line of
/// its own.
class OneLine : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&,
                spdlog::memory_buf_t& out) override {
        const std::string_view payload(message.payload.data(), message.payload.size());
        const std::string line = printable(payload, std::string_view::npos);
        out.append(line.data(), line.data() + line.size());
    }

    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<OneLine>();
    }
};

/// confd's word for the level.
const char* word_of(spdlog::level::level_enum level) {
    switch (level) {
    case spdlog::level::critical:
        return "fatal";
    case spdlog::level::err:
        return "error";
    case spdlog::level::warn:
        return "warn";
    case spdlog::level::info:
        return "info";
    default:
        return "debug";
    }
}

/// RFC 3339 in UTC, with milliseconds.
std::string utc(std::chrono::system_clock::time_point time) {
    using std::chrono::milliseconds;
    const auto since = std::chrono::floor<milliseconds>(time.time_since_epoch());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds.count()),
                       (since - seconds).count());
}

/// A JSON object a line. Nothing but ASCII: what isn't UTF-8 is replaced, and whatever else might
/// end a line is written as \u….
class JsonLines : public spdlog::formatter {
  public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
        nlohmann::ordered_json line;
        line["time"] = utc(message.time);
        line["level"] = word_of(message.level);
        line["message"] = std::string(message.payload.data(), message.payload.size());
        if (const Event* const event = event_in_hand()) {
            line["event"] = event->name();
            for (const Event::Field& field : event->fields())
                std::visit([&](const auto& value) { line[field.name] = value; }, field.value);
        }
        constexpr bool only_ascii = true;
        const std::string text =
            line.dump(-1, ' ', only_ascii, nlohmann::ordered_json::error_handler_t::replace) + '\n';
        out.append(text.data(), text.data() + text.size());
    }

    [[nodiscard]] std::unique_ptr<formatter> clone() const override {
        return std::make_unique<JsonLines>();
    }
};

/// True when standard error is the journal's: JOURNAL_STREAM names its device and inode
/// (systemd.exec(5)).
bool is_journal() {
    const char* const stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    return stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
           fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

std::unique_ptr<spdlog::formatter> lines_of_text() {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<OneLine>('*').set_pattern(
        is_journal() ? "%^%l%$ %*" : "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %*");
    return formatter;
}

} // namespace

Result<void> set_up_log(std::string_view level, std::string_view format) {
    static const std::map<std::string, spdlog::level::level_enum, std::less<>> levels{
        {"panic", spdlog::level::critical}, {"fatal", spdlog::level::critical},
        {"error", spdlog::level::err},      {"warn", spdlog::level::warn},
        {"warning", spdlog::level::warn},   {"info", spdlog::level::info},
        {"debug", spdlog::level::debug},    {"trace", spdlog::level::trace},
    };
    std::string word(level);
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto found = levels.find(word);
    if (found == levels.end())
        return fail("'{}' is not a log level: panic, fatal, error, warn, info and debug are",
                    printable(level, 40));
    const bool is_json = format == "json";
    if (!is_json && format != "text")
        return fail("'{}' is not a format of the log: text and json are", printable(format, 40));

    const bool plain = is_json || std::getenv("NO_COLOR") != nullptr;
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
        plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
    auto logger = std::make_shared<spdlog::logger>("hitless", std::move(sink));
    if (is_json)
        logger->set_formatter(std::make_unique<JsonLines>());
    else
        logger->set_formatter(lines_of_text());
    logger->set_level(found->second);
    spdlog::set_default_logger(std::move(logger));
    return {};
}

} // namespace hitless::base
