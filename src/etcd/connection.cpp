#include "etcd/connection.hpp"

#include "etcd/base64.hpp"
#include "etcd/transport.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

namespace hitless::etcd {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
constexpr auto use_tuple = Transport::use_tuple;

/// As much is read at once.
constexpr std::size_t buffer_size = 32'768;
/// What belongs to no body is held as a whole: a head, the line before a chunk, the trailer. None
/// of them is larger.
constexpr std::size_t largest_frame = 65'536;

std::string basic_credentials(const Settings& settings) {
    if (settings.username.empty())
        return {};
    return "Basic " + encode_base64(settings.username + ':' + settings.password);
}

bool is_closed(const error_code& error) {
    return error == http::error::end_of_stream || error == http::error::partial_message ||
           error == asio::error::connection_reset || error == asio::error::broken_pipe ||
           error == asio::ssl::error::stream_truncated;
}

std::string explain(const error_code& error) {
    if (error == boost::beast::error::timeout)
        return "it doesn't answer in time";
    if (error == http::error::body_limit || error == http::error::header_limit)
        return "its answer is too large";
    if (error == http::error::buffer_overflow)
        return fmt::format("its answer has a chunk's head or a trailer of more than {} bytes",
                           largest_frame);
    // The same trouble in several dresses must not be told as several.
    if (is_closed(error))
        return "it closed the connection";
    return error.message();
}

/// What went wrong before the first answer on a new connection.
std::string explain_first(const error_code& error, const Node& node) {
    // TLS 1.3 refuses a client's certificate only after the handshake, and the alert that says so
    // can be lost when the connection is closed with it.
    const bool alert = error.category() == asio::error::get_ssl_category();
    if (node.secure && (alert || is_closed(error)))
        return "TLS: it closed the connection after the handshake; does it want a client "
               "certificate "
               "(-client-cert, -client-key) that its authority has signed?";
    return explain(error);
}

http::verb verb_of(Request::Method method) {
    switch (method) {
    case Request::Method::get:
        return http::verb::get;
    case Request::Method::put:
        return http::verb::put;
    case Request::Method::post:
        return http::verb::post;
    case Request::Method::remove:
        return http::verb::delete_;
    }
    return http::verb::get;
}

/// To await anything in a coroutine that was cancelled throws: it ends there, instead of taking the
/// cancelled operation for a trouble of the node.
asio::awaitable<void> end_if_cancelled() {
    co_return;
}

} // namespace

struct Connection::Implementation {
    using Parser = http::response_parser<http::string_body>;

    asio::any_io_executor executor;
    Settings settings;
    std::string credentials;
    Node node;
    std::unique_ptr<Transport> transport;
    boost::beast::flat_buffer buffer;
    std::optional<Parser> parser;
    bool open = false;     ///< connected, and the last answer left it usable
    unsigned closings = 0; ///< how often it was closed

    asio::awaitable<Result<void>> connect();
    asio::awaitable<error_code> exchange_heads(const Request& request, Limit limit);
    [[nodiscard]] Head head() const;
};

asio::awaitable<Result<void>> Connection::Implementation::connect() {
    open = false;
    buffer.clear();
    const unsigned closings_before = closings;
    const Node target = node; // use() may change it meanwhile
    auto connected = co_await Transport::connect(transport, executor, target, settings);
    if (!connected)
        co_return connected;
    if (closings != closings_before) {
        transport->close();
        co_return fail("given up");
    }
    open = true;
    co_return Result<void>{};
}

asio::awaitable<error_code> Connection::Implementation::exchange_heads(const Request& asked,
                                                                       Limit limit) {
    http::request<http::string_body> request(verb_of(asked.method), asked.target, 11, asked.body);
    request.set(http::field::host, node.authority());
    request.set(http::field::user_agent, "hitless");
    if (!credentials.empty())
        request.set(http::field::authorization, credentials);
    if (!asked.body.empty())
        request.set(http::field::content_type, asked.type);
    request.prepare_payload();
    parser.emplace();
    parser->body_limit(std::max(settings.sizes.reading, settings.sizes.other));
    transport->tcp().expires_after(limit);
    const auto [write_error, written] = co_await transport->with(
        [&](auto& stream) { return http::async_write(stream, request, use_tuple); });
    if (write_error)
        co_return write_error;
    const auto [error, read] = co_await transport->with(
        [&](auto& stream) { return http::async_read_header(stream, buffer, *parser, use_tuple); });
    parser->body_limit(boost::none); // which would count all that a watch brings
    co_return error;
}

