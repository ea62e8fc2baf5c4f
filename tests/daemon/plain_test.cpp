#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace hitless::test {
namespace {

using testing::HasSubstr;

/// A resource that isn't HAProxy's, beside one that is.
class Plain : public testing::Test {
  protected:
    Plain() {
        stage_.directory().write("confd/templates/motd.tmpl",
                                 "{{range gets \"/app/motd/*\"}}{{.Value}}\n{{end}}");
    }

    void write_resource(const std::string& commands) {
        stage_.directory().write("confd/conf.d/motd.toml",
                                 fmt::format("[template]\nsrc = \"motd.tmpl\"\ndest = \"{}\"\n"
                                             "keys = [\"/app/motd\"]\nmode = \"0600\"\n{}",
                                             dest(), commands));
    }

    [[nodiscard]] std::string dest() const { return stage_.directory() / "motd"; }
    [[nodiscard]] std::string text() const { return read_text(dest()); }

    Stage stage_;
};

TEST_F(Plain, IsWrittenAndReloadedAsInConfd) {
    const std::string log = stage_.directory() / "reloads";
    write_resource(fmt::format("check_cmd = \"grep -qv forbidden {{{{.src}}}}\"\n"
                               "reload_cmd = \"echo reloaded >> {}\"\n",
                               log));
    stage_.etcd.put("/app/motd/1", "one\nof two lines");
    stage_.start_daemon();
    EXPECT_TRUE(wait_until([&] { return text() == "one\nof two lines\n"; })) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return read_text(log) == "reloaded\n"; })) << stage_.log();
    stage_.etcd.put("/app/motd/1", "forbidden");
    EXPECT_TRUE(stage_.wait_log("its check_cmd refuses the new one")) << stage_.log();
    EXPECT_EQ(text(), "one\nof two lines\n");
    stage_.etcd.put("/app/motd/1", "allowed");
    EXPECT_TRUE(wait_until([&] { return text() == "allowed\n"; })) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return read_text(log) == "reloaded\nreloaded\n"; }))
        << stage_.log();
}

/// Also the next run, and where nothing is to be written.
TEST_F(Plain, OwesItsReloadOverAKill) {
    const std::string flag = stage_.directory() / "flag";
    const std::string note = stage_.directory() / ".motd.reload-owed";
    write_resource(fmt::format("reload_cmd = \"test -e {0} && echo reloaded >> {0}\"\n", flag));
    stage_.etcd.put("/app/motd/1", "one");
    stage_.start_daemon();
    ASSERT_TRUE(stage_.wait_log("its reload_cmd failed and is tried again")) << stage_.log();
    EXPECT_TRUE(std::filesystem::exists(note));
    stage_.kill_daemon();
    stage_.directory().write("flag", "");
    stage_.start_daemon();
    EXPECT_TRUE(wait_until([&] { return read_text(flag) == "reloaded\n"; })) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return !std::filesystem::exists(note); })) << stage_.log();
    EXPECT_EQ(stage_.stop_daemon(), 0);
    const std::string in_step = "in step with the keys: " + dest();
    const std::size_t before = count(stage_.log(), in_step);
    stage_.start_daemon();
    ASSERT_TRUE(wait_until([&] { return count(stage_.log(), in_step) > before; })) << stage_.log();
    EXPECT_EQ(read_text(flag), "reloaded\n") << "nothing is owed any more";
}

TEST_F(Plain, TriesAFailedReloadAgain) {
    const std::string flag = stage_.directory() / "flag";
    write_resource(fmt::format("reload_cmd = \"test -e {}\"\n", flag));
    stage_.etcd.put("/app/motd/1", "one");
    stage_.start_daemon();
    EXPECT_TRUE(stage_.wait_log("its reload_cmd failed and is tried again")) << stage_.log();
    stage_.directory().write("flag", "");
    EXPECT_TRUE(stage_.wait_log("succeeds again")) << stage_.log();
}

} // namespace
} // namespace hitless::test
