// Files beside which programs work at once, and where others may have put what is none.
#include "hitless/base/file.hpp"

#include "base/file_descriptor.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>

namespace hitless::base {
namespace {

namespace fs = std::filesystem;
using test::TemporaryDirectory;
using testing::HasSubstr;

TEST(HeldFile, IsHeldUntilItIsLetGo) {
    const TemporaryDirectory directory;
    const std::string file = directory / "note";
    EXPECT_FALSE(is_held(file).value()) << "there is none";
    {
        const auto held = write_held(file, "text", 0644);
        ASSERT_TRUE(held);
        EXPECT_TRUE(is_held(file).value());
        EXPECT_EQ(read_file(file).value(), "text");
        EXPECT_EQ(fs::status(file).permissions(), fs::perms(0644));
    }
    EXPECT_FALSE(is_held(file).value());
    const auto held = hold_file(file);
    EXPECT_TRUE(is_held(file).value());
}

TEST(HeldFile, StaysHeldWhileItIsReplaced) {
    const TemporaryDirectory directory;
    const std::string file = directory / "note";
    Hold held = write_held(file, "text", 0600).value();
    std::atomic<bool> is_over = false;
    std::thread asking([&] {
        while (!is_over) {
            const auto found = is_held(file);
            ASSERT_TRUE(found) << found.error().message;
            ASSERT_TRUE(*found);
        }
    });
    constexpr int times = 300;
    for (int i = 0; i < times; ++i) {
        const auto replaced = write_held(file, "text", 0600, held);
        EXPECT_TRUE(replaced) << replaced.error().message;
        if (replaced)
            held = *replaced;
    }
    is_over = true;
    asking.join();
}

TEST(HeldFile, IsNoMatterOfWhoMayOnlyReadIt) {
    const TemporaryDirectory directory;
    const std::string file = directory.write("note", "");
    const FileDescriptor reader(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::flock(reader.get(), LOCK_EX | LOCK_NB), 0);
    struct ::flock lock {};
    lock.l_type = F_RDLCK;
    ASSERT_EQ(::fcntl(reader.get(), F_OFD_SETLK, &lock), 0);
    EXPECT_FALSE(is_held(file).value());
    lock.l_type = F_WRLCK;
    EXPECT_NE(::fcntl(reader.get(), F_OFD_SETLK, &lock), 0) << "that needs who may write";
}

TEST(HeldFile, IsNotKnownOfWhatCannotBeRead) {
    const TemporaryDirectory directory;
    const std::string loop = directory / "loop";
    fs::create_symlink("loop", loop);
    EXPECT_EQ(is_held(loop).error().message,
              "can't read " + loop + ": Too many levels of symbolic links");
    ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
    EXPECT_THAT(is_held(directory / "fifo").error().message, HasSubstr("it is a fifo"));
    EXPECT_FALSE(write_held(directory / "no/file", "", 0600));
}

TEST(OpenedNote, IsNeverAFifoNorALink) {
    const TemporaryDirectory directory;
    const std::string note = directory / "note";
    const std::string target = directory.write("target", "precious");
    const auto add = [&](int flags) {
        const auto file = open_note(note, flags);
        return file && ::write(file->get(), "x", 1) == 1;
    };
    EXPECT_TRUE(add(O_APPEND));
    EXPECT_TRUE(add(O_APPEND));
    EXPECT_EQ(read_file(note).value(), "xx");
    EXPECT_EQ(fs::status(note).permissions(), fs::perms(0600));
    for (const int flags : {O_APPEND, O_TRUNC}) {
        fs::remove(note);
        ASSERT_EQ(::mkfifo(note.c_str(), 0600), 0);
        EXPECT_TRUE(add(flags));
        EXPECT_EQ(read_file(note).value(), "x");
        fs::remove(note);
        fs::create_symlink(target, note);
        EXPECT_TRUE(add(flags));
        EXPECT_EQ(read_file(note).value(), "x");
        EXPECT_EQ(read_file(target).value(), "precious");
    }
    fs::remove(note);
    fs::create_directory(note);
    EXPECT_THAT(open_note(note, O_APPEND).error().message, HasSubstr("Is a directory"));
}

} // namespace
} // namespace hitless::base
