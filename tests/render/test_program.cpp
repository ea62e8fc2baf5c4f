// The program itself: what it prints where, and its exit statuses.
#include "hitless/base/text.hpp"

#include "render/program.hpp"
#include "support/certificate.hpp"
#include "support/temporary_directory.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::render {
namespace {

using testing::HasSubstr;

TEST(Program, HasTheExitStatusesOfItsPage) {
    const test::TemporaryDirectory directory;
    directory.write("conf.d/a.toml",
                    "[template]\nsrc = 'a.tmpl'\ndest = '" + directory / "a" + "'\nkeys = ['/']\n");
    directory.write("templates/a.tmpl", "{{getv \"/x\"}}\n");
    const std::string confdir = directory.path().string();
    struct Case {
        std::vector<std::string> arguments;
        const char* input;
        int code;
        const char* output;
    };
    const Case cases[] = {
        {{"-confdir", confdir, "-keys", "-", "-stdout"}, "x: 5", 0, "5\n"},
        {{"--confdir=" + confdir, "-keys=-", "-diff"}, "{\"/x\": 5}", 3, "\n+5\n"},
        {{"-confdir", confdir, "-keys", "-"}, "x: 5", 0, "info wrote "},
        {{"-confdir", confdir, "-keys", "-", "-diff", "-onetime"}, "x: 5", 0, ""},
        {{"-confdir", confdir, "-keys", "-"}, "y: 5", 1, "key does not exist: /x"},
        {{"-frobnicate"}, "", 2, "flag provided but not defined: -frobnicate"},
        {{"-log-level", "loud"}, "", 2, "'loud' is not a log level"},
        {{"-backend", "consul"}, "", 2, "'consul' is not supported"},
        {{"-keys="}, "", 2, "invalid value \"\" for flag -keys"},
        {{"-help"}, "", 0, "-dump-keys FILE"},
        {{"-version"}, "", 0, "hitless-render "},
    };
    for (const auto& [arguments, input, code, output] : cases) {
        std::vector<std::string> command{HITLESS_RENDER};
        command.insert(command.end(), arguments.begin(), arguments.end());
        const auto ended = run_program(command, input);
        ASSERT_TRUE(ended) << ended.error().message;
        EXPECT_EQ(ended->code, code) << testing::PrintToString(arguments) << ended->output;
        EXPECT_THAT(ended->output, HasSubstr(output));
    }
}

TEST(Program, PrintsALineForEachOfHaproxysComplaints) {
    const test::TemporaryDirectory directory;
    directory.write("conf.d/a.toml",
                    "[template]\nsrc = 'a.tmpl'\ndest = '/none/a'\nkeys = ['/']\n");
    directory.write("templates/a.tmpl", "backend app\n    frobnicate\n    smoke\n");
    const auto ended = run_program(
        {HITLESS_RENDER, "-confdir", directory.path().string(), "-keys", "-", "-check"}, "{}");
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_EQ(ended->code, 1);
    EXPECT_THAT(ended->output, testing::Not(HasSubstr("\\n")));
    std::vector<std::string> complaints;
    for (const std::string_view line : base::split(ended->output, '\n')) {
        if (line.find("smoke") != std::string_view::npos ||
            line.find("frobnicate") != std::string_view::npos)
            complaints.emplace_back(line);
    }
    ASSERT_EQ(complaints.size(), 2U) << ended->output;
    EXPECT_THAT(complaints, testing::Each(HasSubstr(" error     ")));
}

/// A map is no configuration.
TEST(Program, ChecksAFileThatTheConfigurationNamesAsWhatItIs) {
    const test::TemporaryDirectory directory;
    const std::string map = directory.write("hosts.map", "a.example.com app\n");
    directory.write(
        "conf.d/hosts.toml",
        fmt::format("[template]\nsrc = 'hosts.tmpl'\ndest = '{}'\nkeys = ['/']\n", map));
    directory.write("templates/hosts.tmpl", "a.example.com {{getv \"/b\"}}\n");
    directory.write("conf.d/haproxy.toml",
                    "[template]\nsrc = 'h.tmpl'\ndest = '/none/haproxy.cfg'\nkeys = ['/']\n");
    directory.write("templates/h.tmpl",
                    fmt::format("defaults\n    mode http\n    timeout client 1s\n"
                                "    timeout connect 1s\n    timeout server 1s\n"
                                "frontend web\n    bind 127.0.0.1:8080\n"
                                "    use_backend %[req.hdr(host),map({})]\nbackend app\n",
                                map));
    const auto ended =
        run_program({HITLESS_RENDER, "-confdir", directory.path().string(), "-keys", "-", "-check"},
                    R"({"/b": "app"})");
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_EQ(ended->code, 0) << ended->output;
    EXPECT_THAT(ended->output, HasSubstr("hosts.tmpl renders is usable: a file that the "
                                         "configuration names"));
    EXPECT_THAT(ended->output, HasSubstr("haproxy accepts what"));
}

TEST(Program, TellsThatTwoResourcesHaveOneDest) {
    const test::TemporaryDirectory directory;
    for (const char* const name : {"a", "b"}) {
        directory.write(fmt::format("conf.d/{}.toml", name),
                        fmt::format("[template]\nsrc = '{}'\ndest = '{}/./out'\nkeys = ['/']\n",
                                    name, directory.path().string()));
        directory.write(fmt::format("templates/{}", name), name);
    }
    const auto ended =
        run_program({HITLESS_RENDER, "-confdir", directory.path().string(), "-keys", "-"}, "{}");
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_EQ(ended->code, 1);
    EXPECT_THAT(ended->output,
                testing::AllOf(HasSubstr("error " + directory / "conf.d/b.toml" + ": its dest "),
                               HasSubstr("is that of " + directory / "conf.d/a.toml" + " already"),
                               HasSubstr("info wrote ")));
    EXPECT_EQ(test::read_text(directory / "out"), "a") << "the other one is handled all the same";
}

/// check_cmd of the configuration looks for the files that it names.
TEST(Program, WritesFilesBeforeTheConfigurationThatNamesThem) {
    const test::TemporaryDirectory directory;
    const auto resource = [&](const std::string& name, const std::string& dest,
                              const std::string& more, const std::string& text) {
        directory.write("conf.d/" + name + ".toml",
                        fmt::format("[template]\nsrc = '{}'\ndest = '{}'\nkeys = ['/']\n{}\n", name,
                                    directory / dest, more));
        directory.write("templates/" + name, text);
    };
    std::filesystem::create_directory(directory / "certs");
    resource("a", "haproxy.cfg",
             fmt::format("check_cmd = \"test -e {} && test -e {}\"", directory / "z.map",
                         directory / "certs/y.pem"),
             fmt::format("frontend web\n    bind :443 ssl crt {}/\n"
                         "    use_backend %[path,map({})]\n",
                         directory / "certs", directory / "z.map"));
    resource("y", "certs/y.pem", "", test::make_certificate("y.example").bundle());
    resource("z", "z.map", "", "a b\n");
    const auto ended =
        run_program({HITLESS_RENDER, "-confdir", directory.path().string(), "-keys", "-"}, "{}");
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_THAT(ended->output, HasSubstr("info wrote " + (directory / "haproxy.cfg")));
}

TEST(Program, MayBeMissing) {
    EXPECT_THAT(run_program({"no-such-program"}, "").error().message,
                testing::AllOf(HasSubstr("can't run no-such-program: "),
                               HasSubstr("No such file or directory")));
    EXPECT_EQ(run_program({"cat"}, std::string(300'000, 'x'))->output.size(), 300'000U);
    EXPECT_EQ(run_program({"sh", "-c", "kill -9 $$"}, "")->code, 137);
}

} // namespace
} // namespace hitless::render
