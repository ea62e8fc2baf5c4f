// Values of `acl` lines from keys, on real programs: who may come in, without a reload.
#include "support/http.hpp"
#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <ctime>

namespace hitless::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class AclValues : public testing::Test {
  protected:
    static StageOptions options() {
        StageOptions options;
        options.cfg = boost::replace_all_copy(
            Stage::default_cfg(), "    default_backend app\n",
            "    acl good req.hdr(x-host) -i none{{range gets \"/app/hosts/*\"}} "
            "{{.Value}}{{end}}\n"
            "{{- range gets \"/app/lines/*\"}}\n    acl good req.hdr(x-host) -i {{.Value}}{{end}}\n"
            "    http-request return status 200 if good\n"
            "    http-request deny\n");
        return options;
    }

    [[nodiscard]] unsigned answer(const std::string& host) const {
        return http("GET", fmt::format("http://127.0.0.1:{}/", stage_.port()), {},
                    std::chrono::seconds(30), "text/plain", {{"x-host", host}})
            .status;
    }
    [[nodiscard]] bool comes_in(const std::string& host) const {
        return wait_until([&] { return answer(host) == 200; });
    }
    [[nodiscard]] bool stays_out(const std::string& host) const {
        return wait_until([&] { return answer(host) == 403; });
    }
    [[nodiscard]] std::size_t reloads() const { return count(stage_.log(), "reloaded dest="); }

    /// HAProxy was started in the second of its file, perhaps: the first change is a reload then.
    void start_certain() {
        stage_.start_daemon();
        stage_.etcd.put("/app/lines/first", "first.example");
        ASSERT_TRUE(comes_in("first.example")) << stage_.log();
        ASSERT_TRUE(stage_.wait_log("in step with the keys")) << stage_.log();
        ASSERT_TRUE(wait_until([&] { // the first one may have been live
            return stage_.log().find("acl=good") != std::string::npos ||
                   (reloads() == 1 && stage_.file().find("first.example") != std::string::npos);
        })) << stage_.log();
        before_ = reloads();
    }

    Stage stage_{options()};
    std::size_t before_ = 0;
};

TEST_F(AclValues, ChangeWithoutAReload) {
    start_certain();
    stage_.etcd.put("/app/hosts/a", "a.example");
    EXPECT_TRUE(comes_in("A.example")) << stage_.log();
    stage_.etcd.put("/app/hosts/a", "b.example");
    EXPECT_TRUE(stays_out("a.example")) << stage_.log();
    EXPECT_TRUE(comes_in("b.example"));
    stage_.etcd.put("/app/lines/second", "c.example d.example");
    EXPECT_TRUE(comes_in("d.example")) << stage_.log();
    stage_.etcd.remove("/app/hosts/a");
    EXPECT_TRUE(stays_out("b.example")) << stage_.log();
    EXPECT_TRUE(stage_.wait_log("section=\"frontend web\" acl=good change=\"- b.example\""))
        << stage_.log();
    EXPECT_EQ(reloads(), before_) << stage_.log();
    EXPECT_TRUE(wait_until([&] {
        return stage_.file().find("acl good req.hdr(x-host) -i c.example d.example") !=
               std::string::npos;
    })) << stage_.file();
}

TEST_F(AclValues, ThatSomebodyTypesAreRepaired) {
    start_certain();
    // Of the lines of the frontend, the first list.
    static_cast<void>(stage_.haproxy().command("add acl #0 typed.example"));
    ASSERT_EQ(answer("typed.example"), 200U);
    stage_.daemon().signal(SIGHUP);
    EXPECT_TRUE(stays_out("typed.example")) << stage_.log();
    stage_.etcd.put("/app/hosts/a", "a.example");
    EXPECT_TRUE(comes_in("a.example")) << stage_.log();
    EXPECT_EQ(reloads(), before_) << "SIGHUP forgets nothing\n" << stage_.log();
}

/// The file was written since HAProxy was started.
TEST_F(AclValues, AreAReloadWhereNobodyKnowsTheFileOfTheStart) {
    start_certain();
    const std::time_t started = std::time(nullptr); // in the same second nobody could tell
    ASSERT_TRUE(wait_until([&] { return std::time(nullptr) > started; }));
    stage_.etcd.put("/app/hosts/a", "a.example");
    ASSERT_TRUE(comes_in("a.example")) << stage_.log();
    ASSERT_TRUE(wait_until([&] { return stage_.file().find("a.example") != std::string::npos; }));
    stage_.kill_daemon();
    stage_.etcd.put("/app/hosts/a", "b.example");
    stage_.start_daemon();
    EXPECT_TRUE(comes_in("b.example")) << stage_.log();
    EXPECT_TRUE(stays_out("a.example"));
    EXPECT_TRUE(wait_until([&] { return reloads() == before_ + 1; })) << stage_.log();
    EXPECT_THAT(stage_.log(), HasSubstr("acl good of frontend web: it isn't known for sure"));
    stage_.etcd.put("/app/hosts/a", "c.example");
    EXPECT_TRUE(comes_in("c.example")) << stage_.log();
    EXPECT_EQ(reloads(), before_ + 1) << stage_.log();
}

/// A value is one word, whatever is in it.
TEST_F(AclValues, BringNothingElse) {
    start_certain();
    stage_.etcd.put("/app/hosts/bad", "x.example\n    http-request return status 204");
    stage_.etcd.put("/app/hosts/file", "-f /etc/passwd");
    stage_.etcd.put("/app/hosts/good", "good.example");
    EXPECT_TRUE(comes_in("good.example")) << stage_.log();
    EXPECT_EQ(answer("x.example"), 403U);
    EXPECT_THAT(stage_.file(), Not(HasSubstr("status 204")));
}

} // namespace
} // namespace hitless::test
