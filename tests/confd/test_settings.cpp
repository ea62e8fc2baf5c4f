#include "hitless/confd/settings.hpp"

#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

namespace hitless::confd {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Strings = std::vector<std::string>;
using Action = CommandLine::Action;

/// Without the settings file that the machine may have.
CommandLine read(Strings arguments) {
    return read_command_line(
        arguments, Program{"hitlessd", "1.2.3", "What it does.", "  hitlessd -watch\n", {}});
}

class SettingsTest : public testing::Test {
  protected:
    SettingsTest() {
        for (const char* const name : variables)
            ::unsetenv(name);
    }
    ~SettingsTest() override {
        for (const char* const name : variables)
            ::unsetenv(name);
    }

    CommandLine read_with(const std::string& toml, Strings arguments = {}) const {
        arguments.insert(arguments.begin(), {"-config-file", directory.write("confd.toml", toml)});
        return read(std::move(arguments));
    }

    test::TemporaryDirectory directory;

  private:
    static constexpr const char* variables[] = {"CONFD_CLIENT_CAKEYS", "CONFD_CLIENT_CERT",
                                                "CONFD_CLIENT_KEY", "ETCDCTL_PEERS",
                                                "ETCD_PASSWORD"};
};

TEST_F(SettingsTest, HaveConfdsDefaults) {
    const CommandLine line = read({});
    ASSERT_EQ(line.action, Action::run) << line.text;
    const Settings& settings = line.settings;
    EXPECT_EQ(settings.backend, "etcd");
    EXPECT_EQ(settings.confdir, "/etc/confd");
    EXPECT_EQ(settings.config_file, "/etc/confd/confd.toml");
    EXPECT_THAT(settings.nodes, IsEmpty());
    EXPECT_EQ(settings.interval, 600s);
    EXPECT_EQ(settings.log_level, "info");
    EXPECT_FALSE(settings.watch || settings.onetime || settings.noop || settings.sync_only);
}

TEST_F(SettingsTest, AreReadGosWay) {
    struct Case {
        Strings arguments;
        std::function<bool(const Settings&)> holds;
    };
    const Case cases[] = {
        {{"-interval", "10"}, [](auto& s) { return s.interval == 10s; }},
        {{"--interval=10"}, [](auto& s) { return s.interval == 10s; }},
        {{"-interval=5", "-interval=7"}, [](auto& s) { return s.interval == 7s; }},
        {{"-watch"}, [](auto& s) { return s.watch; }},
        {{"-watch", "-onetime", "-noop"}, [](auto& s) { return s.watch && s.onetime && s.noop; }},
        {{"--watch=T"}, [](auto& s) { return s.watch; }},
        {{"-watch", "-watch=false"}, [](auto& s) { return !s.watch; }},
        {{"-node", "a:1", "--node=http://b:2"},
         [](auto& s) {
             return s.nodes == Strings{"a:1", "http://b:2"};
         }},
        {{"-prefix", "-x"}, [](auto& s) { return s.prefix == "-x"; }},
        {{"-prefix="}, [](auto& s) { return s.prefix.empty(); }},
        {{"-password=a=b"}, [](auto& s) { return s.password == "a=b"; }},
        {{"-backend="}, [](auto& s) { return s.backend == "etcd"; }},
        {{"-confdir", "/c", "--"}, [](auto& s) { return s.confdir == "/c"; }},
        {{"-sync-only", "-keep-stage-file", "-basic-auth", "-client-insecure"},
         [](auto& s) {
             return s.sync_only && s.keep_stage_file && s.basic_auth && s.client_insecure;
         }},
        {{"-client-ca-keys", "1", "-client-cert", "2", "-client-key", "3", "-username", "4"},
         [](auto& s) {
             return s.client_ca_keys + s.client_cert + s.client_key + s.username == "1234";
         }},
        {{"-srv-domain", "example.com"},
         [](auto& s) { return s.srv_record == "_etcd._tcp.example.com."; }},
        {{"-srv-domain", "example.com", "-srv-record", "_x._tcp.y"},
         [](auto& s) { return s.srv_record == "_x._tcp.y"; }},
        {{"-table", "x", "-auth-token=y", "-file", "a", "-file", "b", "-separator", "",
          "-secret-keyring", "k"},
         [](auto& s) {
             return s.nodes.empty() && s.files == Strings{"a", "b"};
         }},
        {{"-backend", "file", "-file", "a", "-filter", "*.yaml"},
         [](auto& s) { return s.backend == "file" && s.filter == "*.yaml"; }},
        {{"-backend", "etcdv3", "-srv-domain", "example.com"},
         [](auto& s) { return s.srv_record == "_etcdv3._tcp.example.com."; }},
    };
    for (const auto& [arguments, holds] : cases) {
        const CommandLine line = read(arguments);
        ASSERT_EQ(line.action, Action::run) << line.text;
        EXPECT_TRUE(holds(line.settings)) << testing::PrintToString(arguments);
    }
}

TEST_F(SettingsTest, RefuseWhatMakesNoSense) {
    struct Case {
        Strings arguments;
        const char* what;
    };
    const Case cases[] = {
        {{"-interval"}, "flag needs an argument: -interval"},
        {{"-interval", "ten"},
         "invalid value \"ten\" for flag -interval: must be a number of seconds"},
        {{"-interval=0"}, "from 1 to"},
        {{"-interval=-5"}, "from 1 to"},
        {{"-interval=99999999999999999999"}, "from 1 to"},
        {{"-frobnicate"}, "flag provided but not defined: -frobnicate"},
        {{"--frobnicate=3", "-watch"}, "flag provided but not defined: -frobnicate"},
        {{"-watch=maybe"}, "invalid boolean value \"maybe\" for -watch"},
        {{"-watch", "true"}, "'true' is not a flag"},
        {{"-"}, "'-' is not a flag"},
        {{"---watch"}, "bad flag syntax: ---watch"},
        {{"-=3"}, "bad flag syntax: -=3"},
        {{"-backend", "consul"}, "'consul' is not supported: etcd (its v2 store), etcdv3, file"},
        {{"-backend=file"}, "-backend file needs -file"},
        {{"-filter", "[a"}, "the filter '[a' is no shell pattern"},
        {{"-scheme", "ftp"}, "the scheme 'ftp' is not supported"},
        {{"-config-file", "/no/such.toml"}, "can't read /no/such.toml: No such file"},
    };
    for (const auto& [arguments, what] : cases) {
        const CommandLine line = read(arguments);
        EXPECT_EQ(line.action, Action::usage_error) << testing::PrintToString(arguments);
        EXPECT_THAT(line.text, AllOf(testing::StartsWith("hitlessd: "), HasSubstr(what)));
    }
}

TEST_F(SettingsTest, HelpAndVersionArePrinted) {
    for (const char* const flag : {"-help", "--help", "-h"}) {
        const CommandLine line = read({"-watch", flag, "-no-such-flag"});
        EXPECT_EQ(line.action, Action::print_and_exit);
        EXPECT_THAT(line.text,
                    AllOf(HasSubstr("  hitlessd -watch\n"), HasSubstr("-interval SECONDS"),
                          HasSubstr("  -watch "), testing::Not(HasSubstr("-table"))));
    }
    const CommandLine line = read({"-version"});
    EXPECT_EQ(line.action, Action::print_and_exit);
    EXPECT_EQ(line.text, "hitlessd 1.2.3\n");
}

TEST_F(SettingsTest, ComeFromTheFileUnlessAFlagIsGiven) {
    const std::string toml = R"(
backend = "etcd"
basic_auth = true
client_cakeys = "ca"
client_cert = "cert"
client_key = "key"
confdir = "/elsewhere"
interval = 30
log-format = "json"
log-level = "debug"
nodes = ["http://a:1", "b:2"]
noop = true
password = "secret"
prefix = "/production"
scheme = "https"
sync-only = true
username = "user"
watch = true
Srv_Domain = "example.com"
table = "ignored"
)";
    const CommandLine from_file = read_with(toml);
    ASSERT_EQ(from_file.action, Action::run) << from_file.text;
    EXPECT_THAT(from_file.warnings, IsEmpty());
    const Settings& s = from_file.settings;
    EXPECT_TRUE(s.basic_auth && s.noop && s.sync_only && s.watch);
    EXPECT_EQ(s.client_ca_keys + s.client_cert + s.client_key, "cacertkey");
    EXPECT_EQ(s.confdir, "/elsewhere");
    EXPECT_EQ(s.interval, 30s);
    EXPECT_EQ(s.log_level + s.log_format, "debugjson");
    EXPECT_THAT(s.nodes, ElementsAre("http://a:1", "b:2"));
    EXPECT_EQ(s.username + s.password + s.prefix + s.scheme, "usersecret/productionhttps");
    EXPECT_EQ(s.srv_record, "_etcd._tcp.example.com.");

