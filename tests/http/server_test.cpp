// A server against clients that behave and that don't, over real sockets.
#include "http/client.hpp"
#include "http/running_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <list>

namespace hitless::http {
namespace {

using std::chrono::milliseconds;
using test::Client;
using test::get;
using test::RunningServer;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr milliseconds short_time{150};
constexpr milliseconds long_time{60'000};

TEST(Server, AnswersOneRequestAfterTheOtherOnAConnection) {
    RunningServer server;
    Client client(server.address());
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(client.send(get("/hello")));
        const std::string answer = client.read_answer();
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
        EXPECT_THAT(answer, EndsWith("\r\n\r\nhello\n"));
    }
    client.send(get("/nothing"));
    EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 404 "));
    client.send(get("/hello", "Connection: close\r\n"));
    EXPECT_THAT(client.read_all(), EndsWith("hello\n"));
}

TEST(Server, TellsOfHeadWithoutTheBody) {
    RunningServer server;
    Client client(server.address());
    client.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n" +
                get("/hello", "Connection: close\r\n"));
    const std::string answers = client.read_all();
    EXPECT_THAT(answers, HasSubstr("Content-Length: 6\r\n"));
    EXPECT_EQ(answers.find("hello"), answers.rfind("hello"));
}

TEST(Server, AnswersPipelinedRequestsInTheirOrder) {
    RunningServer server;
    Client client(server.address());
    std::string all;
    for (int i = 0; i < 200; ++i)
        all += get(i % 2 == 0 ? "/hello" : "/nothing");
    client.send(all + get("/", "Connection: close\r\n"));
    for (int i = 0; i < 200; ++i)
        EXPECT_THAT(client.read_answer(), StartsWith(i % 2 == 0 ? "HTTP/1.1 200" : "HTTP/1.1 404"))
            << i;
    EXPECT_THAT(client.read_all(), EndsWith("<p>page</p>"));
}

TEST(Server, AnswersAClientThatHasClosedItsSide) {
    RunningServer server;
    Client client(server.address());
    client.send(get("/hello"));
    client.shut_down_sending();
    EXPECT_THAT(client.read_all(), EndsWith("hello\n"));
}

TEST(Server, TakesARequestThatComesByteByByte) {
    RunningServer server;
    Client client(server.address());
    for (const char byte : get("/hello"))
        ASSERT_TRUE(client.send(std::string(1, byte)));
    EXPECT_THAT(client.read_answer(), EndsWith("hello\n"));
}

TEST(Server, RefusesWhatIsNoRequestAndCloses) {
    RunningServer server;
    for (const auto& [sent, status] : std::vector<std::pair<std::string, int>>{
             {"nonsense\r\n\r\n", 400},
             {"\x16\x03\x01\x02\r\n\r\n", 400},
             {"POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab", 405},
             {"GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
             {"GET /events HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
             {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
             {get("/hello", "X: " + std::string(20'000, 'x') + "\r\n"), 431},
             {std::string(100'000, 'x'), 431}}) {
        Client client(server.address());
        client.send(sent);
        client.send(get("/hello"));
        const std::string answer = client.read_all();
        EXPECT_THAT(answer, StartsWith(fmt::format("HTTP/1.1 {} ", status)));
        EXPECT_THAT(answer, Not(HasSubstr("hello\n"))) << "what came behind it was answered";
        EXPECT_THAT(answer, Not(HasSubstr("TIMEOUT")));
    }
    EXPECT_EQ(server.rejected(Rejection::bad_host), 3);
    EXPECT_EQ(server.rejected(Rejection::head_size), 2);
}

TEST(Server, ServesUnderTheNamesThatItWasTold) {
    RunningServer server({}, {"lb.example"});
    Client client(server.address());
    client.send("GET /hello HTTP/1.1\r\nHost: LB.example:80\r\n\r\n");
    EXPECT_THAT(client.read_answer(), EndsWith("hello\n"));
}

TEST(Server, EndsARequestThatDoesNotEnd) {
    RunningServer server({.head = short_time});
    Client slow(server.address());
    slow.send("GET /hello HTTP/1.1\r\nHost: loc");
    EXPECT_THAT(slow.read_all(), StartsWith("HTTP/1.1 408 "));
    Client drips(server.address()); // a byte now and then doesn't help
    std::string answer;
    while (answer.empty() && drips.send("X"))
        answer = drips.read_until("\r\n\r\n", milliseconds(20));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
    Client silent(server.address());
    EXPECT_EQ(silent.read_all(), "");
    EXPECT_EQ(server.rejected(Rejection::timeout), 2);
}

TEST(Server, EndsAConnectionThatIsIdle) {
    RunningServer server({.head = long_time, .idle = short_time});
    Client client(server.address());
    client.send(get("/hello"));
    EXPECT_THAT(client.read_all(), EndsWith("hello\n"));
}

TEST(Server, EndsAnAnswerThatNobodyTakes) {
    RunningServer server({.stall = short_time});
    Client client(server.address(), 4'096);
    client.send(get("/large"));
    EXPECT_TRUE(test::wait_until([&] { return server.rejected(Rejection::timeout) == 1; }));
    Client other(server.address());
    other.send(get("/hello"));
    EXPECT_THAT(other.read_answer(), EndsWith("hello\n"));
}

TEST(Server, SendsLargeAnswersWhole) {
    RunningServer server;
    Client client(server.address());
    client.send(get("/large"));
    const std::string answer = client.read_answer();
    EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 4UL << 20);
}

TEST(Server, ClosesTheConnectionThatIsIdleLongestForANewOne) {
    RunningServer server({.connections = 3});
    std::list<Client> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(server.address());
        clients.back().send(get("/hello"));
        EXPECT_THAT(clients.back().read_answer(), EndsWith("hello\n"));
    }
    Client fourth(server.address());
    fourth.send(get("/hello"));
    EXPECT_THAT(fourth.read_answer(), EndsWith("hello\n"));
    EXPECT_EQ(clients.front().read_all(), "");
    clients.back().send(get("/hello"));
    EXPECT_THAT(clients.back().read_answer(), EndsWith("hello\n"));
    EXPECT_EQ(server.rejected(Rejection::idle), 1);
}

/// Clients that never end their requests can't keep others out.
TEST(Server, IsNotFilledByRequestsThatDoNotEnd) {
    RunningServer server({.connections = 5, .head = long_time});
    std::list<Client> hostile;
    for (int i = 0; i < 50; ++i) {
        hostile.emplace_back(server.address());
        hostile.back().send("GET / HTT");
    }
    Client client(server.address());
    client.send(get("/hello"));
    EXPECT_THAT(client.read_answer(), EndsWith("hello\n"));
    EXPECT_LE(server.connections(), 10U);
}

TEST(Server, TellsAClientThatThereIsNoPlace) {
    RunningServer server({.connections = 2});
    Client one(server.address());
    Client two(server.address());
    one.send(get("/slow"));
    two.send(get("/slow"));
    std::string answer;
    EXPECT_TRUE(test::wait_until([&] { // until both are being answered
        Client third(server.address());
        third.send(get("/hello", "Connection: close\r\n"));
        answer = third.read_all();
        return answer.starts_with("HTTP/1.1 503 ");
    }));
    EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
    server.may_answer = true;
    EXPECT_THAT(one.read_answer(), EndsWith("slow\n"));
    EXPECT_THAT(two.read_answer(), EndsWith("slow\n"));
}

TEST(Server, SurvivesAHandlerThatThrows) {
    RunningServer server;
    Client client(server.address());
    client.send(get("/throws"));
    EXPECT_EQ(client.read_all(), "");
    EXPECT_EQ(server.rejected(Rejection::broken), 1);
    Client other(server.address());
    other.send(get("/hello"));
    EXPECT_THAT(other.read_answer(), EndsWith("hello\n"));
}

TEST(Server, TellsWhenAnAssetIsTheSame) {
    RunningServer server;
    Client client(server.address());
    client.send(get("/"));
    const std::string answer = client.read_answer();
    EXPECT_THAT(answer, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
    EXPECT_THAT(answer, HasSubstr("ETag: \"one\"\r\n"));
    EXPECT_THAT(answer, HasSubstr("Cache-Control: no-cache\r\n"));
    client.send(get("/", "If-None-Match: \"one\"\r\n"));
    const std::string again = client.read_answer();
    EXPECT_THAT(again, StartsWith("HTTP/1.1 304 "));
    EXPECT_THAT(again, EndsWith("\r\n\r\n"));
}

TEST(Server, ListensAtAUnixSocket) {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "http.sock";
    {
        RunningServer server({}, {}, path);
        Client client(path);
        client.send(get("/hello"));
        EXPECT_THAT(client.read_answer(), EndsWith("hello\n"));
    }
    EXPECT_FALSE(std::filesystem::exists(path)) << "it is removed at the end";
}

} // namespace
} // namespace hitless::http
