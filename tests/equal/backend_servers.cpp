#include "equal/backend_servers.hpp"

#include "equal/connection.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <stdexcept>
#include <thread>

namespace hitless::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// One for all tests of a process.
const std::string& made_certificate() {
    static const TemporaryDirectory directory;
    static const std::string file = [] {
        Process openssl({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                         "/CN=server.example", "-keyout", directory / "key", "-out",
                         directory / "certificate"},
                        directory / "openssl.log");
        if (openssl.wait_exit(std::chrono::seconds(20)) != 0)
            throw std::runtime_error("openssl makes no certificate: " + openssl.log());
        return directory.write("server.pem",
                               read_text(directory / "certificate") + read_text(directory / "key"));
    }();
    return file;
}

/// The first of the server's protocols that the client offers.
int select_protocol(SSL* /*tls*/, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned in_size, void* /*unused*/) {
    static const unsigned char own[] = "\x02h2\x08http/1.1\x08http/1.0";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, own, sizeof own - 1, in, in_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/// Keeps the name that the client asks for: of a resumed session OpenSSL tells the one of its
/// begin.
int keep_name(SSL* tls, int* /*alert*/, void* /*unused*/) {
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    constexpr std::size_t before_name = 5; // the list's size, the type, the name's size
    if (SSL_client_hello_get0_ext(tls, TLSEXT_TYPE_server_name, &data, &size) == 1 &&
        size > before_name)
        asked_name(tls).assign(reinterpret_cast<const char*>(data) + before_name,
                               size - before_name);
    return SSL_CLIENT_HELLO_SUCCESS;
}

int take_any_certificate(int /*verified*/, X509_STORE_CTX* /*chain*/) {
    return 1;
}

void prepare(asio::ssl::context& tls) {
    tls.use_certificate_chain_file(made_certificate());
    tls.use_private_key_file(made_certificate(), asio::ssl::context::pem);
    SSL_CTX* const context = tls.native_handle();
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, take_any_certificate);
    SSL_CTX_set_client_hello_cb(context, keep_name, nullptr);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
    const unsigned char id[] = "equal";
    SSL_CTX_set_session_id_context(context, id, sizeof id - 1);
}

/// At a free port of all loopback addresses.
tcp::acceptor listener(asio::io_context& context) {
    tcp::acceptor acceptor(context, tcp::v6());
    acceptor.set_option(asio::ip::v6_only(false));
    acceptor.bind({tcp::v6(), 0});
    acceptor.listen();
    return acceptor;
}

using Serve = asio::awaitable<void> (*)(Scene&, Server&, tcp::socket, std::string);

asio::awaitable<void> listen(Scene& scene, Server& server, tcp::acceptor& acceptor, Serve how) {
    for (;;) {
        tcp::endpoint peer; // it can't be asked for when the client has gone
        tcp::socket socket = co_await acceptor.async_accept(peer, asio::use_awaitable);
        const auto executor = socket.get_executor();
        // A connection ends with an exception: the client's end of stream.
        asio::co_spawn(executor, how(scene, server, std::move(socket), peer.address().to_string()),
                       asio::detached);
    }
}

} // namespace

struct BackendServers::Implementation {
    struct One {
        Server server;
        tcp::acceptor traffic;
        tcp::acceptor agent;
    };

    Scene scene;
    asio::io_context context{1};
    std::deque<One> servers;
    std::thread thread;
};

BackendServers::BackendServers(std::size_t count) : self_(new Implementation) {
    prepare(self_->scene.tls);
    for (std::size_t i = 1; i <= count; ++i) {
        auto& one = self_->servers.emplace_back(
            Implementation::One{Server{"s" + std::to_string(i), {}, {}}, listener(self_->context),
                                listener(self_->context)});
        asio::co_spawn(self_->context, listen(self_->scene, one.server, one.traffic, serve),
                       asio::detached);
        asio::co_spawn(self_->context, listen(self_->scene, one.server, one.agent, serve_agent),
                       asio::detached);
    }
    self_->thread = std::thread([this] { self_->context.run(); });
}

BackendServers::~BackendServers() {
    self_->context.stop();
    self_->thread.join();
}

std::size_t BackendServers::size() const {
    return self_->servers.size();
}

std::uint16_t BackendServers::port(std::size_t server) const {
    return self_->servers.at(server).traffic.local_endpoint().port();
}

std::uint16_t BackendServers::agent_port(std::size_t server) const {
    return self_->servers.at(server).agent.local_endpoint().port();
}

void BackendServers::set_agent(std::string answer) {
    const std::scoped_lock lock(self_->scene.mutex);
    self_->scene.agent = std::move(answer);
}

void BackendServers::forget() {
    const std::scoped_lock lock(self_->scene.mutex);
    ++self_->scene.epoch;
    for (auto& one : self_->servers) {
        one.server.seen = {};
        one.server.last_check.reset();
    }
}

BackendServers::Seen BackendServers::seen(std::size_t server) const {
    const std::scoped_lock lock(self_->scene.mutex);
    return self_->servers.at(server).server.seen;
}

int BackendServers::held() const {
    const std::scoped_lock lock(self_->scene.mutex);
    return self_->scene.held;
}

void BackendServers::release() {
    const std::scoped_lock lock(self_->scene.mutex);
    ++self_->scene.releases;
}

std::string BackendServers::certificate() const {
    return made_certificate();
}

} // namespace hitless::test
