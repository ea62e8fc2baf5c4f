#include "hitless/base/log.hpp"

#include "hitless/base/text.hpp"

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

/// True when standard error is the journal's: JOURNAL_STREAM names its device and inode
/// (systemd.exec(5)).
bool is_journal() {
    const char* const stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    return stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
           fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

} // namespace

Result<void> set_up_log(std::string_view level) {
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

    const bool plain = std::getenv("NO_COLOR") != nullptr;
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
        plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<OneLine>('*').set_pattern(
        is_journal() ? "%^%l%$ %*" : "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %*");
    auto logger = std::make_shared<spdlog::logger>("hitless", std::move(sink));
    logger->set_formatter(std::move(formatter));
    logger->set_level(found->second);
    spdlog::set_default_logger(std::move(logger));
    return {};
}

} // namespace hitless::base
