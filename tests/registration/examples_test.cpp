// The examples, run for real as far as that needs no container and no service manager.
#include "registration/register_fixture.hpp"
#include "support/free_port.hpp"
#include "support/haproxy_server.hpp"
#include "support/http.hpp"
#include "support/http_backend.hpp"

#include <yaml-cpp/yaml.h>

#include <csignal>
#include <cstdlib>
#include <set>
#include <sstream>
#include <unistd.h>

namespace hitless::registration {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

const fs::path root = HITLESS_SOURCE_DIR;
const fs::path examples = root / "examples";

/// PATH with the programs that were built before all others.
std::string path_variable() {
    return fmt::format("PATH={}:{}", fs::path(HITLESS_REGISTER).parent_path().string(),
                       std::getenv("PATH"));
}

/// `text` with each `from` of the pairs replaced.
std::string replaced(std::string text,
                     const std::vector<std::pair<std::string, std::string>>& pairs) {
    for (const auto& [from, to] : pairs) {
        EXPECT_THAT(text, HasSubstr(from));
        for (std::size_t at = text.find(from); at != std::string::npos;
             at = text.find(from, at + to.size()))
            text.replace(at, from.size(), to);
    }
    return text;
}

class RegisterScriptTest : public RegisterTest {
  protected:
    Process run(const std::string& text, const std::string& script) {
        return {{(examples / "register.sh").string(), "/app/a", text, "sh", "-c", script},
                new_log(),
                {"ETCD=" + etcd_.url(), "TTL=2", "DRAIN=0"}};
    }
};

TEST_P(RegisterScriptTest, RegistersRenewsDeregistersAndPassesTheSignal) {
    const std::string text = "10.0.0.7:80 & more";
    auto process = run(text, service("echo term; " + keys_.shell_look("/app/a") + "; exit 7"));
    ASSERT_TRUE(keys_.wait_value("/app/a", text)) << process.log();
    const auto event = keys_.last_event("/app/a");
    EXPECT_TRUE(keys_.wait_renewals("/app/a", 3));
    EXPECT_EQ(keys_.last_event("/app/a"), event);
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), 7) << process.log();
    EXPECT_THAT(process.log(), HasSubstr("term\ngone\n"));
    EXPECT_EQ(keys_.get("/app/a"), std::nullopt);
}

TEST_P(RegisterScriptTest, EndsWithTheCommandAndRegistersAgainWhatWasLost) {
    const std::string go = directory_ / "go";
    auto process = run(value, "while [ ! -e " + go + " ]; do sleep 0.02; done; exit 4");
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    etcd_.stop();
    etcd_.start(false);
    EXPECT_TRUE(keys_.wait_value("/app/a", value)) << process.log();
    directory_.write("go", "");
    EXPECT_EQ(process.wait_exit(), 4) << process.log();
    EXPECT_EQ(keys_.get("/app/a"), std::nullopt);
}

TEST_P(RegisterScriptTest, LeavesAnothersKeyAlone) {
    keys_.put("/app/a", "other");
    auto second = run(value, service("exit 0"));
    EXPECT_EQ(second.wait_exit(), held) << second.log();
    keys_.remove("/app/a");
    auto first = run(value, service("exit 5"));
    ASSERT_TRUE(keys_.wait_value("/app/a", value)) << first.log();
    keys_.put("/app/a", "other");
    EXPECT_TRUE(wait_log(first, "was taken over")) << first.log();
    first.signal(SIGTERM);
    EXPECT_EQ(first.wait_exit(), 5);
    EXPECT_EQ(keys_.get("/app/a"), "other");
}

TEST_P(RegisterScriptTest, TheContainersEntryPointRegistersTheContainer) {
    test::HttpBackend web(1);
    Process process({(examples / "docker/start-service").string(), "sleep", "1000"}, new_log(),
                    {path_variable(), "ETCDCTL_ENDPOINTS=" + etcd_.url(), "DRAIN=0",
                     fmt::format("PORT={}", web.port(0))});
    char name[256] = {};
    ASSERT_EQ(::gethostname(name, sizeof name - 1), 0);
    EXPECT_TRUE(keys_.wait_value(fmt::format("/app/servers/{}", name),
                                 fmt::format("127.0.0.1:{}", web.port(0))))
        << process.log();
    EXPECT_EQ(process.stop(), 128 + SIGTERM);
    EXPECT_TRUE(keys_.below("/app/servers").empty());
}

