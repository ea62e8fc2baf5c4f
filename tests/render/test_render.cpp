#include "hitless/base/file.hpp"
#include "hitless/confd/settings.hpp"
#include "hitless/render/render.hpp"

#include "support/etcd_server.hpp"
#include "support/stage.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <sstream>
#include <sys/stat.h>

namespace hitless::render {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

const char* const haproxy_template = R"(defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 1s
frontend www
    bind 127.0.0.1:{{getv "/port" "8080"}}
    default_backend app
backend app
    balance {{getv "/balance" "roundrobin"}}
{{- range gets "/servers/*"}}
    server {{base .Key}} {{.Value}}
{{- end}}
)";

/// A confdir with one resource for HAProxy, and keys in a file.
class RenderTest : public testing::Test {
  protected:
    RenderTest() {
        directory.write("templates/haproxy.cfg.tmpl", haproxy_template);
        write_resource("");
        settings.confdir = directory.path().string();
        settings.prefix = "/app";
        options.keys = directory.write("keys.yaml", "app:\n  servers: {a: '10.0.0.1:80'}\n"
                                                    "other: {servers: {x: y}}\n");
    }

    void write_resource(const std::string& more) {
        directory.write("conf.d/haproxy.toml",
                        fmt::format("[template]\nsrc = 'haproxy.cfg.tmpl'\ndest = '{}'\n"
                                    "keys = ['/']\nmode = '0640'\n{}\n",
                                    dest, more));
    }

    ExitCode run() {
        std::ostringstream out;
        const ExitCode code = render(settings, options, out);
        output = out.str();
        return code;
    }

    static std::string text(const std::string& balance, const std::string& servers) {
        return fmt::format("defaults\n    mode http\n    timeout client 5s\n    timeout server 5s\n"
                           "    timeout connect 1s\nfrontend www\n    bind 127.0.0.1:8080\n"
                           "    default_backend app\nbackend app\n    balance {}\n{}",
                           balance, servers);
    }

    test::TemporaryDirectory directory;
    std::string dest = directory / "haproxy.cfg";
    confd::Settings settings;
    Options options;
    std::string output;
};

