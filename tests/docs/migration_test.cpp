// docs/migrating-from-confd.md: its second step says nothing when all is in step, and tells a
// change when there is one.
#include "hitless/base/text.hpp"

#include "docs/tables.hpp"
#include "support/process.hpp"
#include "support/stage.hpp"
#include "support/temporary_directory.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace hitless {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Outcome {
    int status = -1;
    std::string output;
};

class Migration : public ::testing::Test {
  protected:
    /// HAProxy, its file and the keys are in step, and nobody keeps them so.
    Migration() {
        stage_.add("web1", 0);
        stage_.start_daemon();
        EXPECT_TRUE(stage_.wait_servers({stage_.running("web1", 0)})) << stage_.log();
        EXPECT_TRUE(stage_.wait_log("in step with the keys: ")) << stage_.log(); // the file, too
        EXPECT_EQ(stage_.stop_daemon(), 0) << stage_.log();
        // confd leaves no notes beside the file.
        const std::filesystem::path file = stage_.haproxy().config_file();
        const std::string notes = "." + file.filename().string() + ".";
        for (const auto& entry : std::filesystem::directory_iterator(file.parent_path())) {
            if (entry.path().filename().string().starts_with(notes))
                std::filesystem::remove(entry.path());
        }
    }

    /// The page's command lines of step 2, for this stage's etcd and confdir.
    std::vector<std::string> commands() const {
        std::string page = test::read_text(HITLESS_SOURCE "/docs/migrating-from-confd.md");
        page.erase(0, page.find("### 2."));
        page.erase(page.find("### 3."));
        std::vector<std::string> found;
        for (const std::string_view line : base::split(page, '\n')) {
            if (!line.starts_with("    "))
                continue;
            std::string command(base::trim(line));
            boost::replace_all(command, "http://127.0.0.1:2379", stage_.etcd.url());
            boost::replace_all(command, "/etc/confd", stage_.directory() / "confd");
            found.push_back(command);
        }
        return found;
    }

    Outcome run(const std::string& command) {
        const std::string bin = std::filesystem::path(HITLESSD).parent_path();
        test::Process process({"sh", "-c", command}, directory_ / fmt::format("log{}", ++runs_),
                              {fmt::format("PATH={}:{}", bin, std::getenv("PATH")),
                               "HAPROXY_SOCKET=" + stage_.haproxy_socket()});
        const int status = process.wait_exit().value_or(-1);
        return {status, process.log()};
    }

    test::Stage stage_;
    test::TemporaryDirectory directory_;
    int runs_ = 0;
};

TEST_F(Migration, TheChecksSayNothingWhenAllIsInStep) {
    const auto all = commands();
    ASSERT_EQ(all.size(), 4U);
    for (const std::string& command : all) {
        const auto [status, output] = run(command);
        EXPECT_EQ(status, 0) << command << '\n' << output;
        if (command.starts_with("hitlessd")) {
            EXPECT_THAT(output, Not(HasSubstr("noop: reload")));
        } else if (command.starts_with("hitlessctl verify")) {
            EXPECT_TRUE(output.starts_with("equal: ")) << output;
        } else {
            EXPECT_THAT(output, IsEmpty()) << command;
        }
    }
}

TEST_F(Migration, TheChecksTellAChangeAndMakeNone) {
    stage_.add("web2", 1);
    const auto all = commands();
    ASSERT_EQ(all.size(), 4U);
    for (const std::string& command : all) {
        const auto [status, output] = run(command);
        if (command.starts_with("hitlessctl verify")) {
            EXPECT_EQ(status, 0) << output; // HAProxy still runs what the file says
            continue;
        }
        EXPECT_EQ(status, command.starts_with("hitlessd") ? 0 : 3) << command << '\n' << output;
        EXPECT_THAT(output, HasSubstr("web2")) << command;
    }
    EXPECT_TRUE(stage_.wait_servers({stage_.running("web1", 0)}));
}

} // namespace
} // namespace hitless