/// The proxy's entry point, with its files in a directory and its port on loopback.
class ProxyScriptTest : public RegisterScriptTest {
  protected:
    ProxyScriptTest() {
        const std::string docker = (examples / "docker/confd").string();
        directory_.write("confd/conf.d/haproxy.toml",
                         replaced(read_text(docker + "/conf.d/haproxy.toml"),
                                  {{"/var/lib/hitless/haproxy.cfg", directory_ / "haproxy.cfg"},
                                   {"haproxy -c", test::haproxy_program() + " -c"}}));
        directory_.write("confd/templates/haproxy.cfg.tmpl",
                         read_text(docker + "/templates/haproxy.cfg.tmpl"));
    }

    Process start() {
        return {{(examples / "docker/start-proxy").string()},
                new_log(),
                {path_variable(), "ETCDCTL_PEERS=" + etcd_.url(), "ETCD_WAIT=8",
                 "CONFDIR=" + (directory_ / "confd"), "CONFIG=" + (directory_ / "haproxy.cfg"),
                 "RUN=" + directory_.path().string(),
                 "HAPROXY_SOCKET=" + (directory_ / "admin.sock"),
                 fmt::format("HAPROXY_BIND=127.0.0.1:{}", port_)}};
    }

    [[nodiscard]] test::HttpAnswer get() const {
        return test::http("GET", fmt::format("http://127.0.0.1:{}/", port_));
    }

    std::uint16_t port_ = test::free_port();
};

TEST_P(ProxyScriptTest, ServesWhatIsRegistered) {
    test::HttpBackend web(2);
    keys_.put("/app/servers/one", web.address(0));
    auto process = start();
    EXPECT_TRUE(wait_until([&] { return get().body == web.name(0); })) << process.log();
    keys_.put("/app/servers/two", web.address(1));
    keys_.remove("/app/servers/one");
    EXPECT_TRUE(wait_until([&] { return get().body == web.name(1); })) << process.log();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), 0) << process.log();
    EXPECT_EQ(get().status, 0U);
}

TEST_P(ProxyScriptTest, StartsWithoutEtcdWithTheFileOfTheLastTime) {
    test::HttpBackend web(1);
    keys_.put("/app/servers/one", web.address(0));
    {
        auto process = start();
        EXPECT_TRUE(wait_until([&] { return get().body == web.name(0); })) << process.log();
        process.signal(SIGTERM);
        EXPECT_EQ(process.wait_exit(), 0) << process.log();
    }
    etcd_.stop();
    auto process = start();
    EXPECT_TRUE(wait_until([&] { return get().body == web.name(0); })) << process.log();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(), 0) << process.log();
}

INSTANTIATE_TEST_SUITE_P(Apis, RegisterScriptTest, testing::Values(etcd::Settings::Api::v2),
                         api_name);
INSTANTIATE_TEST_SUITE_P(Apis, ProxyScriptTest, testing::Values(etcd::Settings::Api::v2), api_name);

int exit_of(const std::vector<std::string>& command, const std::string& log,
            const std::vector<std::string>& environment = {}) {
    return Process(command, log, environment).wait_exit(seconds(30)).value_or(-1);
}

TEST(Examples, ScriptsArePosixShell) {
    const test::TemporaryDirectory directory;
    for (const char* const script : {"register.sh", "docker/start-proxy", "docker/start-service"}) {
        const auto status = fs::status(examples / script);
        EXPECT_NE(status.permissions() & fs::perms::owner_exec, fs::perms::none) << script;
        EXPECT_EQ(exit_of({"dash", "-n", (examples / script).string()}, directory / "log"), 0)
            << script << read_text(directory / "log");
    }
    EXPECT_EQ(exit_of({(examples / "register.sh").string(), "/app/a"}, directory / "log"), 2);
}

TEST(Examples, ComposeHasWhatScalingNeeds) {
    const YAML::Node services =
        YAML::LoadFile((examples / "docker/compose.yaml").string())["services"];
    ASSERT_TRUE(services["etcd"] && services["proxy"] && services["app"]);
    EXPECT_TRUE(services["etcd"]["healthcheck"]["test"].IsSequence());
    for (const auto& entry : services) {
        const auto name = entry.first.as<std::string>();
        const YAML::Node service = entry.second;
        EXPECT_NE(service["image"].IsDefined(), service["build"].IsDefined()) << name;
        if (const YAML::Node build = service["build"]) {
            const fs::path context = examples / "docker" / build["context"].as<std::string>();
            EXPECT_EQ(fs::canonical(context), fs::canonical(root)) << name;
            EXPECT_TRUE(fs::exists(context / build["dockerfile"].as<std::string>())) << name;
        }
        for (const auto& needed : service["depends_on"]) {
            EXPECT_TRUE(services[needed.first.as<std::string>()]) << name;
            EXPECT_EQ(needed.second["condition"].as<std::string>(), "service_healthy") << name;
        }
    }
    // Several of these run on one host.
    EXPECT_FALSE(services["app"]["container_name"] || services["app"]["ports"]);
    EXPECT_TRUE(services["app"]["environment"]["ETCDCTL_ENDPOINTS"]);
    EXPECT_TRUE(services["proxy"]["environment"]["ETCDCTL_PEERS"]);
}

