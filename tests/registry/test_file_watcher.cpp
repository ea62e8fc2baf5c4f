// Files that change under a watcher's eyes.
#include "hitless/registry/registry.hpp"

#include "etcd/log_capture.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sys/stat.h>
#include <thread>

namespace hitless::registry {
namespace {

namespace fs = std::filesystem;
using Keys = keys::KeyTree::Map;
using test::wait_until;

/// A watcher that runs in a thread of its own, and what it told.
class Watching {
  public:
    explicit Watching(const std::string& path) : watcher_(watch(settings(path), "/app", sink())) {
        boost::asio::co_spawn(
            context_, watcher_->run(),
            boost::asio::bind_cancellation_slot(cancel_.slot(), [](const std::exception_ptr&) {}));
        thread_ = std::thread([this] { context_.run(); });
    }
    ~Watching() {
        boost::asio::post(context_,
                          [this] { cancel_.emit(boost::asio::cancellation_type::terminal); });
        thread_.join();
    }
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;

    void read_again() {
        boost::asio::post(context_, [this] { watcher_->read_again(); });
    }
    Keys keys() {
        const std::lock_guard lock(mutex_);
        return keys_;
    }
    std::size_t updates() {
        const std::lock_guard lock(mutex_);
        return updates_;
    }
    bool wait_for(const Keys& expected) {
        return wait_until([&] { return updates() > 0 && keys() == expected; });
    }

  private:
    static Settings settings(const std::string& path) {
        Settings settings;
        settings.kind = Settings::Kind::file;
        settings.files.push_back(path);
        return settings;
    }
    keys::Sink sink() {
        return [this](const keys::Update& update) {
            keys::KeyTree tree;
            tree.replace("/", update.entries);
            const std::lock_guard lock(mutex_);
            keys_ = tree.entries();
            ++updates_;
        };
    }

