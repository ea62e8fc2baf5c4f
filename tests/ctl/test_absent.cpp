// hitlessctl explain of servers that the keys want, and that HAProxy and its file don't have.
#include "ctl/ctl.hpp"
#include "support/stage.hpp"

#include <filesystem>

namespace hitless::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Absent : public testing::Test {
  protected:
    /// A second backend comes with a key; a file makes reloads fail, and one makes check_cmd refuse
    /// everything.
    static StageOptions options() {
        StageOptions options;
        options.cfg = Stage::default_cfg() + R"({{if exists "/app/second"}}backend second
    server s1 {{getv "/app/second"}}
{{end}})";
        options.toml = boost::replace_all_copy(Stage::default_toml(), "reload_cmd = \"",
                                               "reload_cmd = \"test ! -e @DIR@/no-reload && ");
        boost::replace_all(options.toml, "check_cmd = \"",
                           "check_cmd = \"test ! -e @DIR@/refuse && ");
        return options;
    }

    void start() {
        stage_.add("web1", 1);
        stage_.start_daemon();
        ASSERT_TRUE(stage_.wait_servers({stage_.running("web1", 1)})) << stage_.log();
        ASSERT_TRUE(stage_.wait_log("in step with the keys: ")) << stage_.log();
        ASSERT_TRUE(wait_until([&] {
            return std::filesystem::exists(directory() / ".haproxy.cfg.keys.json");
        })) << stage_.log();
    }
    [[nodiscard]] const TemporaryDirectory& directory() { return stage_.haproxy().directory(); }
    [[nodiscard]] Ended explain(const std::string& server) const {
        return run_hitlessctl({"explain", server, "-s", stage_.haproxy_socket()});
    }
    /// Its keys are noted a little later than they come.
    [[nodiscard]] bool wait_explained(const std::string& server, const std::string& text) const {
        return wait_until([&] { return explain(server).out.find(text) != std::string::npos; });
    }

    Stage stage_{options()};
};

TEST_F(Absent, OfANewBackendWhoseReloadFails) {
    start();
    (void)directory().write("no-reload", "");
    stage_.etcd.put("/app/second", stage_.web.address(2));
    ASSERT_TRUE(wait_explained("second/s1", "none in the file yet; the keys make: server s1 "))
        << explain("second/s1").out << explain("second/s1").err << stage_.log();
    ASSERT_TRUE(wait_explained("second/s1", "\nreload    ")) << explain("second/s1").out;
    const Ended explained = explain("second/s1");
    EXPECT_EQ(explained.code, 3) << explained.err;
    EXPECT_THAT(explained.out,
                AllOf(HasSubstr("HAProxy has no backend second"), HasSubstr("key /app/second"),
                      Not(HasSubstr("HAProxy is as wanted"))));
    EXPECT_EQ(explain("second/s2").code, 5) << "nobody wants it";
    std::filesystem::remove(directory() / "no-reload");
}

TEST_F(Absent, WithoutAnAddressWhileTheCheckRefuses) {
    start();
    (void)directory().write("refuse", "");
    stage_.etcd.put("/app/servers/web2", "nobody.invalid:80");
    ASSERT_TRUE(wait_explained("app/web2", "none in the file yet; the keys make: server web2 "))
        << explain("app/web2").out << explain("app/web2").err << stage_.log();
    const Ended explained = explain("app/web2");
    EXPECT_EQ(explained.code, 3) << explained.err;
    EXPECT_THAT(explained.out,
                AllOf(HasSubstr("its name nobody.invalid leads to no address now"),
                      HasSubstr("key /app/servers/web2"), Not(HasSubstr("HAProxy is as wanted"))));
    EXPECT_TRUE(wait_explained("app/web2", "\ntrouble   ")) << explain("app/web2").out;
}

TEST_F(Absent, WhileTheTemplateDoesNotParse) {
    start();
    stage_.write_template(options().cfg + "{{end}}\n");
    EXPECT_TRUE(wait_until([&] { return explain("app/web2").code == 3; }))
        << "the note that names the template comes a little later than the changes";
    const Ended explained = explain("app/web2");
    EXPECT_THAT(explained.err, AllOf(HasSubstr("whether the keys want it isn't known: "),
                                     HasSubstr("haproxy.cfg.tmpl")));
}

} // namespace
} // namespace hitless::test
