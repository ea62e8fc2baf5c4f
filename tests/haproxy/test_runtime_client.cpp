#include "hitless/base/text.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/haproxy/runtime_client.hpp"
#include "hitless/haproxy/words.hpp"

#include "support/fake_peer.hpp"
#include "support/free_port.hpp"
#include "support/haproxy_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <thread>

namespace hitless::haproxy {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view configuration =
    "global\n"
    "  stats socket @DIR@/admin.sock level admin expose-fd listeners\n"
    "  {}\n"
    "defaults\n"
    "  mode http\n"
    "  timeout connect 1s\n"
    "  timeout client 1s\n"
    "  timeout server 1s\n"
    "backend app\n"
    "  server web1 127.0.0.1:9 cookie a\n";

std::string with_global(std::string_view line = "maxconn 100") {
    return fmt::format(fmt::runtime(configuration), line);
}

/// A client, and the loop it runs on.
class Client {
  public:
    explicit Client(std::string address) : client_(context_.get_executor(), std::move(address)) {}

    RuntimeClient* operator->() { return &client_; }

    template <class T>
    T wait(asio::awaitable<T> what) {
        auto result = asio::co_spawn(context_, std::move(what), asio::use_future);
        context_.restart();
        context_.run();
        return result.get();
    }

    Result<std::vector<std::string>> run(std::vector<Command> commands,
                                         std::chrono::milliseconds limit = 5s) {
        return wait(client_.run(std::move(commands), limit));
    }
    Result<std::string> run(Command command) { return wait(client_.run(std::move(command))); }

