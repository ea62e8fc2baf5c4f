// Files that are mount points, in a mount namespace of the test's own.
#include "hitless/base/log.hpp"

#include "base/in_place.hpp"
#include "support/temporary_directory.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hitless::base {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

class InPlace : public testing::Test {
  protected:
    /// Mounts `source`, as a container's volume of one file, on `dest`. It is on a ramfs, which
    /// can't reserve room: on a tmpfs, RLIMIT_FSIZE kills at that already, before anything is
    /// written.
    void SetUp() override {
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("ramfs", outside.c_str(), "ramfs", 0, nullptr) != 0)
            GTEST_SKIP() << "this user may not mount anything, so that there is nothing to try";
        mounted_ = true;
        directory.write("outside/source", "old and longer");
        ASSERT_EQ(::mount(source.c_str(), dest.c_str(), nullptr, MS_BIND, nullptr), 0);
    }
    void TearDown() override {
        if (mounted_) {
            EXPECT_EQ(::umount(dest.c_str()), 0);
            EXPECT_EQ(::umount(outside.c_str()), 0);
        }
    }

    [[nodiscard]] Result<void> write(const std::string& content) const {
        auto staged = StagedFile::create(dest, content, {0640, {}, {}});
        return staged ? staged->commit() : staged.error();
    }

    /// Writes in a process that is killed (SIGXFSZ) when it has written so many bytes of dest.
    void write_and_be_killed(const std::string& content, rlim_t after) const {
        const pid_t child = ::fork();
        if (child == 0) {
            auto staged = StagedFile::create(dest, content, {});
            const struct rlimit no_core {};
            const struct rlimit limit { after, after };
            ::setrlimit(RLIMIT_CORE, &no_core);
            if (!staged || ::setrlimit(RLIMIT_FSIZE, &limit) != 0)
                ::_exit(2);
            ::_exit(staged->commit() ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    }

    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
            found.push_back(entry.path().filename().string());
        return found;
    }

    const test::TemporaryDirectory directory;
    const std::string source = directory.write("outside/source", "");
    const std::string outside = directory / "outside";
    const std::string dest = directory.write("dest", "");

  private:
    bool mounted_ = false;
};