Head Connection::Implementation::head() const {
    const auto& answer = parser->get();
    Head head{answer.result_int(), 0, std::string(answer["X-Etcd-Cluster-Id"])};
    const auto index = answer["X-Etcd-Index"];
    std::from_chars(index.data(), index.data() + index.size(), head.index);
    if (head.index > most_index)
        head.index = 0;
    return head;
}

Connection::Connection(asio::any_io_executor executor, const Settings& settings)
    : self_(new Implementation{std::move(executor),
                               settings,
                               basic_credentials(settings),
                               {},
                               {},
                               boost::beast::flat_buffer(largest_frame),
                               {}}) {
    self_->buffer.reserve(buffer_size);
}
Connection::~Connection() = default;

void Connection::use(const Node& node) {
    close();
    self_->node = node;
}

void Connection::close() {
    self_->open = false;
    ++self_->closings;
    if (self_->transport)
        self_->transport->close();
}

void Connection::authorize(std::string credentials) {
    self_->credentials = std::move(credentials);
}

bool Connection::is_open() const {
    return self_->open;
}

std::string& Connection::body() {
    return self_->parser->get().body();
}

asio::awaitable<Result<Head>> Connection::send(Request request, Limit limit) {
    for (bool kept = self_->open;; kept = false) {
        if (!kept)
            if (auto connected = co_await self_->connect(); !connected) {
                co_await end_if_cancelled();
                co_return connected.error();
            }
        const error_code error = co_await self_->exchange_heads(request, limit);
        if (!error)
            co_return self_->head();
        const bool was_closed = !self_->open; // by close(), meanwhile
        close();
        co_await end_if_cancelled();
        if (!kept || was_closed || error == boost::beast::error::timeout)
            co_return fail("{}", was_closed ? explain(error) : explain_first(error, self_->node));
    }
}

asio::awaitable<Result<Connection::Body>> Connection::read_some(Limit limit) {
    auto& parser = *self_->parser;
    if (!parser.is_done()) {
        self_->transport->tcp().expires_after(limit);
        const auto [error, size] = co_await self_->transport->with([&](auto& stream) {
            return http::async_read_some(stream, self_->buffer, parser, use_tuple);
        });
        if (error) {
            close();
            co_await end_if_cancelled();
        }
        if (error == boost::beast::error::timeout)
            co_return Body::silent;
        if (error)
            co_return fail("{}", explain(error));
    }
    if (!parser.is_done())
        co_return Body::more;
    if (!parser.keep_alive())
        close();
    co_return Body::ended;
}

asio::awaitable<Result<void>> Connection::read_all(Bounds bounds) {
    const auto end = std::chrono::steady_clock::now() + bounds.whole;
    self_->parser->eager(true); // nobody wants the parts of this body
    for (auto part = Body::more; part != Body::ended;) {
        const auto left = std::chrono::duration_cast<Limit>(end - std::chrono::steady_clock::now());
        const auto more = co_await read_some(std::clamp(left, Limit(0), bounds.silence));
        if (!more)
            co_return more.error();
        part = *more;
        if (part == Body::silent)
            co_return fail("{}", left <= bounds.silence && !body().empty()
                                     ? "its answer doesn't end in time"
                                     : "it doesn't answer in time");
        if (body().size() > bounds.size) {
            close();
            co_return fail("its answer is larger than {} bytes", bounds.size);
        }
    }
    co_return Result<void>{};
}

asio::awaitable<Result<Head>> Connection::fetch(Request request, Bounds bounds) {
    auto head = co_await send(std::move(request), bounds.silence);
    if (!head)
        co_return head;
    if (head->status != 200)
        bounds.size = self_->settings.sizes.other;
    if (auto read = co_await read_all(bounds); !read)
        co_return read.error();
    co_return head;
}

asio::awaitable<Result<Head>> Connection::fetch(Request request, Limit limit) {
    return fetch(std::move(request), {limit, limit, self_->settings.sizes.other});
}

} // namespace hitless::etcd
