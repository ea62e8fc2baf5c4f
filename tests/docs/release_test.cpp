// scripts/release in a small repository: it tells all that doesn't agree with the version.
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace hitless {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Release : public ::testing::Test {
  protected:
    Release() {
        fs::create_directories(root / "scripts");
        fs::copy_file(HITLESS_SOURCE "/scripts/release", root / "scripts/release");
        write("1.2.3", "1.2.3 - 2026-11-27", "1.2.3");
        sh("git init -q . && echo /build/ >.gitignore && git add -A && "
           "git -c user.name=a -c user.email=a@b commit -qm one && git tag v1.2.3");
    }

    void write(const std::string& version, const std::string& heading, const std::string& page) {
        std::ignore = root.write(
            "CMakeLists.txt",
            fmt::format("cmake_minimum_required(VERSION 3.25)\nproject(hitless VERSION {}\n"
                        "  LANGUAGES NONE)\n"
                        "file(WRITE ${{CMAKE_BINARY_DIR}}/docs/hitless.8 \".TH x 8 hitless-{}\")\n"
                        "add_custom_target(manual_pages)\n",
                        version, page));
        std::ignore = root.write("CHANGELOG.md", "# Changelog\n\n## " + heading + "\n\n## 1.0.0\n");
    }

    void sh(const std::string& script) {
        test::Process process({"sh", "-c", "cd " + root.path().string() + " && " + script},
                              log / "build-log");
        ASSERT_EQ(process.wait_exit(), 0) << process.log();
    }

    struct Outcome {
        int status = -1;
        std::string output;
    };
    Outcome release(const std::vector<std::string>& flags = {}) {
        std::vector<std::string> line = {root / "scripts/release"};
        line.insert(line.end(), flags.begin(), flags.end());
        test::Process process(line, log / "log");
        const int status = process.wait_exit().value_or(-1);
        Outcome outcome{status, process.log()};
        fs::remove(log / "log");
        return outcome;
    }

    test::TemporaryDirectory root;
    test::TemporaryDirectory log;
};

TEST_F(Release, MakesTheSameTarballEachTime) {
    const auto checked = release({"--check"});
    EXPECT_EQ(checked.status, 0) << checked.output;
    EXPECT_FALSE(fs::exists(root / "build/tarball"));
    const auto first = release();
    EXPECT_EQ(first.status, 0) << first.output;
    EXPECT_THAT(first.output, HasSubstr("hitless-1.2.3.tar.gz"));
    fs::remove_all(root / "build");
    EXPECT_EQ(release().output, first.output);
    sh("cd build/tarball && sha256sum -c hitless-1.2.3.tar.gz.sha256 && "
       "tar -tzf hitless-1.2.3.tar.gz | grep -q hitless-1.2.3/CHANGELOG.md");
}

TEST_F(Release, TellsAllThatDiffers) {
    write("1.2.4", "Unreleased", "1.2.3");
    const auto [status, output] = release();
    EXPECT_EQ(status, 1);
    EXPECT_THAT(output, HasSubstr("not everything is committed"));
    EXPECT_THAT(output, HasSubstr("CHANGELOG.md is '## Unreleased', not '## 1.2.4"));
    EXPECT_THAT(output, HasSubstr("no tag v1.2.4 (its tags: v1.2.3 )"));
    EXPECT_THAT(output, HasSubstr("hitless.8 doesn't name version 1.2.4"));
    EXPECT_FALSE(fs::exists(root / "build/tarball"));
}

} // namespace
} // namespace hitless