  private:
    asio::io_context context_;
    RuntimeClient client_;
};

TEST(RuntimeClient, RunsCommandsInOrderOnOneConnection) {
    test::HaproxyServer haproxy(with_global());
    Client client(haproxy.socket());
    EXPECT_FALSE(client->connected());
    const auto answers = client.run({"get weight app/web1", "set server app/web1 weight 50",
                                     "get weight app/web1", "bogus", "get weight app/none"});
    ASSERT_TRUE(answers) << answers.error().message;
    EXPECT_THAT(*answers, ElementsAre("1 (initial 1)", "", "50 (initial 1)",
                                      HasSubstr("Unknown command"), HasSubstr("No such server")));
    EXPECT_TRUE(client->connected());
    const auto connections = [&] {
        const std::string info = client.run("show info").value();
        return info.substr(info.find("CumConns"), 20);
    };
    EXPECT_EQ(connections(), connections());
    EXPECT_EQ(parse_info(client.run("show info").value())->pid, haproxy.pid());
}

TEST(RuntimeClient, ManyCommandsAndLongAnswers) {
    test::HaproxyServer haproxy(with_global());
    Client client(haproxy.socket());
    std::vector<Command> commands;
    for (int i = 0; i < 3'000; ++i)
        commands.push_back(
            fmt::format("add server app/dynamic-server-{} 127.0.0.1:{}", i, 1'000 + i));
    const auto answers = client.run(commands);
    ASSERT_TRUE(answers) << answers.error().message;
    ASSERT_EQ(answers->size(), commands.size());
    for (const std::string& answer : *answers)
        ASSERT_EQ(answer, "New server registered.");
    const auto states = client.run({"show servers state", "show servers state app", "show stat"});
    ASSERT_TRUE(states);
    EXPECT_GT(states->at(0).size(), 200'000U);
    EXPECT_EQ(parse_servers_state(states->at(0))->at("app").size(), 3'001U);
    EXPECT_TRUE(states->at(0).starts_with(states->at(1))); // 2.4 has a backend for its master
}

TEST(RuntimeClient, OneCommandStaysOne) {
    test::HaproxyServer haproxy(with_global());
    Client client(haproxy.socket());
    for (const std::string& command :
         {std::string("show info\nshow stat"), std::string("show info;show stat"),
          std::string("show info <<"), std::string("show info<<"), std::string("show <<END"),
          std::string("show\rinfo"), std::string("show\0info", 9), std::string(17'000, 'x'),
          std::string("show info\\")}) {
        const auto answers = client.run({"show info", command});
        EXPECT_FALSE(answers) << command;
        EXPECT_FALSE(client->connected()) << "nothing is sent";
    }
    EXPECT_EQ(client.run(R"(get weight app/web1\;x)").value(), "No such server.");
    EXPECT_TRUE(client.run(std::vector<Command>{})->empty());
}

/// In interactive mode HAProxy asks for each line of a payload with "+ ", which is no answer.
TEST(RuntimeClient, SendsPayloads) {
    const test::TemporaryDirectory directory;
    const std::string map = directory.write("a.map", "/first yes\n");
    test::HaproxyServer haproxy(with_global() + fmt::format("  acl known path,map({}) -m found\n"
                                                            "  http-request deny if known\n",
                                                            map));
    Client client(haproxy.socket());
    std::vector<Command> commands = {"show version"};
    std::vector<std::string> keys = {"/first"};
    for (const int lines : {1, 2, 300}) {
        std::string payload;
        for (int i = 0; i < lines; ++i) {
            keys.push_back(fmt::format("/{}/{}", lines, i));
            payload += fmt::format("{} + <<;\\\n", keys.back());
        }
        commands.push_back(Command::with_payload("add map " + map + " <<", payload));
        commands.emplace_back("get weight app/web1");
    }
    commands.push_back(Command::with_payload("add map " + map + " <<", "/only-a-key"));
    commands.emplace_back("show map " + map);
    const auto answers = client.run(commands);
    ASSERT_TRUE(answers) << answers.error().message;
    ASSERT_EQ(answers->size(), commands.size());
    for (std::size_t i = 1; i < 7; ++i)
        EXPECT_EQ((*answers)[i], i % 2 == 1 ? "" : "1 (initial 1)") << i;
    EXPECT_EQ((*answers)[7], "Missing value for key '/only-a-key'.");
    EXPECT_TRUE(command::refusal(commands[7], (*answers)[7]));
    std::vector<std::string> found;
    for (const std::string_view line : base::split(answers->back(), '\n'))
        found.emplace_back(base::split(line, ' ')[1]);
    EXPECT_EQ(found, keys);
    EXPECT_EQ(client.run("get weight app/web1").value(), "1 (initial 1)");
    // And without interactive mode.
    std::vector<Command> once = {
        "show version", Command::with_payload("add map " + map + " <<", "/once 1\n/more 2")};
    EXPECT_TRUE(client.wait(ask_once(haproxy.socket(), once, 5s)));
    EXPECT_THAT(client.run("show map " + map).value(), HasSubstr(" /more 2"));
}

TEST(RuntimeClient, SendsNothingIfAPayloadCouldEndEarly) {
    test::HaproxyServer haproxy(with_global());
    Client client(haproxy.socket());
    const Command bad =
        Command::with_payload("add map /m <<", "a b\n\nset server app/web1 weight 7\n");
    EXPECT_FALSE(client.run({"set server app/web1 weight 9", bad}));
    EXPECT_FALSE(
        client.wait(ask_once(haproxy.socket(), {"set server app/web1 weight 9", bad}, 5s)));
    EXPECT_EQ(client.run("get weight app/web1").value(), "1 (initial 1)");
}

TEST(RuntimeClient, FindsTheNewProcessAfterAReload) {
    test::HaproxyServer haproxy(with_global());
    Client client(haproxy.socket());
    const auto before = parse_info(client.run("show info").value()).value();
    EXPECT_FALSE(before.stopping);
    haproxy.reload();
    // The kept connection is with the old process, which says that it is about to end.
    EXPECT_TRUE(test::wait_until([&] {
        const auto still = client.run("show info");
        return !still || parse_info(*still)->pid != before.pid || parse_info(*still)->stopping;
    }));
    client->close();
    EXPECT_EQ(parse_info(client.run("show info").value())->pid, haproxy.pid());
    EXPECT_NE(haproxy.pid(), before.pid);
}

TEST(RuntimeClient, NoticesThatHaproxyIsGoneAndComesBack) {
    test::HaproxyServer haproxy(with_global(), test::HaproxyServer::Mode::plain);
    Client client(haproxy.socket());
    ASSERT_TRUE(client.run("show info"));
    haproxy.stop();
    EXPECT_TRUE(test::wait_until([&] { return !client->connected(); }));
    const auto gone = client.run("show info");
    ASSERT_FALSE(gone);
    EXPECT_THAT(gone.error().message, HasSubstr(haproxy.socket()));
    EXPECT_THAT(gone.error().message, HasSubstr("perhaps HAProxy does not run"));
    haproxy.start();
    EXPECT_TRUE(client.run("show info"));
}

TEST(RuntimeClient, StaysConnectedPastTheStatsTimeout) {
    test::HaproxyServer haproxy(with_global("stats timeout 50ms"));
    Client client(haproxy.socket());
    ASSERT_TRUE(client.run("show info"));
    EXPECT_FALSE(test::wait_until([&] { return !client->connected(); }, 300ms));
}

class Socket : public testing::TestWithParam<std::string_view> {};

TEST_P(Socket, CanBeConnectedTo) {
    const std::string port = std::to_string(test::free_port());
    const auto fill = [&](std::string text) {
        const std::size_t at = text.find("PORT");
        return at == std::string::npos ? text : text.replace(at, 4, port);
    };
    const std::string address = fill(std::string(GetParam()));
    test::HaproxyServer haproxy(with_global("stats socket " + address + " level admin"));
    Client client(address);
    const auto answer = client.run("get weight app/web1");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(*answer, "1 (initial 1)");
}

INSTANTIATE_TEST_SUITE_P(RuntimeClient, Socket,
                         testing::Values("127.0.0.1:PORT", "*:PORT", "abns@hitless-test-PORT"));

class BadSocket : public testing::TestWithParam<std::pair<std::string, std::string_view>> {};

TEST_P(BadSocket, IsAnErrorThatTellsWhatToLookAt) {
    Client client(GetParam().first);
    const auto answer = client.run("show info");
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message, HasSubstr(GetParam().second));
}

INSTANTIATE_TEST_SUITE_P(
    RuntimeClient, BadSocket,
    testing::Values(std::pair{"/nonexistent/admin.sock", "perhaps HAProxy does not run"},
                    std::pair{"127.0.0.1:1", "nobody listens"},
                    std::pair{"nonsense", "a path or IP:PORT"}, std::pair{"", "a path or IP:PORT"},
                    std::pair{"127.0.0.1:x", "a path or IP:PORT"},
                    std::pair{"127.0.0.1:80x", "a port from 1 to 65535"},
                    std::pair{"127.0.0.1:99999", "a port from 1 to 65535"},
                    std::pair{"/" + std::string(200, 'x'), "too long"},
                    std::pair{"abns@" + std::string(200, 'x'), "abstract"},
                    std::pair{"abns@", "abstract"}));

/// Something that answers each line it gets from a script, then closes; an empty answer is silence.
class Scripted {
  public:
    explicit Scripted(std::vector<std::string> answers)
        : acceptor_(context_, asio::local::stream_protocol::endpoint(socket())),
          thread_([this, script = std::move(answers)] { serve(script); }) {}
    ~Scripted() { thread_.join(); }

    [[nodiscard]] std::string socket() const { return directory_ / "socket"; }

  private:
    void serve(const std::vector<std::string>& answers) {
        auto peer = acceptor_.accept();
        std::string received;
        boost::system::error_code error;
        for (const std::string& answer : answers) {
            while (received.find('\n') == std::string::npos) {
                char buffer[1'024];
                received.append(buffer, peer.read_some(asio::buffer(buffer), error));
                if (error)
                    return;
            }
            received.erase(0, received.find('\n') + 1);
            asio::write(peer, asio::buffer(answer), error);
        }
        char byte = 0;
        if (!answers.empty() && answers.back().empty()) // until the client has had enough
            peer.read_some(asio::buffer(&byte, 1), error);
    }

    test::TemporaryDirectory directory_;
    asio::io_context context_;
    asio::local::stream_protocol::acceptor acceptor_;
    std::thread thread_;
};

struct ScriptCase {
    std::string_view what;
    std::vector<std::string> answers; ///< to the three lines of a new connection, then to commands
    std::string_view error;
};

class BadPeer : public testing::TestWithParam<ScriptCase> {};

TEST_P(BadPeer, IsAnErrorAndTheConnectionIsClosed) {
    const Scripted peer(GetParam().answers);
    Client client(peer.socket());
    const auto answers = client.run({"one", "two"}, 200ms);
    ASSERT_FALSE(answers) << GetParam().what;
    EXPECT_THAT(answers.error().message, HasSubstr(GetParam().error));
    EXPECT_FALSE(client->connected());
}

INSTANTIATE_TEST_SUITE_P(
    RuntimeClient, BadPeer,
    testing::Values(
        ScriptCase{"closes at once", {}, "is lost"},
        ScriptCase{"closes between two answers", {"\n> ", "\n> ", "\n> ", "1\n\n> "}, "is lost"},
        ScriptCase{
            "closes within an answer", {"\n> ", "\n> ", "\n> ", "1\n\n> ", "2\n\n"}, "is lost"},
        ScriptCase{"says nothing", {"\n> ", "\n> ", "\n> ", "1\n\n> ", ""}, "timeout"},
        ScriptCase{"has a prompt in its answer",
                   {"\n> ", "\n> ", "\n> ", "1\n> evil\n\n> 2\n\n> ", ""},
                   "can't be told apart"}));

/// A client with small bounds, of something that isn't HAProxy.
class NoHaproxy : public testing::TestWithParam<std::pair<const char*, test::FakeAnswer>> {
  protected:
    test::TemporaryDirectory directory_;
    test::FakePeer peer_{directory_ / "socket", [](const std::string& line) {
                             const bool is_greeting = !line.starts_with("show");
                             return is_greeting && GetParam().second.text.starts_with('!')
                                        ? test::FakeAnswer{"\n> ", {}, {}, false}
                                        : GetParam().second;
                         }};
    asio::io_context context_;
    RuntimeClient client_{
        context_.get_executor(), directory_ / "socket", {1 << 20, 300ms, 50ms, 400ms}};

    Result<std::string> ask() {
        std::vector<Command> commands(1, "show info");
        auto result = asio::co_spawn(context_, client_.run(commands, 300ms), asio::use_future);
        context_.restart();
        context_.run();
        auto answers = result.get();
        return answers ? Result<std::string>(answers->front()) : answers.error();
    }
};

TEST_P(NoHaproxy, IsAskedMoreAndMoreRarelyAndDescribedTheSameWay) {
    const auto first = ask();
    ASSERT_FALSE(first);
    EXPECT_THAT(first.error().message, HasSubstr(directory_ / "socket"));
    const auto end = std::chrono::steady_clock::now() + 1'500ms;
    while (std::chrono::steady_clock::now() < end) {
        const auto again = ask();
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().message, first.error().message);
        EXPECT_FALSE(client_.connected());
    }
    EXPECT_LE(peer_.connections(), 12U);
    EXPECT_GE(peer_.connections(), 2U);
}

INSTANTIATE_TEST_SUITE_P(
    RuntimeClient, NoHaproxy,
    testing::Values(std::pair{"Endless", test::FakeAnswer{"", "nonsense nonsense ", {}, false}},
                    std::pair{"Dripping", test::FakeAnswer{"x", "x", 20ms, false}},
                    std::pair{"EndlessPrompts", test::FakeAnswer{"", "\n> ", {}, false}},
                    std::pair{"Nonsense", test::FakeAnswer{"nonsense\n\n> ", {}, {}, false}},
                    std::pair{"EndlessLater", test::FakeAnswer{"!", "nonsense ", {}, false}},
                    std::pair{"DrippingLater", test::FakeAnswer{"!", "x", 20ms, false}},
                    std::pair{"NonsenseLater", test::FakeAnswer{"!x\n\n> ", {}, {}, false}}),
    [](const auto& test) { return test.param.first; });

/// HAProxy as the judge of split_words(): `setenv` takes one word, `show env` gives it back.
TEST(Words, AreThoseOfHaproxy) {
    const std::vector<std::string> written = {
        R"(x"y z"w)", R"(b\ c\#d\"e\'f)", R"(b\\c)",  R"("\x41\x2F")", R"(\1\;\$)", R"("\$X\1")",
        R"('\"#$X')", R"("it's")",        R"("a#b")", R"(a"b"'c'd)",   R"("a\;b")", R"(last\)"};
    std::string lines;
    for (std::size_t i = 0; i < written.size(); ++i)
        lines += fmt::format("setenv WORD{} {}\n  ", i, written[i]);
    test::HaproxyServer haproxy(with_global(lines));
    Client client(haproxy.socket());
    for (std::size_t i = 0; i < written.size(); ++i) {
        const std::string name = fmt::format("WORD{}", i);
        const auto ours = split_words(written[i]);
        ASSERT_TRUE(ours) << written[i];
        ASSERT_EQ(ours->size(), 1U) << written[i];
        EXPECT_EQ(client.run("show env " + name).value(), name + "=" + ours->front()) << written[i];
    }
}

} // namespace
} // namespace hitless::haproxy
