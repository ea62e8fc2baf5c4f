#include "hitless/base/file.hpp"

#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
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
    EXPECT_THAT(read_file(directory.path().string()).error().message,
                HasSubstr("it is a directory"));
}

/// Reading them would wait for somebody who writes, or never end.
TEST(ReadFile, TakesNothingButARegularFile) {
    const TemporaryDirectory directory;
    const std::string fifo = directory / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    std::filesystem::create_symlink("/dev/zero", directory / "zero");
    EXPECT_EQ(read_file(fifo).error().message,
              "can't read " + fifo + ": it is a fifo, and no regular file");
    EXPECT_THAT(read_file(directory / "zero").error().message, HasSubstr("it is a device"));
    EXPECT_THAT(read_if_present(fifo).error().message, HasSubstr("it is a fifo"));
    std::filesystem::create_symlink(directory.write("file", "text"), directory / "link");
    EXPECT_EQ(read_file(directory / "link").value(), "text");
}

TEST(ReadInput, TakesAPipe) {
    const TemporaryDirectory directory;
    const std::string fifo = directory / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    std::jthread writer([&] { std::ofstream(fifo) << "text\n"; });
    EXPECT_EQ(read_input(fifo).value(), "text\n");
    EXPECT_EQ(read_input("/dev/null").value(), "");
    EXPECT_FALSE(read_input(directory / "none"));
}

/// As long as this lives, the process can open no file.
class NoDescriptors {
  public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit none{0, before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

TEST(ReadIfPresent, TellsMissingFromUnreadable) {
    const TemporaryDirectory directory;
    const std::string file = directory.write("file", "content");
    EXPECT_EQ(read_if_present(file).value(), "content");
    EXPECT_EQ(read_if_present(directory / "none").value(), std::nullopt);
    EXPECT_EQ(read_if_present(file + "/below").value(), std::nullopt);
    EXPECT_THAT(read_if_present(directory.path().string()).error().message,
                HasSubstr("it is a directory"));
    const auto read = [&] {
        const NoDescriptors none;
        return read_if_present(file);
    }();
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message, "can't read " + file + ": Too many open files");
}

TEST(ExpectRegular, NamesWhatItIs) {
    const TemporaryDirectory directory;
    const std::string file = directory.write("file", "");
    EXPECT_TRUE(expect_regular(file));
    EXPECT_TRUE(expect_regular(directory / "none"));
    std::filesystem::create_symlink("file", directory / "link");
    EXPECT_TRUE(expect_regular(directory / "link"));
    ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
    EXPECT_THAT(expect_regular(directory / "fifo").error().message, HasSubstr("fifo is a fifo"));
    EXPECT_THAT(expect_regular("/dev/null").error().message, HasSubstr("/dev/null is a device"));
    EXPECT_THAT(expect_regular("/tmp").error().message, HasSubstr("/tmp is a directory"));
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

/// Makes a staged file in a process that is killed before it has committed it.
void leave_staged(const std::string& destination) {
    const pid_t child = ::fork();
    if (child == 0) {
        auto staged = StagedFile::create(destination, "left", {});
        ::_exit(staged ? ::kill(::getpid(), SIGKILL) : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
}

TEST(StagedFile, OfAKilledProcessIsRemoved) {
    const TemporaryDirectory directory;
    const std::string destination = directory.write("haproxy.cfg", "");
    leave_staged(destination);
    leave_staged(directory / "other");
    auto needed = StagedFile::create(destination, "needed", {});
    ASSERT_TRUE(needed);
    {
        auto kept = StagedFile::create(destination, "kept", {}, true);
        kept->keep();
    }
    // Somebody else's files, however alike their names are.
    for (const char* const name :
         {".haproxy.cfg.staged-", ".haproxy.cfg.staged-abc", ".haproxy.cfg.staged-abc-ef",
          ".haproxy.cfgabcdef", "haproxy.cfg.staged-abcdef"})
        directory.write(name, "");
    std::filesystem::create_directory(directory / ".haproxy.cfg.staged-folder");
    const auto removed = remove_abandoned(destination);
    ASSERT_EQ(removed.size(), 1U) << testing::PrintToString(removed);
    EXPECT_THAT(removed.front(), testing::StartsWith(directory / ".haproxy.cfg.staged-"));
    EXPECT_EQ(names_in(directory).size(), 10U) << testing::PrintToString(names_in(directory));
    EXPECT_TRUE(needed->commit());
    EXPECT_EQ(read_file(destination).value(), "needed");
    EXPECT_EQ(remove_abandoned(directory / "other").size(), 1U);
    EXPECT_THAT(remove_abandoned(directory / "none/file"), testing::IsEmpty());
}

/// A check_cmd may run it.
TEST(StagedFile, CanBeRun) {
    const TemporaryDirectory directory;
    auto staged = StagedFile::create(directory / "script", "#!/bin/sh\nexit 7\n", {0755, {}, {}});
    ASSERT_TRUE(staged);
    const int status = std::system(staged->path().c_str());
    EXPECT_EQ(WEXITSTATUS(status), 7);
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
