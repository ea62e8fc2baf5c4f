// Streams of events over real sockets.
#include "http/client.hpp"
#include "http/running_server.hpp"
#include "support/wait_until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace hitless::http {
namespace {

using std::chrono::milliseconds;
using test::Client;
using test::get;
using test::RunningServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::size_t clients(RunningServer& server) {
    std::size_t count = 0;
    server.in_loop([&] { count = server.hub().clients(); });
    return count;
}

void send(RunningServer& server, const std::string& data, std::uint64_t id) {
    server.in_loop([&] { server.hub().send(event_frame("change", data, id)); });
}

TEST(Stream, BringsEventsAsTheyCome) {
    RunningServer server;
    Client client(server.address());
    client.send(get("/events"));
    const std::string head = client.read_until("retry: 2000\n\n");
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream"));
    send(server, "one", 1);
    EXPECT_EQ(client.read_until("\n\n"), "id: 1\nevent: change\ndata: one\n\n");
    send(server, "two", 2);
    EXPECT_EQ(client.read_until("\n\n"), "id: 2\nevent: change\ndata: two\n\n");
}

TEST(Stream, HasAHeadForAClientThatSendsNoMore) {
    RunningServer server;
    Client client(server.address());
    client.send(get("/events"));
    client.shut_down_sending();
    EXPECT_THAT(client.read_all(),
                AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), ::testing::EndsWith("retry: 2000\n\n")));
    EXPECT_TRUE(test::wait_until([&] { return clients(server) == 0; }));
}

TEST(Stream, GivesASignOfLife) {
    RunningServer server({.comment = milliseconds(50)});
    Client client(server.address());
    client.send(get("/events"));
    client.read_until("retry: 2000\n\n");
    EXPECT_EQ(client.read_until("\n\n"), ":\n\n");
    EXPECT_EQ(client.read_until("\n\n"), ":\n\n");
    send(server, "one", 1);
    EXPECT_THAT(client.read_until("data: one\n\n"), HasSubstr("id: 1\n"));
}

TEST(Stream, BringsAClientThatComesBackWhatItHasMissed) {
    RunningServer server;
    server.in_loop([&] {
        server.hub().greet_with([](std::string_view after) {
            return std::vector<Frame>{event_frame("missed", after)};
        });
    });
    std::optional<Client> client(server.address());
    client->send(get("/events"));
    client->read_until("retry: 2000\n\n");
    send(server, "one", 1);
    client->read_until("data: one\n\n");
    client.reset();
    EXPECT_TRUE(test::wait_until([&] { return clients(server) == 0; }));
    client.emplace(server.address());
    client->send(get("/events", "Last-Event-ID: 1\r\n"));
    EXPECT_THAT(client->read_until("data: 1\n\n"), HasSubstr("event: missed\n"));
}

TEST(Stream, EndsWhenTheClientGoes) {
    RunningServer server;
    {
        Client client(server.address());
        client.send(get("/events"));
        client.read_until("retry: 2000\n\n");
        EXPECT_EQ(clients(server), 1U);
    }
    EXPECT_TRUE(test::wait_until([&] { return clients(server) == 0; }));
    EXPECT_TRUE(test::wait_until([&] { return server.connections() == 0; }));
}

TEST(Stream, DropsAClientThatReadsTooSlowly) {
    RunningServer server;
    Client slow(server.address(), 4'096);
    Client fast(server.address());
    for (Client* const client : {&slow, &fast}) {
        client->send(get("/events"));
        client->read_until("retry: 2000\n\n");
    }
    const std::string large(300'000, 'x');
    for (std::uint64_t id = 1; id <= 40 && server.rejected(Rejection::slow_stream) == 0; ++id) {
        send(server, large, id);
        EXPECT_THAT(fast.read_until("\n\n"), StartsWith("id: " + std::to_string(id) + "\n"));
    }
    EXPECT_TRUE(test::wait_until([&] { return server.rejected(Rejection::slow_stream) == 1; }));
    EXPECT_TRUE(test::wait_until([&] { return clients(server) == 1; }));
}

TEST(Stream, EndsOneThatStallsInTheMiddleOfAnEvent) {
    RunningServer server({.stall = milliseconds(150)});
    Client slow(server.address(), 4'096);
    slow.send(get("/events"));
    slow.read_until("retry: 2000\n\n");
    send(server, std::string(8UL << 20, 'x'), 1);
    EXPECT_TRUE(test::wait_until([&] { return clients(server) == 0; }));
}

TEST(Stream, HasSoManyClientsAtMost) {
    RunningServer server;
    std::vector<std::unique_ptr<Client>> all;
    for (int i = 0; i < 32; ++i) {
        all.push_back(std::make_unique<Client>(server.address()));
        all.back()->send(get("/events"));
        all.back()->read_until("retry: 2000\n\n");
    }
    Client more(server.address());
    more.send(get("/events"));
    EXPECT_THAT(more.read_all(), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(server.rejected(Rejection::streams), 1);
}

TEST(Stream, IsNotBegunForHead) {
    RunningServer server;
    Client client(server.address());
    client.send("HEAD /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.read_all(), HasSubstr("text/event-stream"));
}

} // namespace
} // namespace hitless::http
