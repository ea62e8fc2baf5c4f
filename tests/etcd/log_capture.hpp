#pragma once

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>

namespace hitless::test {

/// What is logged while it lives, instead of where it goes otherwise. To be read when no other
/// thread logs any more.
class LogCapture {
  public:
    LogCapture() : before_(spdlog::default_logger()) {
        auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
        sink->set_pattern("%l: %v");
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("capture", sink));
    }
    ~LogCapture() { spdlog::set_default_logger(before_); }
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    [[nodiscard]] std::string text() const { return text_.str(); }

    /// How many lines hold `part`.
    [[nodiscard]] int count(const std::string& part) const {
        std::istringstream lines(text());
        int found = 0;
        for (std::string line; std::getline(lines, line);)
            found += line.find(part) != std::string::npos ? 1 : 0;
        return found;
    }

  private:
    std::ostringstream text_;
    std::shared_ptr<spdlog::logger> before_;
};

} // namespace hitless::test
