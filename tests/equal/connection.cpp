#include "equal/connection.hpp"

#include "equal/http2_server.hpp"
#include "equal/proxy_header.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include <array>
#include <set>

namespace hitless::test {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr std::string_view usual_address = "::ffff:127.0.0.1";

/// One connection: what it has told so far, and where it is noted.
class Connection {
  public:
    Connection(Scene& scene, Server& server) : scene_(scene), server_(server) {
        const std::scoped_lock lock(scene.mutex);
        epoch_ = scene.epoch;
    }

    std::string said;        ///< addresses, PROXY header, TLS
    std::string certificate; ///< the client's, if any; a check may end before it comes

    void note_check(const std::string& what) {
        const std::scoped_lock lock(scene_.mutex);
        if (epoch_ != scene_.epoch)
            return;
        ++server_.seen.checks[said + what];
        ++server_.seen.checked;
        const auto now = Scene::Clock::now();
        if (server_.last_check)
            server_.seen.gaps.push_back(
                std::chrono::duration_cast<std::chrono::milliseconds>(now - *server_.last_check));
        server_.last_check = now;
    }

    void note_request(const std::string& what) {
        const std::scoped_lock lock(scene_.mutex);
        if (epoch_ != scene_.epoch)
            return;
        ++server_.seen.traffic[said + certificate + what];
        ++server_.seen.requests;
        if (!std::exchange(counted_, true))
            ++server_.seen.connections;
    }

    asio::awaitable<void> hold() {
        int releases = 0;
        {
            const std::scoped_lock lock(scene_.mutex);
            ++scene_.held;
            releases = scene_.releases;
        }
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (bool held = true; held;) {
            timer.expires_after(std::chrono::milliseconds(2));
            co_await timer.async_wait(use_awaitable);
            const std::scoped_lock lock(scene_.mutex);
            held = releases == scene_.releases;
            scene_.held -= held ? 0 : 1;
        }
    }

    [[nodiscard]] Scene& scene() const { return scene_; }
    [[nodiscard]] const std::string& name() const { return server_.name; }

  private:
    Scene& scene_;
    Server& server_;
    int epoch_ = 0;
    bool counted_ = false;
};

bool is_traffic(std::string_view target) {
    return target.starts_with("/t/");
}

/// A check's request, with all its headers.
std::string in_words(const http::request<http::string_body>& request) {
    std::string text = fmt::format("{} {} HTTP/{}.{}", std::string_view(request.method_string()),
                                   std::string_view(request.target()), request.version() / 10,
                                   request.version() % 10);
    std::set<std::string> headers;
    for (const auto& field : request)
        headers.insert(fmt::format(" {}={}", std::string_view(field.name_string()),
                                   std::string_view(field.value())));
    for (const std::string& header : headers)
        text += header;
    return request.body().empty() ? text : text + " body=" + request.body();
}

template <class Stream>
asio::awaitable<void> serve_http1(Connection& connection, Stream& stream,
                                  boost::beast::flat_buffer& buffer) {
    for (bool keep_alive = true; keep_alive;) {
        http::request<http::string_body> request;
        co_await http::async_read(stream, buffer, request, use_awaitable);
        const std::string target(request.target());
        if (is_traffic(target))
            connection.note_request(request.version() == 11 ? "HTTP/1.1" : "HTTP/1.0");
        else
            connection.note_check(in_words(request));
        if (target.starts_with("/t/hold"))
            co_await connection.hold();
        keep_alive = request.keep_alive();
        const std::string answer = fmt::format(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n{}\r\n{}",
            connection.name().size(), keep_alive ? "" : "Connection: close\r\n", connection.name());
        co_await asio::async_write(stream, asio::buffer(answer), use_awaitable);
    }
}

bool looks_like_http(std::string_view data) {
    static const std::set<std::string_view> methods = {"GET",  "HEAD", "OPTIONS",
                                                       "POST", "PUT",  "DELETE"};
    return methods.contains(data.substr(0, data.find(' ')));
}

constexpr const char* tls_hello = "TLS hello only";

/// Anything else: its first bytes.
template <class Stream>
asio::awaitable<void> serve_bytes(Connection& connection, Stream& stream, std::string_view data) {
    if (data.starts_with('\x16')) {
        connection.note_check(tls_hello);
        co_return;
    }
    std::string text;
    for (const char byte : data.substr(0, 32))
        text += byte > ' ' && byte < 127
                    ? std::string(1, byte)
                    : fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    connection.note_check("bytes " + text);
    const std::string answer = data.find("PING") != std::string_view::npos ? "+PONG\r\n" : "?\r\n";
    co_await asio::async_write(stream, asio::buffer(answer), use_awaitable);
    std::array<char, 256> rest{};
    for (;;)
        co_await stream.async_read_some(asio::buffer(rest), use_awaitable);
}

template <class Stream>
asio::awaitable<void> serve_stream(Connection& connection, Stream& stream) {
    boost::beast::flat_buffer buffer;
    boost::system::error_code error;
    const std::size_t size = co_await stream.async_read_some(
        buffer.prepare(16'384), asio::redirect_error(use_awaitable, error));
    if (error) { // a check that only connects
        connection.note_check("connected");
        co_return;
    }
    buffer.commit(size);
    const std::string_view data(static_cast<const char*>(buffer.data().data()), size);
    if (looks_like_http(data))
        co_await serve_http1(connection, stream, buffer);
    else if (data.starts_with("PRI * HTTP/2.0"))
        co_await serve_http2(stream, std::string(data), connection.name(),
                             [&](std::string_view request) {
                                 if (is_traffic(request))
                                     connection.note_request("HTTP/2");
                                 else
                                     connection.note_check(fmt::format("HTTP/2 {}", request));
                             });
    else
        co_await serve_bytes(connection, stream, data);
}

/// What waits to be read, without reading it; empty at the end of the connection.
asio::awaitable<std::string> peek(tcp::socket& socket) {
    std::array<char, 2048> bytes{};
    boost::system::error_code error;
    const std::size_t size = co_await socket.async_receive(
        asio::buffer(bytes), tcp::socket::message_peek, asio::redirect_error(use_awaitable, error));
    co_return std::string(bytes.data(), error ? 0 : size);
}

asio::awaitable<void> read_proxy_header(Connection& connection, tcp::socket& socket) {
    for (;;) {
        const std::string data = co_await peek(socket);
        if (data.empty() || !may_be_proxy_header(data))
            co_return;
        const auto header = parse_proxy_header(data);
        if (!header)
            continue;
        std::string read(header->size, '\0');
        co_await asio::async_read(socket, asio::buffer(read), use_awaitable);
        connection.said += header->text + ", ";
        co_return;
    }
}

std::string tls_in_words(SSL* tls) {
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls, &protocol, &size);
    return fmt::format("{} sni={} alpn={}, ", SSL_get_version(tls), asked_name(tls),
                       std::string_view(reinterpret_cast<const char*>(protocol), size));
}

std::string certificate_in_words(SSL* tls) {
    X509* const certificate = SSL_get_peer_certificate(tls);
    X509_free(certificate);
    return certificate == nullptr ? "" : "with a certificate, ";
}

/// Of a handshake that wasn't finished: the client has gone, as a check does when it has seen the
/// server's answer, or what it sent was no more than a beginning.
bool client_has_gone(const boost::system::error_code& error) {
    return error == asio::ssl::error::stream_truncated ||
           error.category() != asio::error::get_ssl_category();
}

} // namespace

std::string& asked_name(SSL* tls) {
    static const int index = SSL_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* name, CRYPTO_EX_DATA*, int, long, void*) {
            delete static_cast<std::string*>(name);
        });
    if (SSL_get_ex_data(tls, index) == nullptr)
        SSL_set_ex_data(tls, index, new std::string);
    return *static_cast<std::string*>(SSL_get_ex_data(tls, index));
}