    const CommandLine both =
        read_with(toml, {"-node", "c:3", "-interval=5", "-watch=false", "-prefix", "/test"});
    EXPECT_THAT(both.settings.nodes, ElementsAre("c:3"));
    EXPECT_EQ(both.settings.interval, 5s);
    EXPECT_FALSE(both.settings.watch);
    EXPECT_EQ(both.settings.prefix, "/test");
    EXPECT_EQ(both.settings.confdir, "/elsewhere");
}

TEST_F(SettingsTest, SayWhereTheFileIsWrong) {
    const std::string file = directory / "confd.toml";
    struct Case {
        const char* toml;
        const char* what;
    };
    for (const auto& [toml, what] : {
             Case{"watch = true\nnodes = 5\n", ":2:9: 'nodes' must be a list of strings"},
             Case{"nodes = [\"a\", 5]", ":1:15: 'nodes' must be a string"},
             Case{"interval = \"10\"", ":1:12: 'interval' must be a number"},
             Case{"interval = 0", ":1:12: 'interval' must be a number of seconds from 1"},
             Case{"watch = \"yes\"", ":1:9: 'watch' must be true or false"},
             Case{"confdir = /etc", ":1:11: "},
         }) {
        const CommandLine line = read_with(toml);
        EXPECT_EQ(line.action, Action::usage_error) << toml;
        EXPECT_THAT(line.text, HasSubstr(file + what));
    }
    const CommandLine line = read_with("wacht = true\n");
    EXPECT_EQ(line.action, Action::run);
    EXPECT_THAT(line.warnings,
                ElementsAre(file + ":1:9: the setting 'wacht' is unknown and ignored"));
}

