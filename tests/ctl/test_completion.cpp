// scripts/completion in a real bash and zsh, against a real HAProxy.
#include "hitless/base/text.hpp"

#include "ctl/terminal.hpp"
#include "support/haproxy_server.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string bash_file = HITLESS_SOURCE "/scripts/completion/hitlessctl.bash";

const std::string configuration =
    "global\n  stats socket @DIR@/admin.sock level admin expose-fd listeners\n"
    "defaults\n  timeout connect 1s\n  timeout client 10s\n  timeout server 10s\n"
    "backend web\n  server w1 127.0.0.1:1\n  server w:2 127.0.0.1:1\n"
    "backend api\n  server a1 127.0.0.1:1\n";

/// What bash offers for these words, the last of which is being typed.
std::vector<std::string> offers(const std::string& socket, const std::vector<std::string>& words,
                                bool with_library = true) {
    const TemporaryDirectory directory;
    std::string line;
    std::string array;
    for (const std::string& word : words) {
        const bool joined =
            word == "=" || word == ":" || line.ends_with('=') || line.ends_with(':');
        line += (line.empty() || joined ? "" : " ") + word;
        array += " '" + word + "'";
    }
    const std::string script = fmt::format(
        "{}source {}\nCOMP_WORDS=({}) COMP_CWORD={} COMP_LINE='{}' COMP_POINT={}\n"
        "compopt() {{ echo compopt \"$@\"; }}\n_hitlessctl\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        with_library ? "[ ! -e /usr/share/bash-completion/bash_completion ] || "
                       "source /usr/share/bash-completion/bash_completion\n"
                     : "",
        bash_file, array, words.size() - 1, line, line.size());
    Process bash({"bash", "--norc", "-c", script}, directory / "log", {"HAPROXY_SOCKET=" + socket});
    EXPECT_EQ(bash.wait_exit(), 0) << bash.log();
    std::vector<std::string> found;
    const std::string log = bash.log();
    for (const std::string_view word : base::split(base::trim(log), '\n')) {
        if (!word.empty())
            found.emplace_back(word);
    }
    return found;
}

class CompletionTest : public testing::Test {
  protected:
    [[nodiscard]] std::vector<std::string> offer(std::vector<std::string> words,
                                                 bool with_library = true) const {
        words.insert(words.begin(), HITLESSCTL);
        return offers(haproxy.socket(), words, with_library);
    }
    HaproxyServer haproxy{configuration, HaproxyServer::Mode::plain};
};

TEST_F(CompletionTest, OffersCommandsFlagsAndNames) {
    struct Case {
        std::vector<std::string> words;
        std::vector<std::string> expected;
    };
    const Case cases[] = {
        {{"serv"}, {"servers"}},
        {{"servers", ""}, {"web", "api"}},
        {{"servers", "a"}, {"api"}},
        {{"servers", "api/"}, {"api/a1"}},
        {{"servers", "web", "api/"}, {"api/a1"}},
        {{"servers", "--sta"}, {"--state"}},
        {{"servers", "--state", "dr"}, {"drain"}},
        {{"servers", "--sort", "requ"}, {"requests"}},
        {{"servers", "nothing"}, {}},
        {{"backends", "w"}, {"web"}},
        {{"drain", "w"}, {"compopt -o nospace", "web/"}},
        {{"drain", "web/w"}, {"web/w1", "web/w:2"}},
        {{"weight", "api/a1", "web/w1"}, {"web/w1"}},
        {{"explain", "api/a1", "w"}, {}}, // it takes one
        {{"stat"}, {"status"}},
        {{"status", "--ht"}, {"--http"}},
        {{"status", "--http", ""}, {"compopt -o default"}}, // a socket
        {{"status", ""}, {}},
        {{"info", ""}, {}},
        {{"help", "dra"}, {"drain"}},
        {{"-c", ""}, {"compopt -o default"}},
        {{"nonsense"}, {}},
        {{"complet"}, {}}, // hidden
        {{"--sort=x"}, {}},
    };
    for (const Case& one : cases) {
        for (const bool with_library : {true, false})
            EXPECT_EQ(offer(one.words, with_library), one.expected)
                << testing::PrintToString(one.words) << with_library;
    }
    EXPECT_THAT(offer({""}), Contains("top"));
    EXPECT_THAT(offer({""}), Not(Contains("complete")));
}

TEST_F(CompletionTest, KnowsWhereBashBreaksWords) {
    // With '=' and ':' among $COMP_WORDBREAKS, these are words of their own.
    EXPECT_THAT(offer({"--color", "=", "al"}), ElementsAre("always"));
    EXPECT_THAT(offer({"servers", "web/w", ":", "2"}), ElementsAre("2"));
}

TEST_F(CompletionTest, AsksTheHaproxyThatIsNamed) {
    const std::string other = haproxy.socket();
    EXPECT_THAT(offers("/nowhere.sock", {HITLESSCTL, "-s", other, "servers", "a"}),
                ElementsAre("api"));
    EXPECT_THAT(offers("/nowhere.sock", {HITLESSCTL, "servers", "a", "--socket", other, "a"}),
                ElementsAre("api"));
}

TEST_F(CompletionTest, IsQuietWithoutHaproxy) {
    EXPECT_THAT(offers("/nowhere.sock", {HITLESSCTL, "servers", ""}), IsEmpty());
    EXPECT_THAT(offers("/nowhere.sock", {HITLESSCTL, "serv"}), ElementsAre("servers"));
    EXPECT_THAT(offers("/nowhere.sock", {"/no/such/program", "serv"}), IsEmpty());
}

TEST_F(CompletionTest, CompletesInABashThatSomeoneTypesIn) {
    const Terminal terminal(fmt::format("PATH={}:$PATH HAPROXY_SOCKET={} exec bash --norc",
                                        HITLESS_BIN, haproxy.socket()));
    terminal.type(". " + bash_file + "; echo rea''dy\n");
    ASSERT_TRUE(terminal.shows("ready"));
    terminal.type("echo; clear; hitlessctl dra\tw\tw1\t--dry\t");
    EXPECT_TRUE(terminal.shows("hitlessctl drain web/w1 --dry-run")) << terminal.screen();
}

TEST_F(CompletionTest, CompletesInAZshThatSomeoneTypesIn) {
    const Terminal terminal(
        fmt::format("PATH={}:$PATH HAPROXY_SOCKET={} exec zsh -f", HITLESS_BIN, haproxy.socket()));
    terminal.type("fpath=(" HITLESS_SOURCE "/scripts/completion $fpath); autoload -U compinit; "
                  "compinit -u -D; echo rea''dy\n");
    ASSERT_TRUE(terminal.shows("ready")) << terminal.screen();
    terminal.type("hitlessctl dra\tw\tw1 --dry\t");
    EXPECT_TRUE(terminal.shows("hitlessctl drain web/w1 --dry-run")) << terminal.screen();
    terminal.press({"C-u"});
    terminal.type("hitlessctl --color=al\t");
    EXPECT_TRUE(terminal.shows("hitlessctl --color=always")) << terminal.screen();
}

} // namespace
} // namespace hitless::test
