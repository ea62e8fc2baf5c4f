// The help of each program and its page say the same of each flag: its value, its default and what
// it does. The page may say more after that. Command lines in the documentation have flags that
// exist.
#include "hitless/base/text.hpp"

#include "ctl/view.hpp"
#include "docs/tables.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <boost/algorithm/string.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>

namespace hitless {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Flag {
    std::string value;
    std::string standard; ///< the default
    std::string meaning;
};
using Flags = std::map<std::string, Flag>;

/// Programs by the names of their pages.
const std::map<std::string, std::string> programs = {{"hitlessd", HITLESSD},
                                                     {"hitlessctl", HITLESSCTL},
                                                     {"hitless-render", HITLESS_RENDER},
                                                     {"hitless-register", HITLESS_REGISTER}};

std::string page_of(const std::string& program) {
    return test::read_text(HITLESS_SOURCE "/docs/" + program + ".md");
}

std::string help_of(const std::string& program, std::vector<std::string> arguments = {}) {
    const test::TemporaryDirectory directory;
    arguments.insert(arguments.begin(), programs.at(program));
    arguments.emplace_back("--help");
    test::Process process(arguments, directory / "help");
    EXPECT_EQ(process.wait_exit(), 0) << program;
    return process.log();
}

/// "(default X)" at the end of a help is the default.
void take_default(Flag& flag) {
    static const std::regex at_the_end(R"re(^(.*) \(default (.*)\)$)re");
    std::smatch match;
    const std::string text = flag.meaning;
    if (std::regex_match(text, match, at_the_end)) {
        flag.meaning = match[1];
        flag.standard = match[2];
    }
}

/// The flags of a part of a help: a line "  -name VALUE  what it does", which goes on at the same
/// column.
Flags flags_of_help(const std::string& help, const std::string& part = "") {
    constexpr std::size_t column = 26;
    static const std::regex begins(R"re(^  -([a-z-]+)(?: ([A-Z][A-Z=]*))?(?: +(.*))?$)re");
    Flags flags;
    Flag* flag = nullptr;
    bool inside = part.empty();
    for (const std::string_view line : base::split(help, '\n')) {
        const std::string text(line);
        std::smatch match;
        if (!text.empty() && text.front() != ' ') {
            inside = part.empty() || text == part;
            flag = nullptr;
        } else if (inside && std::regex_match(text, match, begins)) {
            flag = &flags[match[1]];
            *flag = {match[2], "", match[3]};
        } else if (flag != nullptr && text.size() > column) {
            flag->meaning += (flag->meaning.empty() ? "" : " ") + text.substr(column);
        }
    }
    for (auto& [name, each] : flags)
        take_default(each);
    return flags;
}

/// Without the marks of a page; `--` is `-`.
std::string plain(std::string text) {
    boost::erase_all(text, "`");
    return std::regex_replace(text, std::regex("(^|[^a-z-])--([a-z])"), "$1-$2");
}

/// The name and the value of "`-name VALUE`" or "`--name VALUE`".
std::pair<std::string, std::string> take_apart(const std::string& cell) {
    const std::string code = plain(cell);
    const std::size_t blank = code.find(' ');
    return {code.substr(1, blank - 1), blank == std::string::npos ? "" : code.substr(blank + 1)};
}

/// Rows "flag | default | meaning".
Flags flags_of_page(const std::string& page) {
    Flags flags;
    for (const auto& row : test::table_rows(page, "flag")) {
        if (row.size() != 3)
            continue;
        const auto [name, value] = take_apart(row[0]);
        EXPECT_FALSE(flags.contains(name)) << name << " is there twice";
        flags[name] = {value, plain(row[1]), plain(row[2])};
    }
    return flags;
}

void expect_same(const std::string& where, const Flag& help, const Flag& page) {
    EXPECT_EQ(page.value, help.value) << where;
    EXPECT_EQ(page.standard, help.standard) << where;
    EXPECT_THAT(page.meaning, StartsWith(plain(help.meaning))) << where;
}

void expect_same(const std::string& where, const Flags& help, Flags page) {
    page.erase("help"); // which helps do not name
    for (const auto& [name, flag] : help) {
        const std::string what = fmt::format("{}: -{}", where, name);
        const auto documented = page.find(name);
        if (documented == page.end())
            ADD_FAILURE() << what << " is in the help and not on the page";
        else
            expect_same(what, flag, documented->second);
    }
    for (const auto& [name, flag] : page)
        EXPECT_TRUE(help.contains(name)) << where << ": -" << name << " is on the page only";
}

TEST(Flags, OfHitlessdAreTheSameInHelpAndPage) {
    const Flags help = flags_of_help(help_of("hitlessd"));
    EXPECT_GT(help.size(), 35U);
    expect_same("hitlessd", help, flags_of_page(page_of("hitlessd")));
}

TEST(Flags, OfHitlessRegisterAreTheSameInHelpAndPage) {
    const Flags help = flags_of_help(help_of("hitless-register"));
    EXPECT_GT(help.size(), 25U);
    expect_same("hitless-register", help, flags_of_page(page_of("hitless-register")));
}

/// The page lists confd's flags and leaves it to hitlessd's page what they mean.
TEST(Flags, OfHitlessRenderAreTheSameInHelpAndPages) {
    const Flags help = flags_of_help(help_of("hitless-render"));
    const std::string page = page_of("hitless-render");
    Flags documented = flags_of_page(page);
    EXPECT_GT(documented.size(), 10U);
    const std::size_t begin = page.find("## confd's flags");
    ASSERT_NE(begin, std::string::npos);
    const Flags of_hitlessd = flags_of_page(page_of("hitlessd"));
    for (const std::string& code :
         test::code_spans(page.substr(begin, page.find("\n## ", begin + 1) - begin))) {
        const std::string name = code.substr(1);
        ASSERT_TRUE(of_hitlessd.contains(name)) << name;
        documented.emplace(name, of_hitlessd.at(name));
    }
    expect_same("hitless-render", help, documented);
}

TEST(Flags, OfAllCommandsOfHitlessctlAreTheSameInHelpAndPage) {
    const Flags help = flags_of_help(help_of("hitlessctl"), "Flags of all commands:");
    EXPECT_GE(help.size(), 10U);
    expect_same("hitlessctl", help, flags_of_page(page_of("hitlessctl")));
}

std::vector<std::string> commands_of_hitlessctl() {
    std::vector<std::string> commands;
    bool inside = false;
    const std::string help = help_of("hitlessctl");
    for (const std::string_view line : base::split(help, '\n')) {
        if (!line.starts_with("  "))
            inside = line == "Commands:";
        else if (inside)
            commands.emplace_back(line.substr(2, line.find(' ', 2) - 2));
    }
    return commands;
}

/// Rows "flag | commands | default | meaning".
TEST(Flags, OfEachCommandOfHitlessctlAreTheSameInHelpAndPage) {
    const std::string page = page_of("hitlessctl");
    std::map<std::string, Flags> documented;
    for (const auto& row : test::table_rows(page, "flag")) {
        if (row.size() != 4)
            continue;
        const auto [name, value] = take_apart(row[0]);
        for (const std::string& command : test::code_spans(row[1]))
            documented[command][name] = {value, plain(row[2]), plain(row[3])};
    }
    const auto commands = commands_of_hitlessctl();
    EXPECT_GT(commands.size(), 15U);
    const Flags of_hitlessd = flags_of_page(page_of("hitlessd"));
    for (const std::string& command : commands) {
        Flags help = flags_of_help(help_of("hitlessctl", {command}), "Flags:");
        if (command == "diff" || command == "explain") {
            std::erase_if(help, [&](const auto& flag) {
                // -http is another flag than hitlessd's.
                if (!of_hitlessd.contains(flag.first) || documented[command].contains(flag.first))
                    return false;
                EXPECT_THAT(page, HasSubstr(fmt::format("`-{}`", flag.first)));
                return true;
            });
        }
        expect_same("hitlessctl " + command, help, documented[command]);
        documented.erase(command);
    }
    for (const auto& [command, flags] : documented)
        ADD_FAILURE() << "the page has flags of '" << command << "', which is no command";
}

TEST(Documentation, NamesTheColumnsOfServers) {
    std::set<std::string> documented = {"BACKEND", "SERVER"};
    for (const auto& row : test::table_rows(page_of("hitlessctl"), "column")) {
        for (const std::string_view name : base::split(row[0], ','))
            documented.emplace(base::trim(name));
    }
    for (const ctl::Column& column : ctl::server_table({}, {}, nullptr, nullptr).columns)
        EXPECT_THAT(documented, Contains(column.title));
}

/// Command lines of our programs: lines of code that begin with one, with the lines after a `\`.
std::vector<std::string> command_lines(const std::string& page) {
    std::vector<std::string> lines;
    bool fenced = false;
    bool goes_on = false;
    for (const std::string_view each : base::split(page, '\n')) {
        const std::string line(each);
        if (line.starts_with("```"))
            fenced = !fenced;
        const std::string_view text = base::trim(line);
        if (goes_on)
            lines.back() += " " + std::string(text);
        else if ((fenced || line.starts_with("    ")) &&
                 programs.contains(std::string(text.substr(0, text.find(' ')))))
            lines.emplace_back(text);
        else
            continue;
        goes_on = text.ends_with('\\');
    }
    return lines;
}

std::vector<std::string> words(const std::string& line) {
    std::vector<std::string> found;
    for (const std::string_view word : base::split(line, ' ')) {
        if (word == "--" || word == "|" || word == "||" || word == ">" || word == "<")
            break;
        if (!word.empty() && word != "\\")
            found.emplace_back(word);
    }
    return found;
}

TEST(Documentation, CommandLinesHaveFlagsThatExist) {
    const auto commands = commands_of_hitlessctl();
    std::size_t checked = 0;
    std::vector<fs::path> pages = {HITLESS_SOURCE "/README.md",
                                   HITLESS_SOURCE "/examples/README.md"};
    for (const auto& entry : fs::directory_iterator(HITLESS_SOURCE "/docs")) {
        if (entry.path().extension() == ".md")
            pages.push_back(entry.path());
    }
    std::map<std::string, std::string> helps;
    const auto help = [&](const std::string& program, const std::string& command) {
        auto& text = helps[program + " " + command];
        if (text.empty())
            text = command.empty() ? help_of(program) : help_of(program, {command});
        return text;
    };
    for (const fs::path& page : pages) {
        for (const std::string& line : command_lines(test::read_text(page))) {
            const auto all = words(line);
            std::string command;
            for (const std::string& word : all) {
                if (all[0] == "hitlessctl" && std::ranges::find(commands, word) != commands.end())
                    command = command.empty() ? word : command;
            }
            const Flags known = flags_of_help(help(all[0], command));
            for (const std::string& word : all) {
                std::smatch match;
                static const std::regex flag(R"re(^--?([a-z][a-z-]*)(=.*)?$)re");
                if (!std::regex_match(word, match, flag) || match[1] == "help")
                    continue;
                // A column to sort by is written with a dash as well.
                const bool is_column = line.find("-sort " + word) != std::string::npos;
                EXPECT_TRUE(is_column || known.contains(match[1]))
                    << page << ": " << word << " in " << line;
                ++checked;
            }
        }
    }
    EXPECT_GT(checked, 50U);
}

} // namespace
} // namespace hitless