TEST_F(RenderTest, BringsDestUpToDate) {
    const std::string log = directory / "log";
    write_resource(
        fmt::format("check_cmd = 'grep -q \"backend app\" {{{{.src}}}} && echo check >> {0}'\n"
                    "reload_cmd = 'echo reload >> {0}'",
                    log));
    EXPECT_EQ(run(), done);
    const std::string wanted = text("roundrobin", "    server a 10.0.0.1:80\n");
    EXPECT_EQ(test::read_text(dest), wanted);
    EXPECT_EQ(test::read_text(log), "check\nreload\n");
    struct stat status {};
    ASSERT_EQ(::stat(dest.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0640U);

    EXPECT_EQ(run(), done);
    EXPECT_EQ(test::read_text(log), "check\nreload\n") << "nothing had changed";
    ::chmod(dest.c_str(), 0600);
    EXPECT_EQ(run(), done);
    EXPECT_EQ(test::read_text(log), "check\nreload\ncheck\nreload\n") << "the mode had changed";
    EXPECT_EQ(output, "");
}

TEST_F(RenderTest, ObeysConfdsFlags) {
    const std::string log = directory / "log";
    write_resource(
        fmt::format("check_cmd = 'echo check >> {0}'\nreload_cmd = 'echo reload >> {0}'", log));
    const auto staged_files = [&] {
        return std::ranges::count_if(
            fs::directory_iterator(directory.path()), [](const auto& entry) {
                return entry.path().filename().string().starts_with(".haproxy.cfg");
            });
    };
    settings.noop = true;
    EXPECT_EQ(run(), done);
    EXPECT_FALSE(fs::exists(dest));
    settings.keep_stage_file = true;
    EXPECT_EQ(run(), done);
    EXPECT_FALSE(fs::exists(dest));
    EXPECT_EQ(staged_files(), 1);
    settings.noop = false;
    settings.keep_stage_file = false;
    settings.sync_only = true;
    EXPECT_EQ(run(), done);
    EXPECT_TRUE(fs::exists(dest));
    EXPECT_FALSE(fs::exists(log));
}

TEST_F(RenderTest, ChangesNothingWhenSomethingFails) {
    directory.write("haproxy.cfg", "old");
    write_resource("check_cmd = 'false'");
    EXPECT_EQ(run(), failed);
    EXPECT_EQ(test::read_text(dest), "old");
    write_resource("");
    directory.write("templates/haproxy.cfg.tmpl", "{{getv \"/none\"}}");
    EXPECT_EQ(run(), failed);
    EXPECT_EQ(test::read_text(dest), "old");
    directory.write("templates/haproxy.cfg.tmpl", "new");
    write_resource("reload_cmd = 'false'");
    EXPECT_EQ(run(), failed);
    EXPECT_EQ(test::read_text(dest), "new") << "the reload failed, the file is right";
    options.keys = directory / "no-such-file";
    EXPECT_EQ(run(), failed);
}

TEST_F(RenderTest, HandlesTheOtherResourcesToo) {
    directory.write("conf.d/a-bad.toml", "[template]\nsrc = 5\n");
    EXPECT_EQ(run(), failed);
    EXPECT_TRUE(fs::exists(dest));
}

TEST_F(RenderTest, PrintsOrWritesTheResult) {
    const std::string wanted = text("roundrobin", "    server a 10.0.0.1:80\n");
    options.to_stdout = true;
    EXPECT_EQ(run(), done);
    EXPECT_EQ(output, wanted);
    options.to_stdout = false;
    options.out = "-";
    EXPECT_EQ(run(), done);
    EXPECT_EQ(output, wanted);
    options.out = directory / "out";
    EXPECT_EQ(run(), done);
    EXPECT_EQ(output, "");
    EXPECT_EQ(test::read_text(options.out), wanted);
    EXPECT_FALSE(fs::exists(dest));
    directory.write(
        "conf.d/second.toml",
        "[template]\nsrc = 'haproxy.cfg.tmpl'\ndest = '/tmp/other'\nkeys = ['/servers']\n");
    EXPECT_EQ(run(), failed) << "two results, one file";
    for (const char* const name : {"haproxy", "haproxy.toml"}) {
        options.resource = name;
        EXPECT_EQ(run(), done) << name;
    }
    options.resource = dest;
    EXPECT_EQ(run(), done);
    options.resource = "none";
    EXPECT_EQ(run(), failed);
}

TEST_F(RenderTest, ShowsTheDifference) {
    options.diff = true;
    EXPECT_EQ(run(), differs);
    EXPECT_THAT(output,
                HasSubstr("--- /dev/null\n+++ " + dest + " (rendered)\n@@ -0,0 +1,11 @@\n"));
    directory.write("haproxy.cfg", text("leastconn", "    server a 10.0.0.1:80\n"));
    EXPECT_EQ(run(), differs);
    EXPECT_THAT(output, HasSubstr("--- " + dest + "\n"));
    EXPECT_THAT(output, HasSubstr("\n-    balance leastconn\n+    balance roundrobin\n"));
    EXPECT_THAT(output, testing::Not(HasSubstr("\x1b[")));
    options.colour = true;
    EXPECT_EQ(run(), differs);
    EXPECT_THAT(output, HasSubstr("\x1b[31m-    balance leastconn\x1b[0m"));
    directory.write("haproxy.cfg", text("roundrobin", "    server a 10.0.0.1:80\n"));
    EXPECT_EQ(run(), done);
    EXPECT_EQ(output, "");
    // Reading it would wait for somebody who writes.
    fs::remove(dest);
    ASSERT_EQ(::mkfifo(dest.c_str(), 0600), 0);
    EXPECT_EQ(run(), failed);
}

TEST_F(RenderTest, DescribesTheChangeOfHaproxy) {
    options.json = true;
    const auto changes = [&] {
        EXPECT_EQ(run(), done);
        return nlohmann::json::parse(output).at(0);
    };
    EXPECT_EQ(changes()["reload"], nlohmann::json({"dest does not exist yet"}));
    directory.write("haproxy.cfg",
                    text("leastconn", "    server a 10.0.0.9:80\n    server b 10.0.0.2:80\n"));
    options.keys = directory.write("keys.json", R"({"/app/servers/a": "10.0.0.1:80",
                                                    "/app/servers/c": "10.0.0.3:80"})");
    const auto described = changes();
    EXPECT_EQ(described["dest"], dest);
    EXPECT_EQ(described["in_sync"], false);
    EXPECT_EQ(described["servers"]["added"], nlohmann::json({{"app", {"c"}}}));
    EXPECT_EQ(described["servers"]["removed"], nlohmann::json({{"app", {"b"}}}));
    EXPECT_EQ(described["servers"]["changed"], nlohmann::json({{"app", {"a"}}}));
    EXPECT_THAT(described["reload"].dump(), HasSubstr("balance"));
    directory.write("haproxy.cfg",
                    text("roundrobin", "    server a 10.0.0.1:80\n    server c 10.0.0.3:80\n"));
    EXPECT_EQ(changes()["in_sync"], true);
    EXPECT_EQ(changes()["no_plan"], "dest has no stats socket that may change servers");
    EXPECT_TRUE(changes()["reload"].empty());
    EXPECT_FALSE(changes().contains("uncertain"));
    directory.write(".haproxy.cfg.reload-owed", "");
    EXPECT_THAT(changes()["uncertain"].dump(), HasSubstr("owed a reload"));

    directory.write("templates/haproxy.cfg.tmpl", "user nginx;\n");
    EXPECT_FALSE(changes().contains("servers"));
}

