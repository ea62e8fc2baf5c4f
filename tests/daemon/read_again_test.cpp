// SIGHUP with a template, or a template resource, that can't be read: what was read before goes on
// being used; on real etcd and HAProxy.
#include "support/hitlessctl.hpp"
#include "support/http.hpp"
#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace hitless::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A configuration and a file beside it.
class ReadAgain : public testing::Test {
  protected:
    ReadAgain() {
        write_other("{{getv \"/app/x\" \"none\"}}");
        stage_.directory().write(
            "confd/conf.d/other.toml",
            fmt::format("[template]\nsrc = \"other.tmpl\"\ndest = \"{}\"\nkeys = [\"/app\"]\n",
                        stage_.directory() / "other"));
        stage_.start_daemon();
        stage_.add("web1", 0);
        EXPECT_TRUE(stage_.wait_servers({stage_.running("web1", 0)})) << stage_.log();
        EXPECT_TRUE(stage_.wait_log("in step with the keys: ")) << stage_.log();
    }

    void write_other(const std::string& text) {
        stage_.directory().write("confd/templates/other.tmpl", text);
    }
    [[nodiscard]] bool wait_other(const std::string& text) {
        return wait_until([&] { return read_text(stage_.directory() / "other") == text; });
    }

    /// hitlessd says so once more after this.
    void read_again() {
        const std::size_t before = count(stage_.log(), "keeping ");
        stage_.daemon().signal(SIGHUP);
        EXPECT_TRUE(wait_until([&] { return count(stage_.log(), "keeping ") == before + 2; }))
            << stage_.log();
    }

    Ended hitlessctl(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"-s", stage_.haproxy_socket()});
        return run_hitlessctl(arguments);
    }
    void expect_told(const std::string& what) {
        EXPECT_THAT(stage_.log(), HasSubstr("haproxy.cfg is made as before")) << what;
        for (const std::string command : {"diff", "explain"}) {
            std::vector<std::string> arguments{command};
            if (command == "explain")
                arguments.emplace_back("app/web1");
            EXPECT_TRUE(wait_until([&] {
                const Ended told = hitlessctl(arguments);
                return told.code == 3 && told.out.find("as before") != std::string::npos;
            })) << what
                << hitlessctl(arguments).out;
        }
    }
    [[nodiscard]] bool wait_well() {
        return wait_until([&] { return hitlessctl({"diff"}).code == 0; });
    }

    Stage stage_;
};

TEST_F(ReadAgain, ATemplateThatCannotBeParsedIsUsedAsItWas) {
    const std::string cfg = boost::replace_all_copy(Stage::default_cfg(), "retries 3", "retries 4");
    stage_.write_template(cfg + "{{if}}");
    write_other("new {{getv \"/app/x\" \"none\"}}");
    read_again();
    EXPECT_TRUE(wait_other("new none")) << "the others are as they are now";
    stage_.add("web2", 1);
    EXPECT_TRUE(stage_.wait_servers({stage_.running("web1", 0), stage_.running("web2", 1)}))
        << stage_.log();
    EXPECT_TRUE(wait_until([&] { return stage_.file().find("web2") != std::string::npos; }));
    expect_told("HAProxy is followed, by an older template");
    write_other("newer {{getv \"/app/x\" \"none\"}}");
    read_again();
    EXPECT_TRUE(wait_other("newer none"));
    stage_.remove("web2");
    EXPECT_TRUE(stage_.wait_servers({stage_.running("web1", 0)})) << "also after another SIGHUP\n"
                                                                  << stage_.log();
    EXPECT_THAT(stage_.file(), HasSubstr("retries 3"));
    stage_.write_template(cfg);
    read_again();
    EXPECT_TRUE(wait_until([&] { return stage_.file().find("retries 4") != std::string::npos; }))
        << stage_.log();
    EXPECT_TRUE(wait_well()) << hitlessctl({"diff"}).out;
}

TEST_F(ReadAgain, AResourceThatCannotBeReadIsUsedAsItWas) {
    const std::string path = "confd/conf.d/haproxy.toml";
    const std::string text = read_text(stage_.directory() / path);
    stage_.directory().write(path, "[template\n");
    write_other("new {{getv \"/app/x\" \"none\"}}");
    read_again();
    EXPECT_TRUE(wait_other("new none"));
    stage_.add("web2", 1);
    EXPECT_TRUE(stage_.wait_servers({stage_.running("web1", 0), stage_.running("web2", 1)}))
        << stage_.log();
    expect_told("HAProxy is followed, by an older resource");
    stage_.directory().write(path, text);
    read_again();
    EXPECT_TRUE(wait_well()) << hitlessctl({"diff"}).out;
}

/// Everything would begin anew, and nothing would be other.
TEST_F(ReadAgain, NothingHappensWhenNothingElseIsThere) {
    std::filesystem::remove(stage_.directory() / "confd/conf.d/other.toml");
    stage_.write_template("{{if}}");
    stage_.daemon().signal(SIGHUP);
    ASSERT_TRUE(stage_.wait_log("SIGHUP has changed nothing")) << stage_.log();
    stage_.add("web2", 1);
    EXPECT_TRUE(stage_.wait_servers({stage_.running("web1", 0), stage_.running("web2", 1)}))
        << stage_.log();
    EXPECT_EQ(count(stage_.log(), "keeping "), 2U) << stage_.log();
    EXPECT_EQ(hitlessctl({"diff"}).code, 3);
}

} // namespace
} // namespace hitless::test
