#include "hitless/haproxy/runtime_client.hpp"

#include "hitless/base/text.hpp"

#include "haproxy/endpoint.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <sys/socket.h>
#include <vector>

namespace hitless::haproxy {
namespace {

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using Stream = boost::beast::basic_stream<stream_protocol>;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

/// What ends each answer in interactive mode.
constexpr std::string_view prompt = "\n> ";

/// What asks for the next line of a payload in interactive mode: before the answer, once for each
/// line but the empty one at the end.
constexpr std::string_view continuation = "+ ";

/// One message: in which of the ways they are wrong depends on the pieces in which they come.
constexpr std::string_view not_haproxys =
    "its answers are none of HAProxy's, or can't be told apart";

/// So much is sent before the answers are read: both sides' buffers hold it.
constexpr std::size_t chunk_size = 8'192;

/// No idle close while the daemon lives ("stats timeout" is 10 s by default).
constexpr std::string_view keep_open = "set timeout cli 24h";

/// HAProxy 2.4 and 2.5 count `add server` among the experiments; the others don't mind.
constexpr std::string_view experimental = "experimental-mode on";

/// The answers to these, in all, and how long they may take.
constexpr std::size_t longest_greeting = 65'536;
constexpr std::chrono::seconds greeting_limit{2};

/// A connection that has lasted so long was one to HAProxy.
constexpr std::chrono::seconds proven_after{10};

/// `answer` without the requests for the lines of the command's payload.
std::string_view without_continuations(std::string_view answer, const Command& command) {
    if (!command.payload)
        return answer;
    auto most = 2 + std::ranges::count(*command.payload, '\n');
    for (; most > 0 && answer.starts_with(continuation); --most)
        answer.remove_prefix(continuation.size());
    return answer;
}

/// Whether HAProxy may have given that answer, or has refused to give one. Only of commands whose
/// answers look the same in all versions.
bool may_be_haproxys(std::string_view command, std::string_view answer) {
    if (answer.starts_with("Permission denied") || answer.starts_with("Unknown command"))
        return true;
    if (command == "show info")
        return answer.find("\nPid: ") != std::string_view::npos;
    if (command == "show servers state")
        return answer.starts_with("1\n") || answer.starts_with("2\n");
    return true;
}

} // namespace

struct RuntimeClient::Implementation {
    using Clock = std::chrono::steady_clock;
    using Milliseconds = std::chrono::milliseconds;
    /// Of one exchange.
    struct Limits {
        Milliseconds silence; ///< the longest
        Milliseconds whole;   ///< of an answer
        std::size_t size;     ///< of an answer
    };

