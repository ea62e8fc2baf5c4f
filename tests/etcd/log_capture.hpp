#pragma once

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <sstream>
#include <string>

namespace hitless::test {

/// What is logged while it lives, instead of where it goes otherwise. Any thread may log meanwhile.
class LogCapture {
  public:
    LogCapture() : before_(spdlog::default_logger()) {
        sink_->set_pattern("%l: %v");
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("capture", sink_));
    }
    ~LogCapture() { spdlog::set_default_logger(before_); }
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    [[nodiscard]] std::string text() const { return sink_->text(); }

    /// How many lines hold `part`.
    [[nodiscard]] int count(const std::string& part) const {
        std::istringstream lines(text());
        int found = 0;
        for (std::string line; std::getline(lines, line);)
            found += line.find(part) != std::string::npos ? 1 : 0;
        return found;
    }

  private:
    class Sink : public spdlog::sinks::base_sink<std::mutex> {
      public:
        std::string text() {
            const std::lock_guard lock(mutex_);
            return text_;
        }

      protected:
        void sink_it_(const spdlog::details::log_msg& message) override {
            spdlog::memory_buf_t line;
            formatter_->format(message, line);
            text_.append(line.data(), line.size());
        }
        void flush_() override {}

      private:
        std::string text_;
    };

    std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
    std::shared_ptr<spdlog::logger> before_;
};

} // namespace hitless::test