TEST(Examples, TheRegisterOfAHostReadsTheEnginesSocket) {
    const YAML::Node service =
        YAML::LoadFile((examples / "docker/register.yaml").string())["services"]["register"];
    EXPECT_TRUE(fs::exists(root / service["build"]["dockerfile"].as<std::string>()));
    const auto command = service["entrypoint"].as<std::vector<std::string>>();
    EXPECT_THAT(command, testing::Contains("--docker"));
    EXPECT_THAT(service["volumes"][0].as<std::string>(),
                testing::EndsWith(":/var/run/docker.sock"));
    // All flags are known: without etcd and the engine, it goes on trying.
    const test::TemporaryDirectory directory;
    std::vector<std::string> line = command;
    line[0] = HITLESS_REGISTER;
    line.back() = "--docker-note=" + (directory / "keys");
    line.insert(line.end(), {"--node", "http://127.0.0.1:1", "--docker-socket", directory / "s"});
    Process process(line, directory / "log");
    EXPECT_TRUE(wait_until([&] { return !process.log().empty(); }));
    EXPECT_EQ(process.stop(), 0) << process.log();
}

TEST(Examples, DockerfilesCopyWhatIsThere) {
    const std::vector<std::string> known{"ARG",         "FROM",       "RUN",    "COPY",
                                         "USER",        "ENV",        "EXPOSE", "STOPSIGNAL",
                                         "HEALTHCHECK", "ENTRYPOINT", "CMD"};
    const std::string package = "build/package/hitless_*.deb";
    EXPECT_THAT(read_text(root / ".dockerignore"), HasSubstr("!" + package));
    for (const char* const name : {"Dockerfile.haproxy", "Dockerfile.service"}) {
        std::istringstream lines(read_text((examples / "docker" / name).string()));
        bool continued = false;
        std::set<std::string> seen;
        for (std::string line; std::getline(lines, line);) {
            const bool is_first = !continued && !line.empty() && !line.starts_with('#');
            continued = line.ends_with('\\');
            if (!is_first)
                continue;
            std::istringstream words(line);
            std::string instruction;
            std::string source;
            words >> instruction >> source;
            EXPECT_THAT(known, testing::Contains(instruction)) << name << ": " << line;
            seen.insert(instruction);
            EXPECT_TRUE(instruction != "COPY" || source == package || fs::exists(root / source))
                << name << ": " << line;
        }
        for (const char* const needed : {"COPY", "USER", "STOPSIGNAL", "HEALTHCHECK"})
            EXPECT_THAT(seen, testing::Contains(needed)) << name;
    }
}

TEST(Examples, UnitsAreWellFormed) {
    const test::TemporaryDirectory directory;
    const std::string bin = fs::path(HITLESS_REGISTER).parent_path().string() + "/";
    const auto verify = [&](const std::string& unit) {
        return exit_of({"systemd-analyze", "verify", "--man=no", directory / unit},
                       directory / "log", {"SYSTEMD_UNIT_PATH=" + directory.path().string() + ":"});
    };
    directory.write("web.service", "[Service]\nExecStart=/bin/sleep 1\n");
    const std::pair<const char*, const char*> units[] = {
        {"hitlessd.service", "hitlessd.service"},
        {"hitless-register-docker.service", "hitless-register-docker.service"},
        {"hitless-register@.service", "hitless-register@web.service"}};
    for (const auto& [file, instance] : units) {
        const std::string text =
            replaced(read_text((examples / "systemd" / file).string()), {{"/usr/local/bin/", bin}});
        directory.write(file, text);
        directory.write(instance, text);
        EXPECT_EQ(verify(instance), 0) << read_text(directory / "log");
        directory.write("broken.service", replaced(text, {{"Type=", "Tipe="}}));
        std::ignore = verify("broken.service");
        EXPECT_THAT(read_text(directory / "log"), HasSubstr("Tipe"));
    }
}

} // namespace
} // namespace hitless::registration