    asio::any_io_executor executor;
    std::string address;
    SocketBounds bounds;
    std::optional<Stream> stream = std::nullopt;
    std::string received = {};                            ///< the answers as they come
    std::size_t taken = 0;                                ///< so much of it has been returned
    std::vector<char> buffer = std::vector<char>(65'536); ///< of one reading
    Clock::time_point connected_at = {};
    std::string fault = {};            ///< why it isn't tried…
    Clock::time_point not_before = {}; ///< …until then
    Milliseconds pause = {};           ///< the last one

    void close() {
        stream.reset();
        received = std::string(); // an answer without end may have made it large
        taken = 0;
    }

    /// What answers isn't HAProxy, or not in order: asking it on at once would keep both busy.
    Error faulty(std::string_view what) {
        const bool is_first = pause.count() == 0 || Clock::now() - connected_at > proven_after;
        close();
        pause = is_first ? bounds.first_pause : std::min(pause * 2, bounds.longest_pause);
        not_before = Clock::now() + pause;
        fault = fmt::format("what listens at {} doesn't answer as HAProxy does: {}; is it the "
                            "socket of a `stats socket` line?",
                            address, what);
        return Error{fault};
    }

    Error unending(const Limits& limits) {
        return faulty(fmt::format("an answer has no end within {} bytes and {} s", limits.size,
                                  std::chrono::duration<double>(limits.whole).count()));
    }

    Error lost(const boost::system::error_code& error) {
        close();
        return fail("the connection to HAProxy's socket {} is lost: {}", address, error.message());
    }

    asio::awaitable<Result<void>> exchange(std::string_view text, std::span<const Command> commands,
                                           Limits limits, std::vector<std::string>& answers);
    asio::awaitable<Result<std::string>> next_answer(const Command& command, Limits limits);
};

asio::awaitable<Result<std::string>>
RuntimeClient::Implementation::next_answer(const Command& command, Limits limits) {
    const auto due = Clock::now() + limits.whole;
    std::size_t searched = taken;
    for (;;) {
        const std::size_t end = received.find(prompt, searched);
        if (end != std::string::npos) {
            const auto answer = std::string_view(received).substr(taken, end - taken);
            taken = end + prompt.size();
            co_return std::string(base::trim(without_continuations(answer, command)));
        }
        received.erase(0, taken);
        taken = 0;
        if (received.size() > limits.size)
            co_return unending(limits);
        searched = received.size() < prompt.size() ? 0 : received.size() - prompt.size() + 1;
        stream->expires_after(std::min<Clock::duration>(limits.silence, due - Clock::now()));
        const auto [error, size] =
            co_await stream->async_read_some(asio::buffer(buffer), use_tuple);
        if (error && Clock::now() >= due && !received.empty())
            co_return unending(limits);
        if (error)
            co_return lost(error);
        received.append(buffer.data(), size);
    }
}

asio::awaitable<Result<void>>
RuntimeClient::Implementation::exchange(std::string_view text, std::span<const Command> commands,
                                        Limits limits, std::vector<std::string>& answers) {
    stream->expires_after(limits.silence);
    const auto [error, size] = co_await asio::async_write(*stream, asio::buffer(text), use_tuple);
    if (error)
        co_return lost(error);
    for (const Command& command : commands) {
        auto answer = co_await next_answer(command, limits);
        if (!answer)
            co_return answer.error();
        answers.push_back(std::move(*answer));
    }
    // What looked like a prompt was part of an answer: no answer can be told from another.
    if (taken != received.size())
        co_return faulty(not_haproxys);
    received.clear();
    taken = 0;
    co_return Result<void>{};
}

RuntimeClient::RuntimeClient(asio::any_io_executor executor, std::string address,
                             SocketBounds bounds)
    : self_(new Implementation{std::move(executor), std::move(address), bounds}) {}
RuntimeClient::~RuntimeClient() = default;
RuntimeClient::RuntimeClient(RuntimeClient&&) noexcept = default;
RuntimeClient& RuntimeClient::operator=(RuntimeClient&&) noexcept = default;

const std::string& RuntimeClient::address() const {
    return self_->address;
}

void RuntimeClient::close() {
    self_->close();
}

bool RuntimeClient::connected() const {
    if (!self_->stream)
        return false;
    char byte = 0;
    const auto fd = self_->stream->socket().native_handle();
    // 0: closed by HAProxy. Data without a question can only be a good-bye.
    const auto got = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

asio::awaitable<void> RuntimeClient::lost() {
    while (connected()) {
        const auto [error] =
            co_await self_->stream->socket().async_wait(asio::socket_base::wait_read, use_tuple);
        if (error)
            co_return;
    }
}

asio::awaitable<Result<void>> RuntimeClient::connect() {
    if (connected())
        co_return Result<void>{};
    close();
    if (Implementation::Clock::now() < self_->not_before)
        co_return Error{self_->fault};
    stream_protocol::endpoint endpoint;
    if (auto parsed = parse_endpoint(self_->address, endpoint); !parsed)
        co_return parsed.error();
    self_->stream.emplace(self_->executor);
    self_->stream->expires_after(greeting_limit);
    const auto [error] = co_await self_->stream->async_connect(endpoint, use_tuple);
    if (error) {
        close();
        co_return cannot_connect(self_->address, error);
    }
    std::vector<std::string> answers;
    const std::vector<Command> greeting(3, Command("prompt")); // three without payload
    const std::string hello = fmt::format("prompt\n{}\n{}\n", keep_open, experimental);
    self_->connected_at = Implementation::Clock::now();
    co_return co_await self_->exchange(hello, greeting,
                                       {greeting_limit, greeting_limit, longest_greeting}, answers);
}

asio::awaitable<Result<std::vector<std::string>>>
RuntimeClient::run(std::vector<Command> commands, std::chrono::milliseconds limit) {
    std::vector<std::string> texts;
    texts.reserve(commands.size());
    for (const Command& command : commands) {
        auto text = to_wire(command);
        if (!text)
            co_return text.error();
        texts.push_back(std::move(*text));
    }
    if (auto ready = co_await connect(); !ready)
        co_return ready.error();
    const Implementation::Limits limits{limit, std::max(limit, self_->bounds.whole),
                                        self_->bounds.answer};
    std::vector<std::string> answers;
    answers.reserve(commands.size());
    std::string chunk;
    for (std::size_t i = 0, begin = 0; i < commands.size(); ++i) {
        chunk += texts[i];
        if (chunk.size() < chunk_size && i + 1 < commands.size())
            continue;
        const auto sent = std::span(commands).subspan(begin, i + 1 - begin);
        if (auto done = co_await self_->exchange(chunk, sent, limits, answers); !done)
            co_return done.error();
        chunk.clear();
        begin = i + 1;
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
        if (!may_be_haproxys(commands[i].line, answers[i]))
            co_return self_->faulty(not_haproxys);
    }
    co_return answers;
}

asio::awaitable<Result<std::string>> RuntimeClient::run(Command command) {
    std::vector<Command> commands;
    commands.push_back(std::move(command));
    auto answers = co_await run(std::move(commands));
    if (!answers)
        co_return answers.error();
    co_return std::move(answers->front());
}

} // namespace hitless::haproxy
