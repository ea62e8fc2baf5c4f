#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <functional>
#include <list>

namespace hitless::registration::docker {

/// Coroutines that run beside each other and can be cancelled together.
class Tasks {
  public:
    explicit Tasks(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    /// `over` is called at its end, with what it threw unless it was cancelled.
    void spawn(boost::asio::awaitable<void> work, std::function<void(std::exception_ptr)> over) {
        const auto signal = signals_.emplace(signals_.end());
        boost::asio::co_spawn(executor_, std::move(work),
                              boost::asio::bind_cancellation_slot(
                                  signal->slot(), [this, signal, over = std::move(over)](
                                                      const std::exception_ptr& thrown) {
                                      signals_.erase(signal);
                                      over(without_cancellation(thrown));
                                  }));
    }

    void cancel() {
        for (auto at = signals_.begin(); at != signals_.end();)
            (at++)->emit(boost::asio::cancellation_type::terminal);
    }
    [[nodiscard]] bool idle() const { return signals_.empty(); }

  private:
    static std::exception_ptr without_cancellation(const std::exception_ptr& thrown) {
        try {
            if (thrown)
                std::rethrow_exception(thrown);
        } catch (const boost::system::system_error& error) {
            if (error.code() != boost::asio::error::operation_aborted)
                return thrown;
        } catch (...) {
            return thrown;
        }
        return nullptr;
    }

    boost::asio::any_io_executor executor_;
    std::list<boost::asio::cancellation_signal> signals_;
};

} // namespace hitless::registration::docker