    std::mutex mutex_;
    Keys keys_;
    std::size_t updates_ = 0;
    boost::asio::io_context context_;
    boost::asio::cancellation_signal cancel_;
    std::unique_ptr<Watcher> watcher_;
    std::thread thread_;
};

std::string text(const std::string& value) {
    return "app: {key: '" + value + "'}\n";
}

Keys keys_of(const std::string& value) {
    return {{"/app/key", value}};
}

TEST(FileWatcher, SeesAFileRewritten) {
    const test::TemporaryDirectory directory;
    directory.write("keys.yaml", text("1"));
    Watching watching(directory / "keys.yaml");
    ASSERT_TRUE(watching.wait_for(keys_of("1")));
    directory.write("keys.yaml", text("2"));
    ASSERT_TRUE(watching.wait_for(keys_of("2")));
    directory.write("keys.new", text("3"));
    fs::rename(directory / "keys.new", directory / "keys.yaml");
    ASSERT_TRUE(watching.wait_for(keys_of("3")));
}

TEST(FileWatcher, KeepsTheKeysOfAFileThatIsFaultyOrGone) {
    const test::TemporaryDirectory directory;
    directory.write("keys.yaml", text("1"));
    Watching watching(directory / "keys.yaml");
    ASSERT_TRUE(watching.wait_for(keys_of("1")));
    directory.write("keys.yaml", "app: {key: [");
    watching.read_again();
    fs::remove(directory / "keys.yaml");
    watching.read_again();
    EXPECT_FALSE(
        wait_until([&] { return watching.updates() > 1; }, std::chrono::milliseconds(100)));
    directory.write("keys.yaml", text("2"));
    ASSERT_TRUE(watching.wait_for(keys_of("2")));
}

/// Reading it would wait for somebody who writes.
TEST(FileWatcher, PassesAFifoOver) {
    const test::TemporaryDirectory directory;
    directory.write("keys.yaml", text("1"));
    const test::LogCapture log;
    {
        Watching watching(directory / "keys.yaml");
        ASSERT_TRUE(watching.wait_for(keys_of("1")));
        fs::remove(directory / "keys.yaml");
        ASSERT_EQ(::mkfifo((directory / "keys.yaml").c_str(), 0600), 0);
        ASSERT_TRUE(wait_until([&] { return log.count("it is a fifo") == 1; })) << log.text();
        EXPECT_EQ(watching.keys(), keys_of("1"));
        directory.write("keys.new", text("2"));
        fs::rename(directory / "keys.new", directory / "keys.yaml");
        EXPECT_TRUE(watching.wait_for(keys_of("2")));
    }
}

/// As a full disk or a careless editor leaves it: no reason to take all servers away.
TEST(FileWatcher, KeepsTheKeysOfAFileThatHasBecomeEmpty) {
    const test::TemporaryDirectory directory;
    directory.write("keys.yaml", text("1"));
    const test::LogCapture log;
    {
        Watching watching(directory / "keys.yaml");
        ASSERT_TRUE(watching.wait_for(keys_of("1")));
        for (const char* const nothing : {"", "---\n", ""}) {
            directory.write("keys.yaml", nothing);
            watching.read_again();
            EXPECT_FALSE(
                wait_until([&] { return watching.updates() > 1; }, std::chrono::milliseconds(100)));
        }
        directory.write("keys.yaml", "{}\n");
        EXPECT_TRUE(watching.wait_for({}));
    }
    EXPECT_EQ(log.count("it is empty"), 1) << log.text();
    EXPECT_EQ(log.count("the keys stay as they were"), 1) << log.text();
}

TEST(FileWatcher, WaitsForAFileThatIsNotThereYet) {
    const test::TemporaryDirectory directory;
    Watching watching(directory / "later/keys.yaml");
    fs::create_directory(directory / "later");
    directory.write("later/keys.yaml", text("1"));
    EXPECT_TRUE(watching.wait_for(keys_of("1")));
}

TEST(FileWatcher, TakesNoHalfFile) {
    const test::TemporaryDirectory directory;
    directory.write("keys.yaml", text("1"));
    Watching watching(directory / "keys.yaml");
    ASSERT_TRUE(watching.wait_for(keys_of("1")));
    for (int i = 0; i < 20; ++i) {
        std::ofstream file(directory / "keys.yaml", std::ios::trunc);
        file << "app: {}\n" << std::flush; // whole YAML, but not all that is meant
        watching.read_again();
        EXPECT_FALSE(
            wait_until([&] { return watching.keys().empty(); }, std::chrono::milliseconds(20)));
        file.seekp(0);
        file << text(std::to_string(i)) << std::flush;
        file.close();
        ASSERT_TRUE(watching.wait_for(keys_of(std::to_string(i))));
    }
}

TEST(FileWatcher, FollowsSwappedLinks) {
    const test::TemporaryDirectory directory;
    for (const std::string number : {"1", "2"}) {
        fs::create_directory(directory / (".." + number));
        directory.write(".." + number + "/keys.yaml", text(number));
    }
    fs::create_directory_symlink("..1", directory / "..data");
    fs::create_symlink("..data/keys.yaml", directory / "keys.yaml");
    Watching watching(directory / "keys.yaml");
    ASSERT_TRUE(watching.wait_for(keys_of("1")));
    fs::create_directory_symlink("..2", directory / "..tmp");
    fs::rename(directory / "..tmp", directory / "..data");
    EXPECT_TRUE(watching.wait_for(keys_of("2")));
}

TEST(FileWatcher, FollowsADirectory) {
    const test::TemporaryDirectory directory;
    fs::create_directory(directory / "keys");
    directory.write("keys/a.yaml", text("1"));
    Watching watching(directory / "keys");
    ASSERT_TRUE(watching.wait_for(keys_of("1")));
    fs::create_directory(directory / "keys/more");
    directory.write("keys/more/b.yaml", "app: {other: x}");
    ASSERT_TRUE(watching.wait_for({{"/app/key", "1"}, {"/app/other", "x"}}));
    fs::remove(directory / "keys/a.yaml");
    ASSERT_TRUE(watching.wait_for({{"/app/other", "x"}}));
}

TEST(FileWatcher, TellsNothingWhenNothingChanged) {
    const test::TemporaryDirectory directory;
    directory.write("keys.yaml", text("1"));
    Watching watching(directory / "keys.yaml");
    ASSERT_TRUE(watching.wait_for(keys_of("1")));
    directory.write("keys.yaml", text("1"));
    directory.write("beside.yaml", text("2"));
    EXPECT_FALSE(
        wait_until([&] { return watching.updates() > 1; }, std::chrono::milliseconds(100)));
    watching.read_again();
    EXPECT_TRUE(wait_until([&] { return watching.updates() == 2; }));
}

} // namespace
} // namespace hitless::registry