TEST_F(RenderTest, ShowsThePlanForTheHaproxyThatRuns) {
    const test::Stage stage;
    settings.confdir = stage.directory() / "confd";
    settings.prefix.clear();
    options.json = true;
    options.keys = directory.write("keys.json", R"({"/app/servers/web1": "127.0.0.1:81"})");
    EXPECT_EQ(run(), done);
    const auto plan = nlohmann::json::parse(output).at(0).at("plan");
    ASSERT_EQ(plan["actions"].size(), 1U) << plan;
    EXPECT_EQ(plan["actions"][0]["action"], "add");
    EXPECT_EQ(plan["actions"][0]["server"], "web1");
    EXPECT_THAT(plan["actions"][0]["commands"].dump(),
                HasSubstr("add server app/web1 127.0.0.1:81"));
    EXPECT_TRUE(plan["reload"].empty());
    EXPECT_TRUE(stage.servers().empty()) << "nothing was done";
}

TEST_F(RenderTest, LetsHaproxyJudge) {
    options.check = true;
    options.out = directory / "out";
    EXPECT_EQ(run(), done);
    EXPECT_TRUE(fs::exists(options.out));
    fs::remove(options.out);
    options.keys = directory.write("keys.json", R"({"/app/balance": "by-magic"})");
    EXPECT_EQ(run(), failed);
    EXPECT_FALSE(fs::exists(options.out));
    EXPECT_FALSE(fs::exists(dest));
}

TEST_F(RenderTest, ChecksThatBadValuesCostNothing) {
    options.check = true;
    options.keys = directory.write(
        "keys.json", R"({"/app/servers/a": "10.0.0.1:80", "/app/servers/b": "no address"})");
    options.out = directory / "out";
    EXPECT_EQ(run(), incomplete);
    EXPECT_EQ(test::read_text(options.out), text("roundrobin", "    server a 10.0.0.1:80\n"))
        << "HAProxy accepts it";
    settings.strict = true;
    EXPECT_EQ(run(), incomplete);
    options.check = false;
    EXPECT_EQ(run(), failed);
    settings.strict = false;
    EXPECT_EQ(run(), done) << "only -check judges";
    options.check = true;
    options.keys = directory.write("worse.json", R"({"/app/balance": "by-magic",
        "/app/servers/a": "10.0.0.1:80", "/app/servers/b": "no address"})");
    EXPECT_EQ(run(), failed) << "HAProxy refuses what is left";
    settings.strict = true;
    directory.write("templates/haproxy.cfg.tmpl", "{{getv \"/none\"}}");
    EXPECT_EQ(run(), failed) << "no value is to blame";
}

TEST_F(RenderTest, TellsAsJsonWhatIsLeftOut) {
    options.json = true;
    ASSERT_EQ(run(), done);
    EXPECT_EQ(nlohmann::json::parse(output).at(0)["left_out"], nlohmann::json::array());
    options.keys = directory.write(
        "keys.json", R"({"/app/servers/a": "10.0.0.1:80", "/app/servers/b": "no address"})");
    ASSERT_EQ(run(), done);
    const auto left_out = nlohmann::json::parse(output).at(0)["left_out"];
    ASSERT_EQ(left_out.size(), 1U);
    EXPECT_EQ(left_out[0]["source"], "key /app/servers/b");
    EXPECT_EQ(left_out[0]["what"], "server app/b");
    EXPECT_THAT(left_out[0]["message"].get<std::string>(), HasSubstr("no address"));
}

TEST_F(RenderTest, ReadsEtcdAndKeepsItsKeys) {
    const test::EtcdServer etcd;
    etcd.put("/app/servers/a", "10.0.0.1:80");
    etcd.put("/app/servers/b", "10.0.0.2:80");
    etcd.put("/elsewhere/x", "y");
    settings.nodes = {etcd.url()};
    options = {};
    options.to_stdout = true;
    options.dump_keys = directory / "dump.json";
    EXPECT_EQ(run(), done);
    const std::string rendered = output;
    EXPECT_EQ(rendered, text("roundrobin", "    server a 10.0.0.1:80\n    server b 10.0.0.2:80\n"));

    options.keys = options.dump_keys;
    options.dump_keys = "-";
    options.to_stdout = false;
    EXPECT_EQ(run(), done);
    EXPECT_EQ(nlohmann::json::parse(output), (nlohmann::json{{"/app/servers/a", "10.0.0.1:80"},
                                                             {"/app/servers/b", "10.0.0.2:80"}}));
    options.dump_keys.clear();
    options.to_stdout = true;
    settings.nodes = {"http://127.0.0.1:1"};
    EXPECT_EQ(run(), done) << "etcd isn't needed";
    EXPECT_EQ(output, rendered);
    options.keys.clear();
    EXPECT_EQ(run(), failed);
}

} // namespace
} // namespace hitless::render