asio::awaitable<void> serve(Scene& scene, Server& server, tcp::socket socket, std::string source) {
    Connection connection(scene, server);
    boost::system::error_code error;
    socket.set_option(tcp::no_delay(true), error);
    connection.said = source == usual_address ? "" : fmt::format("from {}, ", source);
    const std::string own = socket.local_endpoint(error).address().to_string();
    if (!error && own != usual_address)
        connection.said += fmt::format("to {}, ", own);
    co_await read_proxy_header(connection, socket);
    const std::string data = co_await peek(socket);
    if (!data.starts_with('\x16')) {
        co_await serve_stream(connection, socket);
        co_return;
    }
    asio::ssl::stream<tcp::socket&> stream(socket, scene.tls);
    co_await stream.async_handshake(asio::ssl::stream_base::server,
                                    asio::redirect_error(use_awaitable, error));
    if (error && !client_has_gone(error)) {
        connection.note_check(tls_hello);
        co_return;
    }
    connection.said += tls_in_words(stream.native_handle());
    if (error) {
        connection.note_check("connected");
        co_return;
    }
    connection.certificate = certificate_in_words(stream.native_handle());
    co_await serve_stream(connection, stream);
}

asio::awaitable<void> serve_agent(Scene& scene, Server& server, tcp::socket socket,
                                  std::string /*source*/) {
    std::string answer;
    int epoch = 0;
    {
        const std::scoped_lock lock(scene.mutex);
        answer = scene.agent + "\n";
        epoch = scene.epoch;
    }
    co_await asio::async_write(socket, asio::buffer(answer), use_awaitable);
    std::string sent;
    std::array<char, 256> bytes{};
    for (boost::system::error_code error; !error;) {
        const std::size_t size = co_await socket.async_read_some(
            asio::buffer(bytes), asio::redirect_error(use_awaitable, error));
        sent.append(bytes.data(), size);
    }
    const std::scoped_lock lock(scene.mutex);
    if (epoch != scene.epoch)
        co_return;
    ++server.seen.agents[sent];
    ++server.seen.checked;
}

} // namespace hitless::test