TEST_F(InPlace, AMountPointIsWritten) {
    for (const std::string& content :
         {std::string("new"), std::string(), std::string(300'000, 'x')}) {
        const auto written = write(content);
        ASSERT_TRUE(written) << written.error().message;
        EXPECT_EQ(read_file(source).value(), content);
        struct stat status {};
        EXPECT_EQ(::stat(source.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777U, 0640U);
        EXPECT_THAT(names(), UnorderedElementsAre("dest", "outside"));
    }
}

TEST_F(InPlace, TheLogSaysItOnce) {
    testing::internal::CaptureStderr();
    ASSERT_TRUE(set_up_log("info"));
    ASSERT_TRUE(write("one"));
    ASSERT_TRUE(write("two"));
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_THAT(log, AllOf(HasSubstr("warning " + dest + " is a mount point"),
                           HasSubstr("Mount its directory instead")));
    EXPECT_EQ(std::ranges::count(log, '\n'), 1) << log;
}

TEST_F(InPlace, WhatAKilledProgramHasBegunIsFinished) {
    const std::string content = std::string(100'000, 'a') + "end";
    write_and_be_killed(content, 50'000);
    EXPECT_EQ(read_file(source).value(), content.substr(0, 50'000)) << "it was killed in between";
    EXPECT_THAT(names(), UnorderedElementsAre("dest", "outside", ".dest.unfinished"));
    const auto finished = finish_in_place(dest);
    ASSERT_TRUE(finished) << finished.error().message;
    EXPECT_TRUE(*finished);
    EXPECT_EQ(read_file(source).value(), content);
    EXPECT_THAT(names(), UnorderedElementsAre("dest", "outside"));
    EXPECT_FALSE(finish_in_place(dest).value()) << "there is nothing to finish any more";
}

TEST_F(InPlace, TheNextFileTakesThePlaceOfAnUnfinishedOne) {
    write_and_be_killed(std::string(100'000, 'a'), 50'000);
    ASSERT_TRUE(write("newer"));
    EXPECT_FALSE(finish_in_place(dest).value());
    EXPECT_EQ(read_file(source).value(), "newer");
    EXPECT_THAT(names(), UnorderedElementsAre("dest", "outside"));
}

TEST_F(InPlace, AFileThatIsNoMountPointAnyMoreIsFinishedToo) {
    write_and_be_killed(std::string(100'000, 'a'), 50'000);
    ASSERT_EQ(::umount(dest.c_str()), 0);
    EXPECT_TRUE(finish_in_place(dest).value());
    EXPECT_EQ(read_file(dest).value(), std::string(100'000, 'a'));
    ASSERT_EQ(::mount(source.c_str(), dest.c_str(), nullptr, MS_BIND, nullptr), 0);
}

TEST_F(InPlace, AFullDiskLeavesTheFileAsItIs) {
    const std::string small = directory / "small";
    std::filesystem::create_directory(small);
    ASSERT_EQ(::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=64k"), 0);
    {
        ASSERT_EQ(::umount(dest.c_str()), 0);
        const std::string on_small = directory.write("small/source", "old");
        ASSERT_EQ(::mount(on_small.c_str(), dest.c_str(), nullptr, MS_BIND, nullptr), 0);
        const auto written = write(std::string(100'000, 'a'));
        ASSERT_FALSE(written);
        EXPECT_THAT(written.error().message,
                    HasSubstr("can't write " + dest + ", which stays as it is: No space left"));
        EXPECT_EQ(read_file(dest).value(), "old");
        EXPECT_FALSE(std::filesystem::exists(unfinished_path(dest)))
            << "the next start would write it";
        ASSERT_TRUE(write("shorter"));
        EXPECT_EQ(read_file(dest).value(), "shorter");
        ASSERT_EQ(::umount(dest.c_str()), 0);
    }
    EXPECT_EQ(::umount(small.c_str()), 0);
    ASSERT_EQ(::mount(source.c_str(), dest.c_str(), nullptr, MS_BIND, nullptr), 0);
}

/// These need no mount.
TEST(Unfinished, OfARunningProgramIsLeftToIt) {
    const test::TemporaryDirectory directory;
    const std::string dest = directory.write("dest", "half");
    const auto held = StagedFile::create(dest, "whole", {});
    ASSERT_TRUE(held);
    std::filesystem::rename(held->path(), unfinished_path(dest));
    EXPECT_FALSE(finish_in_place(dest).value());
    EXPECT_EQ(read_file(dest).value(), "half");
}

TEST(Unfinished, IsForgottenWhenAnotherFileTakesThePlace) {
    const test::TemporaryDirectory directory;
    const std::string dest = directory.write("dest", "half");
    directory.write(".dest.unfinished", "older");
    ASSERT_TRUE(StagedFile::create(dest, "newer", {})->commit());
    EXPECT_FALSE(finish_in_place(dest).value());
    EXPECT_EQ(read_file(dest).value(), "newer");
}

/// In a directory where others may write, they must not bring a configuration.
TEST(Unfinished, OfSomebodyElseIsRefused) {
    const test::TemporaryDirectory directory;
    const std::string dest = directory.write("dest", "mine");
    const std::string other = directory.write("other", "theirs");
    const std::string unfinished = unfinished_path(dest);
    const auto expect_refused = [&] {
        EXPECT_FALSE(finish_in_place(dest));
        EXPECT_EQ(read_file(dest).value(), "mine");
        std::filesystem::remove(unfinished);
    };
    std::filesystem::create_symlink(other, unfinished);
    expect_refused();
    std::filesystem::create_hard_link(other, unfinished);
    expect_refused();
    ASSERT_EQ(::mkfifo(unfinished.c_str(), 0600), 0);
    expect_refused();
    directory.write(".dest.unfinished", "theirs");
    if (::chown(unfinished.c_str(), 12'345, 12'345) == 0)
        expect_refused();
}

} // namespace
} // namespace hitless::base
