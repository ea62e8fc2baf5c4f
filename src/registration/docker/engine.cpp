#include "registration/docker/engine.hpp"

#include "hitless/base/text.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace hitless::registration::docker {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Stream = boost::beast::basic_stream<asio::local::stream_protocol>;
using Parser = http::response_parser<http::string_body>;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

constexpr std::chrono::seconds answer_limit{10};
constexpr std::size_t largest_list = 64UL << 20;
constexpr std::size_t largest_container = 4UL << 20;
constexpr std::size_t largest_event = 1UL << 20;
constexpr std::size_t largest_frame = 65'536;

/// {"type":["container","network"],"event":[…]}: without those of commands that are run within a
/// container, which each HEALTHCHECK makes.
constexpr const char* events_target =
    "/events?filters=%7B%22type%22%3A%5B%22container%22%2C%22network%22%5D%2C%22event%22%3A%5B"
    "%22start%22%2C%22restart%22%2C%22die%22%2C%22stop%22%2C%22kill%22%2C%22pause%22%2C%22unpause"
    "%22%2C%22destroy%22%2C%22rename%22%2C%22update%22%2C%22health_status%22%2C%22connect%22%2C"
    "%22disconnect%22%5D%7D";

std::string explain(const error_code& error) {
    if (error == boost::beast::error::timeout)
        return "it doesn't answer in time";
    if (error == http::error::body_limit || error == http::error::header_limit ||
        error == http::error::buffer_overflow)
        return "its answer is too large";
    if (error == http::error::end_of_stream || error == http::error::partial_message ||
        error == asio::error::connection_reset || error == asio::error::broken_pipe ||
        error == asio::error::eof)
        return "it closed the connection";
    return error.message();
}

/// Connects and exchanges heads.
asio::awaitable<Result<void>> ask(Stream& stream, boost::beast::flat_buffer& buffer, Parser& parser,
                                  std::string socket, std::string target) {
    stream.expires_after(answer_limit);
    constexpr std::size_t longest_path = 107; // sun_path
    if (socket.size() > longest_path)
        co_return fail("its path is longer than {} bytes", longest_path);
    const asio::local::stream_protocol::endpoint place(socket);
    const auto [refused] = co_await stream.async_connect(place, use_tuple);
    if (refused == asio::error::access_denied)
        co_return fail("{}: this user needs the group of the socket", refused.message());
    if (refused)
        co_return fail("can't connect: {}", refused.message());
    http::request<http::empty_body> request(http::verb::get, target, 11);
    request.set(http::field::host, "docker");
    request.set(http::field::user_agent, "hitless-register");
    const auto [unsent, written] = co_await http::async_write(stream, request, use_tuple);
    if (unsent)
        co_return fail("{}", explain(unsent));
    const auto [error, read] = co_await http::async_read_header(stream, buffer, parser, use_tuple);
    if (error)
        co_return fail("{}", explain(error));
    co_return Result<void>{};
}

Error refusal(unsigned status, std::string_view target, std::string_view body) {
    return fail("it answers {} to GET {}: {}", status, target.substr(0, target.find('?')),
                base::printable(base::trim(body), 100));
}

} // namespace

asio::awaitable<Result<Engine::Answer>> Engine::get(std::string target, std::size_t most_bytes) {
    Stream stream(executor_);
    boost::beast::flat_buffer buffer(largest_frame);
    Parser parser;
    parser.body_limit(most_bytes);
    const auto asked = co_await ask(stream, buffer, parser, socket_, target);
    if (!asked)
        co_return asked.error();
    const auto [error, read] = co_await http::async_read(stream, buffer, parser, use_tuple);
    if (error)
        co_return fail("{}", explain(error));
    co_return Answer{parser.get().result_int(), std::move(parser.get().body())};
}

asio::awaitable<Result<std::vector<std::string>>> Engine::list() {
    const std::string target = "/containers/json";
    const auto answer = co_await get(target, largest_list);
    if (!answer)
        co_return answer.error();
    if (answer->status != 200)
        co_return refusal(answer->status, target, answer->body);
    co_return parse_list(answer->body);
}

asio::awaitable<Result<Container>> Engine::inspect(std::string id) {
    const std::string target = fmt::format("/containers/{}/json", id);
    const auto answer = co_await get(target, largest_container);
    if (!answer)
        co_return answer.error();
    if (answer->status == 404 && says_absent(answer->body))
        co_return Container{};
    if (answer->status != 200)
        co_return refusal(answer->status, target, answer->body);
    co_return parse_container(id, answer->body);
}

struct Engine::Events::Implementation {
    std::string socket;
    Stream stream;
    boost::beast::flat_buffer buffer{largest_frame};
    Parser parser;
    std::size_t looked_at = 0; ///< so many bytes of the body hold no line break
    bool skipping = false;     ///< the rest of an event that is too large

    Implementation(const asio::any_io_executor& executor, std::string path)
        : socket(std::move(path)), stream(executor) {}
};

Engine::Events::Events(const asio::any_io_executor& executor, std::string socket)
    : self_(new Implementation(executor, std::move(socket))) {}
Engine::Events::~Events() = default;

asio::awaitable<Result<void>> Engine::Events::open() {
    self_->parser.body_limit(boost::none);
    auto asked =
        co_await ask(self_->stream, self_->buffer, self_->parser, self_->socket, events_target);
    const unsigned status = self_->parser.get().result_int();
    if (asked && status != 200)
        co_return refusal(status, events_target, "");
    self_->stream.expires_never();
    co_return asked;
}

void Engine::Events::close() {
    self_->stream.close();
}

asio::awaitable<Result<Event>> Engine::Events::next() {
    std::string& body = self_->parser.get().body();
    for (;;) {
        const std::size_t end = body.find('\n', self_->looked_at);
        if (end != std::string::npos) {
            const std::string line = body.substr(0, end);
            body.erase(0, end + 1);
            self_->looked_at = 0;
            if (std::exchange(self_->skipping, false)) {
                Event lost;
                lost.kind = Event::Kind::lost;
                co_return lost;
            }
            if (base::trim(line).empty())
                continue;
            co_return parse_event(line);
        }
        if (self_->skipping || body.size() > largest_event) {
            self_->skipping = true; // one container's labels are no reason to miss others' events
            body.clear();
        }
        self_->looked_at = body.size();
        if (self_->parser.is_done())
            co_return fail("it ended its events");
        const auto [error, read] =
            co_await http::async_read_some(self_->stream, self_->buffer, self_->parser, use_tuple);
        if (error)
            co_return fail("{}", explain(error));
    }
}

} // namespace hitless::registration::docker
