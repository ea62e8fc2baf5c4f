#include "hitless/base/file.hpp"

#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hitless::base {
namespace {

using test::TemporaryDirectory;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
}

std::vector<std::string> names_in(const TemporaryDirectory& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
        names.push_back(entry.path().filename().string());
    return names;
}

TEST(ReadFile, ReadsAllBytes) {
    const TemporaryDirectory directory;
    for (const std::string& content :
         {std::string(), std::string("a\0b\n", 4), std::string(200'000, 'x')})
        EXPECT_EQ(read_file(directory.write("file", content)).value(), content);
}

TEST(ReadFile, SaysWhatIsWrong) {
    const TemporaryDirectory directory;
    EXPECT_EQ(read_file(directory / "none").error().message,
              "can't read " + directory / "none" + ": No such file or directory");
    EXPECT_THAT(read_file(directory.path().string()).error().message, HasSubstr("Is a directory"));
}

TEST(ReadFile, TakesTheFirstLine) {
    const TemporaryDirectory directory;
    const auto first = [&](const std::string& content) {
        return read_first_line(directory.write("file", content)).value();
    };
    EXPECT_EQ(first(""), "");
    EXPECT_EQ(first("secret "), "secret ");
    EXPECT_EQ(first("secret\nmore\n"), "secret");
    EXPECT_EQ(first("secret\r\n"), "secret");
    EXPECT_EQ(first("\n"), "");
    EXPECT_FALSE(read_first_line(directory / "none"));
}

TEST(StagedFile, AppearsWholeWithItsMode) {
    const TemporaryDirectory directory;
    const std::string destination = directory / "haproxy.cfg";
    auto staged =
        StagedFile::create(destination, "content\n", {.mode = 0640, .uid = {}, .gid = {}});
    ASSERT_TRUE(staged) << staged.error().message;
    EXPECT_THAT(staged->path(), testing::StartsWith(directory / ".haproxy.cfg"));
    EXPECT_EQ(read_file(staged->path()).value(), "content\n");
    EXPECT_EQ(mode_of(staged->path()), 0640U);
    EXPECT_FALSE(std::filesystem::exists(destination));

    ASSERT_TRUE(staged->commit());
    EXPECT_EQ(read_file(destination).value(), "content\n");
    EXPECT_EQ(mode_of(destination), 0640U);
    EXPECT_THAT(names_in(directory), UnorderedElementsAre("haproxy.cfg"));
}

TEST(StagedFile, TakesTheModeOfThePresentFile) {
    const TemporaryDirectory directory;
    const std::string destination = directory.write("file", "old");
    struct Case {
        mode_t present;
        std::optional<mode_t> wanted;
        mode_t mode;
    };
    for (const auto& [present, wanted, mode] :
         {Case{0600, {}, 0600}, Case{0755, {}, 0755}, Case{0755, 0400, 0400}}) {
        std::filesystem::permissions(destination, std::filesystem::perms(present));
        auto staged = StagedFile::create(destination, "new", {wanted, {}, {}});
        ASSERT_TRUE(staged) << staged.error().message;
        EXPECT_EQ(mode_of(staged->path()), mode);
    }
    const mode_t old_mask = ::umask(077);
    EXPECT_EQ(mode_of(StagedFile::create(directory / "new", "", {})->path()), 0644U);
    ::umask(old_mask);
}

TEST(StagedFile, LeavesNothingBehindUnlessKept) {
    const TemporaryDirectory directory;
    { auto staged = StagedFile::create(directory / "file", "x", {}); }
    EXPECT_THAT(names_in(directory), testing::IsEmpty());
    {
        auto staged = StagedFile::create(directory / "file", "x", {});
        StagedFile moved = std::move(*staged);
        *staged = std::move(moved);
        staged->keep();
    }
    EXPECT_THAT(names_in(directory), testing::ElementsAre(testing::StartsWith(".file")));
}

TEST(StagedFile, SetsTheOwner) {
    const TemporaryDirectory directory;
    // As another user this is refused with a warning, as root it must work.
    auto staged = StagedFile::create(directory / "file", "x", {0600, 12'345, 23'456});
    ASSERT_TRUE(staged) << staged.error().message;
    struct stat status {};
    ASSERT_EQ(::stat(staged->path().c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, ::geteuid() == 0 ? 12'345 : ::geteuid());
    EXPECT_EQ(status.st_gid, ::geteuid() == 0 ? 23'456 : ::getegid());
}

TEST(StagedFile, WritesAMountPointInPlace) {
    const TemporaryDirectory directory;
    const std::string source = directory.write("outside/source", "old and longer");
    const std::string destination = directory.write("dest", "");
    // As a container's volume. Where nobody may mount, there is nothing to try.
    if (::mount(source.c_str(), destination.c_str(), nullptr, MS_BIND, nullptr) != 0)
        return;
    {
        auto staged = StagedFile::create(destination, "new", {0640, {}, {}});
        ASSERT_TRUE(staged) << staged.error().message;
        const auto committed = staged->commit();
        EXPECT_TRUE(committed) << committed.error().message;
    }
    EXPECT_EQ(::umount(destination.c_str()), 0);
    EXPECT_EQ(read_file(source).value(), "new");
    EXPECT_EQ(mode_of(source), 0640U);
    EXPECT_THAT(names_in(directory), UnorderedElementsAre("dest", "outside"));
}

TEST(StagedFile, SaysWhatIsWrong) {
    const TemporaryDirectory directory;
    EXPECT_EQ(StagedFile::create(directory / "no/file", "x", {}).error().message,
              "can't create a file beside " + directory / "no/file" +
                  ": No such file or directory");
    EXPECT_EQ(StagedFile::create("/tmp/", "x", {}).error().message,
              "'/tmp/' is not the name of a file");
    // A directory can't be replaced by a file.
    std::filesystem::create_directories(directory / "taken/x");
    auto staged = StagedFile::create(directory / "taken", "x", {});
    ASSERT_TRUE(staged);
    EXPECT_THAT(staged->commit().error().message, HasSubstr(directory / "taken"));
}

} // namespace
} // namespace hitless::base
