#include "registration/fake_engine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace hitless::test {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::local::stream_protocol;
using nlohmann::json;

struct FakeEngine::Implementation {
    std::string path;
    std::map<std::string, Container> containers;
    std::map<std::string, std::pair<std::string, unsigned>> spoilt;
    std::map<std::string, unsigned> asked;
    std::vector<std::string> events; ///< all that were told
    unsigned followers = 0;
    bool stopping = false;

    mutable std::mutex mutex;
    std::condition_variable changed;
    asio::io_context context;
    std::optional<stream_protocol::acceptor> acceptor;
    std::thread accepting;
    std::vector<std::thread> answering;

    void accept();
    void answer(stream_protocol::socket socket);
    std::string body_for(const std::string& target, unsigned& status);
    void send_events(stream_protocol::socket& socket);
};

std::string FakeEngine::describe(const std::string& id, const Container& container) {
    json networks = json::object();
    for (const auto& [name, address] : container.networks)
        networks[name] = {{"IPAddress", address}, {"GlobalIPv6Address", ""}};
    json state = {{"Status", container.running ? "running" : "exited"},
                  {"Running", container.running},
                  {"Paused", container.paused},
                  {"Restarting", false},
                  {"Dead", false},
                  {"StartedAt", container.started}};
    if (!container.health.empty())
        state["Health"] = {{"Status", container.health}, {"FailingStreak", 0}};
    json config = {{"Labels", container.labels}, {"Image", "svc:1"}};
    if (!container.stop_signal.empty())
        config["StopSignal"] = container.stop_signal;
    return json{
        {"Id", id},
        {"Name", "/" + container.name},
        {"State", state},
        {"Config", config},
        {"HostConfig", {{"NetworkMode", container.mode}}},
        {"NetworkSettings", {{"Networks", networks}, {"Ports", json::parse(container.ports)}}}}
        .dump();
}

std::string FakeEngine::Implementation::body_for(const std::string& target, unsigned& status) {
    const std::string where = target.substr(0, target.find('?'));
    ++asked[where];
    if (const auto found = spoilt.find(where); found != spoilt.end()) {
        status = found->second.second;
        return found->second.first;
    }
    if (where == "/containers/json") {
        json list = json::array();
        for (const auto& [id, container] : containers)
            if (container.running)
                list.push_back({{"Id", id}, {"Labels", container.labels}});
        return list.dump();
    }
    for (const auto& [id, container] : containers)
        if (where == "/containers/" + id + "/json")
            return describe(id, container);
    status = 404;
    return R"({"message":"No such container"})";
}

void FakeEngine::Implementation::send_events(stream_protocol::socket& socket) {
    boost::system::error_code error;
    asio::write(socket,
                asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                         "Transfer-Encoding: chunked\r\n\r\n")),
                error);
    std::unique_lock lock(mutex);
    std::size_t sent = events.size();
    ++followers;
    changed.notify_all();
    while (!error && !stopping) {
        if (sent == events.size()) {
            changed.wait(lock);
            continue;
        }
        const std::string line = events[sent++];
        lock.unlock();
        asio::write(socket, asio::buffer(fmt::format("{:x}\r\n{}\r\n", line.size(), line)), error);
        lock.lock();
    }
    --followers;
}

void FakeEngine::Implementation::answer(stream_protocol::socket socket) {
    boost::beast::flat_buffer buffer;
    http::request<http::empty_body> request;
    boost::system::error_code error;
    http::read(socket, buffer, request, error);
    if (error)
        return;
    const std::string target(request.target());
    if (target.starts_with("/events"))
        return send_events(socket);
    unsigned status = 200;
    std::string body;
    {
        const std::scoped_lock lock(mutex);
        body = body_for(target, status);
    }
    asio::write(socket,
                asio::buffer(fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n"
                                         "Connection: close\r\n\r\n{}",
                                         status, body.size(), body)),
                error);
}

void FakeEngine::Implementation::accept() {
    for (;;) {
        boost::system::error_code error;
        stream_protocol::socket socket(context);
        acceptor->accept(socket, error);
        if (error)
            return;
        answering.emplace_back(
            [this, peer = std::move(socket)]() mutable { answer(std::move(peer)); });
    }
}

FakeEngine::FakeEngine(std::string socket) : self_(new Implementation) {
    self_->path = std::move(socket);
    start();
}

FakeEngine::~FakeEngine() {
    stop();
}

void FakeEngine::start() {
    ::unlink(self_->path.c_str());
    self_->stopping = false;
    self_->acceptor.emplace(self_->context, stream_protocol::endpoint(self_->path));
    self_->accepting = std::thread([this] { self_->accept(); });
}

void FakeEngine::stop() {
    if (!self_->accepting.joinable())
        return;
    {
        const std::scoped_lock lock(self_->mutex);
        self_->stopping = true;
    }
    self_->changed.notify_all();
    ::shutdown(self_->acceptor->native_handle(), SHUT_RDWR);
    self_->accepting.join();
    for (std::thread& thread : self_->answering)
        thread.join();
    self_->answering.clear();
    self_->acceptor.reset();
    ::unlink(self_->path.c_str());
}

void FakeEngine::put(const std::string& id, Container container) {
    const std::scoped_lock lock(self_->mutex);
    self_->containers[id] = std::move(container);
}

void FakeEngine::remove(const std::string& id) {
    const std::scoped_lock lock(self_->mutex);
    self_->containers.erase(id);
}

void FakeEngine::tell(const std::string& id, const std::string& action, const std::string& signal) {
    json attributes = {{"image", "svc:1"}};
    {
        const std::scoped_lock lock(self_->mutex);
        const auto found = self_->containers.find(id);
        if (found != self_->containers.end())
            attributes.update(json(found->second.labels));
    }
    if (!signal.empty())
        attributes["signal"] = signal;
    tell_line(json{{"Type", "container"},
                   {"Action", action},
                   {"Actor", {{"ID", id}, {"Attributes", attributes}}}}
                  .dump());
}

void FakeEngine::tell_line(const std::string& line) {
    {
        const std::scoped_lock lock(self_->mutex);
        self_->events.push_back(line + '\n');
    }
    self_->changed.notify_all();
}

void FakeEngine::spoil(const std::string& path, const std::string& body, unsigned status) {
    const std::scoped_lock lock(self_->mutex);
    if (body.empty())
        self_->spoilt.erase(path);
    else
        self_->spoilt[path] = {body, status};
}

unsigned FakeEngine::followers() const {
    const std::scoped_lock lock(self_->mutex);
    return self_->followers;
}

unsigned FakeEngine::asked(const std::string& path) const {
    const std::scoped_lock lock(self_->mutex);
    const auto found = self_->asked.find(path);
    return found == self_->asked.end() ? 0 : found->second;
}

} // namespace hitless::test
