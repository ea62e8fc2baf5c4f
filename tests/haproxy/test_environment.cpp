#include "hitless/haproxy/environment.hpp"

#include <gmock/gmock.h>

namespace hitless::haproxy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// An environment of these variables.
Environment of(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const std::string& name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

struct WordsCase {
    std::string line;
    std::vector<std::string> words;
    std::set<std::string> missing = {};
};

class ExpandedWords : public testing::TestWithParam<WordsCase> {};

TEST_P(ExpandedWords, AreHaproxys) {
    Variables variables(of({{"DIR", "/run/a b"}, {"EMPTY", ""}, {"_X1", "x"}}));
    const auto words = expand_words(GetParam().line, variables);
    ASSERT_TRUE(words) << words.error().message;
    EXPECT_EQ(*words, GetParam().words);
    EXPECT_EQ(variables.take_missing(), GetParam().missing);
}

INSTANTIATE_TEST_SUITE_P(
    Environment, ExpandedWords,
    testing::Values(WordsCase{R"(a "${DIR}/x" b)", {"a", "/run/a b/x", "b"}},
                    WordsCase{R"("$DIR/x$_X1-")", {"/run/a b/xx-"}},
                    WordsCase{R"(${DIR} '$DIR' "\$DIR" '"$DIR"')",
                              {"${DIR}", "$DIR", "$DIR", R"("$DIR")"}},
                    WordsCase{R"(a"${EMPTY}"b "${EMPTY}")", {"ab", ""}},
                    WordsCase{R"("${NONE}" "$NONE" "${OTHER}x")", {"", "", "x"}, {"NONE", "OTHER"}},
                    WordsCase{R"("${NONE-it is}" "${DIR-no}" "${EMPTY-no}" "${NONE-}")",
                              {"it is", "/run/a b", "", ""}},
                    WordsCase{R"("${DIR[*]}" end)", {"/run/a", "b", "end"}},
                    WordsCase{R"("${.LINE}")", {""}, {".LINE"}}));

TEST(ExpandedWords, AreNoneOfAFaultyLine) {
    Variables variables(of({{"A", "a"}}));
    for (const char* const line : {R"("${A")", R"("${A+b}")", R"("$")", R"("${1}")", R"("${}")",
                                   R"("$.")", R"("${A-b")", R"("$A)"})
        EXPECT_FALSE(expand_words(line, variables)) << line;
}

AdminSockets sockets(const std::string& global, std::map<std::string, std::string> variables = {}) {
    return find_admin_sockets(Config::parse("global\n" + global + "\n").value(),
                              of(std::move(variables)));
}

TEST(AdminSocketsOfVariables, AreResolved) {
    const std::string line = "stats socket \"${DIR}/a.sock\" mode 600 level \"$LEVEL\"";
    const auto found = sockets(line, {{"DIR", "/run"}, {"LEVEL", "admin"}});
    EXPECT_THAT(found.addresses, ElementsAre("/run/a.sock"));
    EXPECT_THAT(found.missing, IsEmpty());
    EXPECT_THAT(sockets(line, {{"DIR", "/run"}, {"LEVEL", "user"}}).addresses, IsEmpty());
    EXPECT_THAT(sockets("stats socket \"${IP-127.0.0.1}:9999\" level admin").addresses,
                ElementsAre("127.0.0.1:9999"));
}

TEST(AdminSocketsOfVariables, SayWhichAreMissing) {
    const auto found = sockets("stats socket \"${A}/a.sock\" level admin\n"
                               "stats socket \"${A}/b.sock\" level admin\n"
                               "stats socket \"${B}/c.sock\" level operator\n"
                               "log \"${C}\" local0\n"
                               "stats socket /run/d.sock level admin");
    EXPECT_THAT(found.addresses, ElementsAre("/run/d.sock"));
    EXPECT_THAT(found.missing, ElementsAre("A"));
}

TEST(AdminSocketsOfVariables, SeeWhatTheFileSets) {
    const std::string line = "\nstats socket \"${DIR}/a.sock\" level admin";
    EXPECT_THAT(sockets("setenv DIR /set" + line, {{"DIR", "/run"}}).addresses,
                ElementsAre("/set/a.sock"));
    EXPECT_THAT(sockets("setenv DIR \"$BASE/set\"" + line, {{"BASE", "/b"}}).addresses,
                ElementsAre("/b/set/a.sock"));
    EXPECT_THAT(sockets("presetenv DIR /set" + line, {{"DIR", "/run"}}).addresses,
                ElementsAre("/run/a.sock"));
    EXPECT_THAT(sockets("presetenv DIR /set" + line).addresses, ElementsAre("/set/a.sock"));
    EXPECT_THAT(sockets("unsetenv X DIR" + line, {{"DIR", "/run"}}).missing, ElementsAre("DIR"));
    EXPECT_THAT(sockets("resetenv X" + line, {{"DIR", "/run"}}).missing, ElementsAre("DIR"));
    EXPECT_THAT(sockets("resetenv DIR" + line, {{"DIR", "/run"}}).addresses,
                ElementsAre("/run/a.sock"));
    EXPECT_THAT(sockets(line.substr(1) + "\nsetenv DIR /set").missing, ElementsAre("DIR"));
}

TEST(MissingVariables, AreThoseThatNobodySets) {
    const auto config =
        Config::parse("global\n setenv SET x\n"
                      "frontend f\n bind \"${IP}:80\" # \"$COMMENT\"\n"
                      " log-format '$NOT'\n"
                      "backend b\n server a \"$HOST:1\" id \"${SET}\"\n"
                      " http-request set-header x \"${HAPROXY_LOCALPEER}${.FILE}\"\n")
            .value();
    EXPECT_THAT(missing_variables(config, of({})), UnorderedElementsAre("HOST", "IP"));
    EXPECT_THAT(missing_variables(config, of({{"IP", ""}})), ElementsAre("HOST"));
}

} // namespace
} // namespace hitless::haproxy
