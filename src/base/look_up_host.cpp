#include "base/look_up_host.hpp"

#include "base/blocking_calls.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace hitless::base {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Never ends, since its threads may not.
BlockingCalls& threads() {
    constexpr std::size_t most = 32;
    static auto* const calls = new BlockingCalls(most);
    return *calls;
}

/// Where the answer is left. Outlives whoever waits for it where the thread hangs.
struct Mailbox {
    std::mutex mutex;
    std::optional<asio::any_io_executor> loop; ///< none: nobody waits any more. Needs the lock
    // Only in the loop's thread:
    asio::steady_timer* limit = nullptr; ///< of whoever waits
    std::optional<HostAnswer> answer;
};

class Waiting {
  public:
    Waiting(std::shared_ptr<Mailbox> mailbox, asio::steady_timer& limit)
        : mailbox_(std::move(mailbox)) {
        mailbox_->loop = limit.get_executor();
        mailbox_->limit = &limit;
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() {
        mailbox_->limit = nullptr;
        const std::lock_guard lock(mailbox_->mutex);
        mailbox_->loop.reset();
    }

  private:
    std::shared_ptr<Mailbox> mailbox_;
};

/// Waits for the answer, in any thread.
HostAnswer look_up(const std::string& host, std::uint16_t port) {
    HostAnswer answer;
    asio::io_context unused;
    for (const auto& found :
         tcp::resolver(unused).resolve(host, std::to_string(port), answer.error))
        answer.endpoints.push_back(found.endpoint());
    return answer;
}

void put(const std::shared_ptr<Mailbox>& mailbox, HostAnswer answer) {
    const std::lock_guard lock(mailbox->mutex);
    if (!mailbox->loop)
        return;
    asio::post(*mailbox->loop, [mailbox, answer = std::move(answer)] {
        mailbox->answer = answer;
        if (mailbox->limit != nullptr)
            mailbox->limit->cancel();
    });
}

} // namespace

asio::awaitable<std::optional<HostAnswer>> look_up_host(std::string host, std::uint16_t port,
                                                        std::chrono::milliseconds limit) {
    asio::steady_timer timer(co_await asio::this_coro::executor, limit);
    const auto mailbox = std::make_shared<Mailbox>();
    const Waiting waiting(mailbox, timer);
    threads().run([mailbox, host = std::move(host), port] { put(mailbox, look_up(host, port)); },
                  BlockingCalls::Urgency::soon);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return std::move(mailbox->answer);
}

} // namespace hitless::base
