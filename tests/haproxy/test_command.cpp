#include "hitless/haproxy/command.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace hitless::haproxy {
namespace {

using testing::HasSubstr;
using testing::Optional;

Server server(std::string_view words) {
    const Config config = Config::parse(fmt::format("backend b\n server s {}\n", words)).value();
    return effective_server(config, config.sections()[0], config.sections()[0].servers[0]).value();
}

TEST(Command, EscapesWhatWouldEndAWordOrACommand) {
    EXPECT_EQ(command::line({"a", "b c", "d;e", "f\\g", "<<", "h\"i'"}).value(),
              R"(a b\ c d\;e f\\g \<\< h"i')");
}

TEST(Command, RefusesWhatCantBeOneCommand) {
    for (const std::vector<std::string>& words : {std::vector<std::string>{"a", ""},
                                                  {"a\nb"},
                                                  {"a\tb"},
                                                  {std::string("a\0b", 3)},
                                                  std::vector<std::string>(65, "a")})
        EXPECT_FALSE(command::line(words));
    EXPECT_TRUE(command::line(std::vector<std::string>(64, "a")));
}

struct AddCase {
    std::string_view words;
    std::string_view command;
};

class AddServer : public testing::TestWithParam<AddCase> {};

TEST_P(AddServer, SaysWhatIsInEffect) {
    const Server wanted = server(GetParam().words);
    EXPECT_EQ(command::add_server("app", wanted, wanted.address).value(), GetParam().command);
}

INSTANTIATE_TEST_SUITE_P(
    Command, AddServer,
    testing::Values(AddCase{"10.0.0.1:80", "add server app/s 10.0.0.1:80"},
                    AddCase{"[::1]:80 check inter 1s weight 0",
                            "add server app/s [::1]:80 check inter 1s weight 0"},
                    AddCase{"10.0.0.1 disabled", "add server app/s 10.0.0.1"},
                    AddCase{"10.0.0.1:80 init-addr none resolvers dns resolve-prefer ipv4 check",
                            "add server app/s 10.0.0.1:80 check"},
                    AddCase{"10.0.0.1:80 agent-send \"a b;c\"",
                            R"(add server app/s 10.0.0.1:80 agent-send a\ b\;c)"},
                    AddCase{"/run/a.sock", "add server app/s /run/a.sock"}));

TEST(Command, NamesAddressesWithAndWithoutPort) {
    EXPECT_EQ(command::set_address("app", "s", *parse_address("[::1]:80")),
              "set server app/s addr ::1 port 80");
    EXPECT_EQ(command::set_address("app", "s", *parse_address("10.0.0.1")),
              "set server app/s addr 10.0.0.1");
}

struct AnswerCase {
    std::string_view command;
    std::string_view answer;
    bool success;
};

class Refusal : public testing::TestWithParam<AnswerCase> {};

TEST_P(Refusal, IsWhatHaproxySaidAgainstIt) {
    const auto refusal = command::refusal(Command(GetParam().command), GetParam().answer);
    EXPECT_EQ(!refusal, GetParam().success) << *refusal;
}

INSTANTIATE_TEST_SUITE_P(
    Command, Refusal,
    testing::Values(
        AnswerCase{"add server b/s 10.0.0.1:80", "New server registered.", true},
        AnswerCase{"add server b/s 10.0.0.1:80", "unknown keyword 'x'.", false},
        AnswerCase{"add server b/s 10.0.0.1:80", "", false},
        AnswerCase{"del server b/s", "Server deleted.", true},
        AnswerCase{"del server b/s", "No such server.", false},
        AnswerCase{"set server b/s state ready", "", true},
        AnswerCase{"set server b/s state ready", "No such server.", false},
        AnswerCase{"set server b/s weight 5", "Backend is using a static LB algorithm", false},
        AnswerCase{"set server b/s addr 10.0.0.1 port 80",
                   "IP changed from '10.0.0.2' to '10.0.0.1', no need to change the port by 'x'",
                   true},
        AnswerCase{"set server b/s addr 10.0.0.1 port 80",
                   "no need to change the addr, port changed from '1' to '80' by 'x'", true},
        AnswerCase{"set server b/s addr 10.0.0.1 port 80", "nothing changed", true},
        AnswerCase{"set server b/s addr 10.0.0.1 port +0",
                   "IP changed from '10.0.0.2' to '10.0.0.1', can't change <port> to port map",
                   false},
        AnswerCase{"set server b/s addr x port 80", "Invalid addr 'x' by 'x'", false},
        AnswerCase{"set server b/s addr 10.0.0.1 port 80", "No such backend.", false},
        AnswerCase{"enable health b/s", "", true},
        AnswerCase{"enable health b/s", "Permission denied", false},
        AnswerCase{"set maxconn server b/s 5", "", true},
        // Of other commands, some answer when they succeed.
        AnswerCase{"get weight b/s", "7 (initial 1)", true},
        AnswerCase{"show map /m", "0x1 a b", true},
        AnswerCase{"show map /m", "Unknown map identifier. Please use #<id> or <file>.", false},
        AnswerCase{"nonsense", "Unknown command, but maybe one of these", false},
        AnswerCase{"show info", "Permission denied", false},
        AnswerCase{"set maxconn frontend f 5", "", true},
        AnswerCase{"set maxconn global 99999", "Value out of range.", false},
        AnswerCase{"add map /m <<", "", true},
        AnswerCase{"add map /m <<", "Missing value for key 'x'.", false},
        AnswerCase{"del map /m x", "Key not found.", false},
        AnswerCase{"prepare map /m", "New version created: 1", true},
        AnswerCase{"commit map @7 /m", "Version number out of range.", false},
        AnswerCase{"set ssl cert /c <<", "Transaction created for certificate /c!", true},
        AnswerCase{"set ssl cert /c <<", "Transaction updated for certificate /c!", true},
        AnswerCase{"set ssl cert /c <<",
                   "unable to load certificate from file '/c'.\nCan't load the payload", false},
        AnswerCase{"commit ssl cert /c", "Committing /c\nSuccess!", true},
        AnswerCase{"commit ssl cert /c", "No ongoing transaction! !", false},
        AnswerCase{"new ssl cert /c", "New empty certificate store '/c'!", true},
        AnswerCase{"del ssl cert /c", "Certificate '/c' deleted!", true},
        AnswerCase{"add ssl crt-list /l /c",
                   "Inserting certificate '/c' in crt-list '/l'.\nSuccess!", true},
        AnswerCase{"del ssl crt-list /l /c", "Entry '/c' deleted in crtlist '/l'!", true},
        // With its severity HAProxy says it itself.
        AnswerCase{"show map /m", "[3]: Unknown map identifier.", false},
        AnswerCase{"show map /m", "0x1 a [3]: b\n[3]: key value", true},
        AnswerCase{"show version; show map /m", "2.6\n\n[3]: Unknown map identifier.", false},
        AnswerCase{"nonsense", "[6]: Unknown command: 'nonsense'", false},
        AnswerCase{"set server b/s ssl on", "[5]: server ssl setting updated.", true},
        AnswerCase{"add server b/s 10.0.0.1:80", "[6]: New server registered.", true},
        AnswerCase{"add server b/s 10.0.0.1:80", "[3]: unknown keyword 'x'.", false},
        AnswerCase{"set server b/s addr 10.0.0.1 port +0",
                   "[4]: IP changed from '10.0.0.2' to '10.0.0.1', can't change <port>", false}));

TEST(Command, SeveritiesAreTakenOut) {
    EXPECT_EQ(command::without_severity("[3]: No such server.\n\n2.6\n\n[6]: Server deleted.\n\n"),
              "No such server.\n\n2.6\n\nServer deleted.\n\n");
    EXPECT_EQ(command::without_severity("0x1 a b\n[3]: key value\n\n"),
              "0x1 a b\n[3]: key value\n\n");
    EXPECT_EQ(command::without_severity("[9]: x\n\n[3] x"), "[9]: x\n\n[3] x");
    EXPECT_EQ(command::without_severity(""), "");
}

struct GateCase {
    std::string line;
    std::optional<std::string> payload;
    std::string wire; ///< what is sent; empty: it is refused, with…
    std::string why = {};
};

class Gate : public testing::TestWithParam<GateCase> {};

TEST_P(Gate, LetsThroughWhatIsOneCommand) {
    Command command(GetParam().line);
    command.payload = GetParam().payload;
    const auto wire = to_wire(command);
    if (!GetParam().wire.empty()) {
        ASSERT_TRUE(wire) << wire.error().message;
        EXPECT_EQ(*wire, GetParam().wire);
        return;
    }
    ASSERT_FALSE(wire) << *wire;
    EXPECT_THAT(wire.error().message, HasSubstr(GetParam().why));
    EXPECT_EQ(wire.error().message.find('\n'), std::string::npos) << "one line for the log";
    if (GetParam().payload && !GetParam().payload->empty()) {
        EXPECT_EQ(wire.error().message.find(*GetParam().payload), std::string::npos)
            << "it may be a private key";
    }
}

INSTANTIATE_TEST_SUITE_P(
    Command, Gate,
    testing::Values(GateCase{"show info", {}, "show info\n"},
                    GateCase{
                        R"(set server b/a\;b state ready)", {}, "set server b/a\\;b state ready\n"},
                    GateCase{R"(show x \\)", {}, "show x \\\\\n"},
                    GateCase{"add map /m <<", "a b", "add map /m <<\na b\n\n"},
                    GateCase{"add map /m <<", "a b\nc d\n", "add map /m <<\na b\nc d\n\n"},
                    GateCase{"add map /m <<", "a <<\nb;c\\", "add map /m <<\na <<\nb;c\\\n\n"},
                    GateCase{"add map /m <<", " \nb", "add map /m <<\n \nb\n\n"},
                    // A line that could be two, or none.
                    GateCase{"", {}, "", "is empty"}, GateCase{" \t", {}, "", "is empty"},
                    GateCase{"show info\nshow stat", {}, "", "line break"},
                    GateCase{"show info\r", {}, "", "line break"},
                    GateCase{std::string("show\0info", 9), {}, "", "line break"},
                    GateCase{"show info;show stat", {}, "", "';'"},
                    GateCase{R"(show info\\;show stat)", {}, "", "';'"},
                    GateCase{"show info\\", {}, "", "joins the next"},
                    GateCase{R"(show info\\\)", {}, "", "joins the next"},
                    // A payload that isn't there, or that nothing announces.
                    GateCase{"add map /m <<", {}, "", "announces a payload"},
                    GateCase{"add map /m<<", {}, "", "announces a payload"},
                    GateCase{"add map /m <<END", {}, "", "announces a payload"},
                    GateCase{"add map /m", "a b", "", "announces"},
                    GateCase{"add map /m<<", "a b", "", "announces"},
                    GateCase{"add map /m <<END", "a b", "", "announces"},
                    GateCase{"add map a<<b <<", "a b", "", "announces"},
                    GateCase{R"(add map /m \<<)", "a b", "", "announces"},
                    // A payload that could end early.
                    GateCase{"add map /m <<", "", "", "empty payload"},
                    GateCase{"add map /m <<", "\n", "", "empty payload"},
                    GateCase{"add map /m <<", "\na b", "", "empty line"},
                    GateCase{"add map /m <<", "a b\n\nshow info", "", "empty line"},
                    GateCase{"add map /m <<", "a b\n\n", "", "empty line"},
                    GateCase{"add map /m <<", "a b\n\r\nshow info", "", "control character"},
                    GateCase{"add map /m <<", std::string("a\0b", 3), "", "control character"},
                    GateCase{"add map /m <<", std::string(17'000, 'x'), "", "too many"},
                    GateCase{std::string(17'000, 'x'), {}, "", "too many"}));

TEST(Command, OnlyTheLastOfALineHasAPayload) {
    const Command add = Command::with_payload("add map /m <<", "a b");
    EXPECT_EQ(to_wire(std::vector<Command>{"show info", add}).value(),
              "show info;add map /m <<\na b\n\n");
    EXPECT_FALSE(to_wire(std::vector<Command>{add, "show info"}));
    EXPECT_FALSE(to_wire(std::vector<Command>{"show info", "show\nstat"}));
    EXPECT_EQ(fmt::format("{}", add), "add map /m <<") << "it may have a private key";
}

TEST(Command, ARefusalIsPrintable) {
    EXPECT_THAT(command::refusal("del server b/s", "a\nb\x01"), Optional(HasSubstr("a\\nb\\x01")));
    EXPECT_THAT(command::refusal("del server b/s", ""), Optional(HasSubstr("no answer")));
}

} // namespace
} // namespace hitless::haproxy
