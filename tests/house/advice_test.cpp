// Messages name only flags that the program that prints them has.
#include "ctl/program.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace hitless {
namespace {

namespace fs = std::filesystem;
using Flags = std::set<std::string>;

/// The flags in the output of `-help`.
Flags flags_in(const std::string& help) {
    static const std::regex flag(R"(\n  --?([a-z][a-z0-9-]*))");
    Flags flags;
    for (std::sregex_iterator at(help.begin(), help.end(), flag), end; at != end; ++at)
        flags.insert((*at)[1]);
    return flags;
}

std::string output_of(const test::TemporaryDirectory& directory,
                      const std::vector<std::string>& command) {
    static int number = 0;
    test::Process process(command, directory / std::to_string(++number));
    EXPECT_EQ(process.wait_exit(), 0);
    return process.log();
}

/// Program → its flags.
std::map<std::string, Flags> all_flags() {
    const test::TemporaryDirectory directory;
    std::map<std::string, Flags> all;
    all["hitlessd"] = flags_in(output_of(directory, {HITLESSD, "-help"}));
    all["hitless-render"] = flags_in(output_of(directory, {HITLESS_RENDER, "-help"}));
    all["hitless-register"] = flags_in(output_of(directory, {HITLESS_REGISTER, "-help"}));
    for (const ctl::Command& command : ctl::commands())
        all["hitlessctl"].merge(
            flags_in(output_of(directory, {HITLESSCTL, command.name, "--help"})));
    return all;
}

/// The programs that print a file's messages.
std::vector<std::string> programs_of(const fs::path& file) {
    const std::string folder = file.parent_path().filename();
    const bool is_program = folder == "src";
    if (is_program)
        return {file.stem()};
    if (folder == "etcd" || folder == "base")
        return {"hitlessd", "hitlessctl", "hitless-register", "hitless-render"};
    if (folder == "registration" || folder == "docker")
        return {"hitless-register"};
    if (folder == "daemon" || folder == "http" || folder == "monitor")
        return {"hitlessd"};
    if (folder == "ctl")
        return {"hitlessctl"};
    if (folder == "render" && file.stem() == "render")
        return {"hitless-render"};
    return {"hitlessd", "hitlessctl", "hitless-render"};
}

/// The texts of the code: adjacent literals are one. Neither raw ones nor what is no sentence.
std::vector<std::string> texts_of(const std::string& code) {
    static const std::regex comment(R"((^|\n)\s*//[^\n]*)");
    static const std::regex joint(R"("\s*\n\s*")");
    static const std::regex literal(R"re((R?)"((?:[^"\\\n]|\\.)*)")re");
    const std::string plain =
        std::regex_replace(std::regex_replace(code, comment, "\n"), joint, "");
    std::vector<std::string> texts;
    for (std::sregex_iterator at(plain.begin(), plain.end(), literal), end; at != end; ++at) {
        const std::string text = (*at)[2];
        if ((*at)[1].length() == 0 && text.find(' ') != std::string::npos)
            texts.push_back(text);
    }
    return texts;
}

/// The flags that a text names.
std::vector<std::string> flags_named(const std::string& text) {
    static const std::regex sorted("--sort -[a-z]+");
    static const std::regex flag(R"((?:^|[ (])--?([a-z][a-z0-9-]+))");
    const std::string plain = std::regex_replace(text, sorted, "");
    std::vector<std::string> names;
    for (std::sregex_iterator at(plain.begin(), plain.end(), flag), end; at != end; ++at)
        names.push_back((*at)[1]);
    return names;
}

/// Of etcd, HAProxy and commands of examples, or no flags at all.
const Flags others = {"db", "enable-v2", "enable-grpc-gateway", "flag", "help", "name", "version"};

TEST(Advice, NamesFlagsThatTheProgramHas) {
    const auto flags = all_flags();
    for (const auto& [program, known] : flags)
        EXPECT_GT(known.size(), 8U) << program;
    std::size_t named = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(HITLESS_SOURCE) / "src")) {
        if (entry.path().extension() != ".cpp")
            continue;
        for (const std::string& text : texts_of(test::read_text(entry.path()))) {
            for (const std::string& flag : flags_named(text)) {
                ++named;
                for (const std::string& program : programs_of(entry.path())) {
                    // hitlessctl tells what hitlessd does, and by which of its flags.
                    const bool is_of_hitlessd = entry.path().parent_path().filename() == "ctl" ||
                                                text.find("hitlessd") != std::string::npos;
                    EXPECT_TRUE(flags.at(program).contains(flag) || others.contains(flag) ||
                                (is_of_hitlessd && flags.at("hitlessd").contains(flag)))
                        << entry.path() << ": " << program << " has no -" << flag << ": " << text;
                }
            }
        }
    }
    EXPECT_GT(named, 50U);
}

} // namespace
} // namespace hitless
