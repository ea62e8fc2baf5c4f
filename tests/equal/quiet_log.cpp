// The log of a test is printed only if it fails: so many lines come before it otherwise that nobody
// finds the failure.
#include "etcd/log_capture.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <optional>

namespace hitless::test {
namespace {

class QuietLog : public testing::EmptyTestEventListener {
    void OnTestStart(const testing::TestInfo&) override { log_.emplace(); }

    void OnTestEnd(const testing::TestInfo& test) override {
        if (test.result()->Failed())
            std::cout << log_->text() << std::flush;
        log_.reset();
    }

    std::optional<LogCapture> log_;
};

[[maybe_unused]] const bool is_quiet = [] {
    testing::UnitTest::GetInstance()->listeners().Append(new QuietLog); // which owns it
    return true;
}();

} // namespace
} // namespace hitless::test