TEST_F(SettingsTest, TheEnvironmentFillsWhatIsLeft) {
    ::setenv("CONFD_CLIENT_CAKEYS", "env-ca", 1);
    ::setenv("CONFD_CLIENT_CERT", "env-cert", 1);
    ::setenv("CONFD_CLIENT_KEY", "env-key", 1);
    ::setenv("ETCDCTL_PEERS", "http://a:1, http://b:2", 1);
    const Settings filled =
        read_with("client_cert = \"file-cert\"", {"-client-key", "flag"}).settings;
    EXPECT_EQ(filled.client_ca_keys, "env-ca");
    EXPECT_EQ(filled.client_cert, "file-cert");
    EXPECT_EQ(filled.client_key, "flag");
    EXPECT_THAT(filled.nodes, ElementsAre("http://a:1", "http://b:2"));
    EXPECT_THAT(read({"-node", "c:3"}).settings.nodes, ElementsAre("c:3"));
}

TEST_F(SettingsTest, NameTheRegistry) {
    const auto registry = [](const Strings& arguments) {
        return registry_settings(read(arguments).settings).value();
    };
    using Kind = registry::Settings::Kind;
    using Api = etcd::Settings::Api;
    EXPECT_EQ(registry({}).kind, Kind::etcd);
    EXPECT_EQ(registry({}).etcd.api, Api::v2);
    EXPECT_FALSE(registry({}).etcd.discover);
    EXPECT_TRUE(registry({"-discover"}).etcd.discover);
    EXPECT_EQ(registry({"-backend", "etcdv3"}).etcd.api, Api::v3);
    EXPECT_EQ(registry({"-backend=env"}).kind, Kind::environment);
    const auto files = registry({"-backend", "file", "-file", "a", "-filter", "b*"});
    EXPECT_EQ(files.kind, Kind::file);
    EXPECT_EQ(files.files, Strings{"a"});
    EXPECT_EQ(files.filter, "b*");
    EXPECT_FALSE(registry_settings(read({"-node", "http://bad host:x"}).settings));
}

TEST_F(SettingsTest, FindThePassword) {
    const auto password = [](Strings arguments) {
        arguments.insert(arguments.end(), {"-basic-auth", "-username", "joe"});
        return registry_settings(read(arguments).settings).value().etcd.password;
    };
    const std::string file = directory.write("password", "from file \r\nrest\n");
    EXPECT_EQ(password({}), "");
    ::setenv("ETCD_PASSWORD", "from environment", 1);
    EXPECT_EQ(password({}), "from environment");
    EXPECT_EQ(password({"-password-file", file}), "from file ");
    EXPECT_EQ(password({"-password", "from flag", "-password-file", file}), "from flag");
    EXPECT_EQ(registry_settings(read({"-username", "joe", "-password", "x"}).settings)
                  .value()
                  .etcd.username,
              "")
        << "not without -basic-auth";
    const auto missing = registry_settings(
        read({"-basic-auth", "-username", "joe", "-password-file", "/no/such"}).settings);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("-password-file: can't read /no/such"));
}

TEST_F(SettingsTest, AProgramMayHaveFlagsOfItsOwn) {
    std::string keys;
    Program program{"hitless-render", "1", "Renders.", "  hitless-render -stdout\n", {}};
    program.flags.push_back(
        {"keys", "FILE", "the keys", [&](const std::string& value) -> Result<void> {
             if (value == "bad")
                 return Error{"no such keys"};
             keys = value;
             return {};
         }});
    const CommandLine line = read_command_line({"-keys=a", "-onetime"}, program);
    EXPECT_EQ(line.action, Action::run) << line.text;
    EXPECT_EQ(keys, "a");
    EXPECT_TRUE(line.settings.onetime);
    EXPECT_THAT(read_command_line({"-keys", "bad"}, program).text,
                HasSubstr("invalid value \"bad\" for flag -keys: no such keys"));
    EXPECT_THAT(read_command_line({"-help"}, program).text,
                AllOf(HasSubstr("Renders."), HasSubstr("-keys FILE"), HasSubstr("-stdout")));
}

TEST_F(SettingsTest, NodesOfNoRecordStay) {
    Settings settings;
    settings.nodes = {"a:1"};
    EXPECT_TRUE(find_nodes(settings));
    EXPECT_THAT(settings.nodes, ElementsAre("a:1"));
    settings.srv_record = "_etcd._tcp.no-such-name.invalid.";
    EXPECT_THAT(find_nodes(settings).error().message,
                HasSubstr("SRV record '_etcd._tcp.no-such-name.invalid.'"));
}

} // namespace
} // namespace hitless::confd
