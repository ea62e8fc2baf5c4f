// What HAProxy runs and the file doesn't say yet is known to the run after the one that did it.
#include "hitless/apply/live_note.hpp"
#include "hitless/haproxy/stat.hpp"

#include "support/stage.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sys/stat.h>

namespace hitless::test {
namespace {

namespace fs = std::filesystem;
using apply::LiveNote;
using plan::ObjectId;
using testing::ElementsAre;
using testing::IsEmpty;

const ObjectId web1{ObjectId::Kind::server, "app", "web1"};
const ObjectId web2{ObjectId::Kind::server, "app", "web2"};

haproxy::Info process(long pid, long start) {
    haproxy::Info info;
    info.pid = pid;
    info.start_seconds = start;
    return info;
}

TEST(LiveNote, IsOfOneProcess) {
    const TemporaryDirectory directory;
    LiveNote note(directory / "haproxy.cfg");
    EXPECT_FALSE(note.is_set());
    EXPECT_THAT(note.read(process(1, 2)).value(), IsEmpty());
    const std::vector<ObjectId> servers{web1, web2};
    ASSERT_TRUE(note.add(process(1, 2), servers));
    ASSERT_TRUE(note.add(process(1, 2), servers)) << "noted already";
    ASSERT_TRUE(note.add(process(3, 2), {servers.data(), 1}));
    EXPECT_TRUE(note.is_set());
    const LiveNote later(directory / "haproxy.cfg");
    EXPECT_THAT(later.read(process(1, 2)).value(), ElementsAre(servers[0], servers[1]));
    EXPECT_THAT(later.read(process(3, 2)).value(), ElementsAre(servers[0]));
    EXPECT_THAT(later.read(process(1, 3)).value(), IsEmpty());
    note.clear();
    EXPECT_FALSE(note.is_set());
    ASSERT_TRUE(note.add(process(1, 2), servers));
    EXPECT_EQ(later.read(process(1, 2)).value().size(), 2U) << "noted anew";
}

TEST(LiveNote, NotesObjectsOfAllKinds) {
    const TemporaryDirectory directory;
    const std::vector<ObjectId> objects{
        web1, {ObjectId::Kind::limit, "", "maxconn"}, {ObjectId::Kind::limit, "web", "maxconn"}};
    LiveNote note(directory / "haproxy.cfg");
    ASSERT_TRUE(note.add(process(1, 2), objects));
    EXPECT_THAT(note.read(process(1, 2)).value(), testing::ElementsAreArray(objects));
}

TEST(LiveNote, KnowsPlaces) {
    const TemporaryDirectory directory;
    const std::string dest = directory / "haproxy.cfg";
    const plan::ServerId slot{"app", "hitless-slot1"};
    const plan::ServerId server{"app", "web1"};
    LiveNote note(dest);
    ASSERT_TRUE(note.add(process(1, 2), {}, {{{slot, "web9"}}, {{server, true}}}));
    const LiveNote other(dest);
    EXPECT_EQ(other.places(process(1, 2)).value().slots.at(slot), "web9");
    EXPECT_TRUE(other.places(process(1, 2)).value().leaving.at(server));
    EXPECT_THAT(other.places(process(3, 2)).value().slots, IsEmpty());
    EXPECT_THAT(other.read(process(1, 2)).value(), IsEmpty()) << "they are no objects";
    ASSERT_TRUE(note.add(process(1, 2), {}, {{{slot, ""}}, {{server, false}}}));
    EXPECT_EQ(other.places(process(1, 2)).value().slots.at(slot), "");
    EXPECT_FALSE(other.places(process(1, 2)).value().leaving.at(server));
    ASSERT_TRUE(note.add(process(1, 2), {}, {{{slot, "web9"}}, {}}));
    EXPECT_EQ(other.places(process(1, 2)).value().slots.at(slot), "web9") << "once more";
    note.clear();
    EXPECT_THAT(other.places(process(1, 2)).value().slots, IsEmpty());
    ASSERT_TRUE(note.add(process(1, 2), {}, {{}, {{server, false}}}));
    EXPECT_FALSE(other.places(process(1, 2)).value().leaving.at(server)) << "it is wanted so";
    directory.write(".haproxy.cfg.live", "format 2\n1 2 slot x\n1 2 slot a/b\n1 2 leaves /\n");
    EXPECT_THAT(other.places(process(1, 2)).value().slots, IsEmpty());
}

TEST(LiveNote, KnowsWhoWasNotTold) {
    const TemporaryDirectory directory;
    const std::string dest = directory.write("haproxy.cfg", "global\n");
    struct stat written {};
    ASSERT_EQ(::stat(dest.c_str(), &written), 0);
    const std::vector<ObjectId> servers{web1, web2};
    LiveNote note(dest);
    ASSERT_TRUE(note.add_untold(servers));
    ASSERT_TRUE(note.add_untold(servers)) << "noted already";
    EXPECT_THAT(note.read(process(1, written.st_mtime - 5)).value(), IsEmpty())
        << "this run knows what the file said then";
    const LiveNote later(dest);
    EXPECT_THAT(later.read(process(1, written.st_mtime - 5)).value(),
                ElementsAre(servers[0], servers[1]));
    EXPECT_THAT(later.read(process(1, written.st_mtime + 1)).value(), IsEmpty())
        << "it was started from the file";
    // The text is of the time before check_cmd looked at it.
    fs::last_write_time(dest, fs::last_write_time(dest) - std::chrono::seconds(10));
    EXPECT_THAT(later.read(process(1, written.st_mtime - 5)).value(),
                ElementsAre(servers[0], servers[1]))
        << "it was started while check_cmd looked";
    EXPECT_FALSE(later.is_newer_than_dest(process(1, 2)).value());
    note.clear();
    EXPECT_THAT(later.read(process(1, 2)).value(), IsEmpty());
}

TEST(LiveNote, KnowsWhetherTheFileIsBehind) {
    const TemporaryDirectory directory;
    const std::string dest = directory.write("haproxy.cfg", "global\n");
    const auto written = fs::last_write_time(dest);
    LiveNote note(dest);
    EXPECT_FALSE(note.is_newer_than_dest(process(1, 2)).value());
    ASSERT_TRUE(note.add(process(1, 2), {})) << "a server is removed, say";
    fs::last_write_time(dest, written - std::chrono::seconds(2));
    EXPECT_TRUE(note.is_newer_than_dest(process(1, 2)).value());
    EXPECT_FALSE(note.is_newer_than_dest(process(3, 2)).value()) << "that one was started from it";
    EXPECT_THAT(note.read(process(1, 2)).value(), IsEmpty());
    const auto later = fs::last_write_time(directory / ".haproxy.cfg.live") + std::chrono::hours(1);
    fs::last_write_time(dest, later);
    EXPECT_FALSE(note.is_newer_than_dest(process(1, 2)).value()) << "it was written since";
    fs::last_write_time(dest, written - std::chrono::seconds(2));
    fs::last_write_time(directory / ".haproxy.cfg.live", written - std::chrono::seconds(4));
    EXPECT_FALSE(note.is_newer_than_dest(process(1, 2)).value());
    ASSERT_TRUE(note.add(process(1, 2), {})) << "noted already";
    EXPECT_TRUE(note.is_newer_than_dest(process(1, 2)).value());
    note.confirm_dest();
    EXPECT_FALSE(note.is_newer_than_dest(process(1, 2)).value());
    note.outdate_dest();
    EXPECT_TRUE(note.is_newer_than_dest(process(1, 2)).value());
    note.outdate_coming_dest();
    fs::last_write_time(dest, fs::file_time_type::clock::now());
    EXPECT_TRUE(note.is_newer_than_dest(process(1, 2)).value()) << "it was put back";
    note.outdate_dest();
    fs::last_write_time(dest, fs::last_write_time(directory / ".haproxy.cfg.live"));
    EXPECT_TRUE(note.is_newer_than_dest(process(1, 2)).value())
        << "both in one tick of the kernel's clock";
    note.clear();
    EXPECT_FALSE(note.is_newer_than_dest(process(1, 2)).value());
}

TEST(LiveNote, OfAnotherBuildIsNotMisread) {
    const TemporaryDirectory directory;
    const LiveNote note(directory / "haproxy.cfg");
    directory.write(".haproxy.cfg.live", "1 2 changed\n1 2 app/web1\n"); // an older build's
    EXPECT_EQ(note.read(process(1, 2)).value().size(), 1U);
    for (const std::string first : {"format 3", "format 30", "format x"}) {
        directory.write(".haproxy.cfg.live", first + "\n1 2 app/web1\n");
        EXPECT_FALSE(note.read(process(1, 2))) << first;
    }
    directory.write(".haproxy.cfg.live", "");
    LiveNote ours(directory / "haproxy.cfg");
    ASSERT_TRUE(ours.add(process(1, 2), {}));
    EXPECT_TRUE(read_text(directory / ".haproxy.cfg.live").starts_with("format 2\n1 2 changed\n"));
}

TEST(LiveNote, TellsWhenItCannotBeWritten) {
    const TemporaryDirectory directory;
    fs::create_directory(directory / ".haproxy.cfg.live");
    LiveNote note(directory / "haproxy.cfg");
    const std::vector<ObjectId> servers{web1};
    EXPECT_FALSE(note.add(process(1, 2), servers));
    EXPECT_FALSE(note.read(process(1, 2)));
}

TEST(LiveNote, IsNeitherLedAwayNorStopped) {
    const TemporaryDirectory directory;
    const std::string target = directory.write("target", "precious");
    const std::vector<ObjectId> servers{web1};
    const std::string path = directory / ".haproxy.cfg.live";
    for (const bool is_fifo : {true, false}) {
        if (is_fifo)
            ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
        else
            fs::create_symlink(target, path);
        LiveNote note(directory / "haproxy.cfg");
        ASSERT_TRUE(note.add(process(1, 2), servers));
        EXPECT_EQ(note.read(process(1, 2)).value().size(), 1U);
        note.clear();
        EXPECT_EQ(fs::file_size(target), std::string("precious").size());
    }
}

class LiveOptions : public testing::Test {
  protected:
    static StageOptions options() {
        StageOptions options;
        options.cfg = boost::replace_all_copy(
            Stage::default_cfg(), "server {{base .Key}} {{.Value}}",
            "{{$s := json .Value}}server {{base .Key}} {{$s.at}} maxqueue {{$s.queue}}");
        options.toml = boost::replace_all_copy(
            Stage::default_toml(), "check_cmd = \"",
            "check_cmd = \"while test -e @DIR@/gate; do sleep 0.02; done; ");
        return options;
    }

    void put(const std::string& name, int queue) {
        stage_.etcd.put("/app/servers/" + name,
                        fmt::format(R"({{"at":"{}","queue":{}}})", stage_.web.address(0), queue));
    }

    [[nodiscard]] std::string queue_of(const std::string& name) {
        const auto stat = haproxy::parse_stat(stage_.haproxy().command("show stat"));
        for (const haproxy::StatRow& row : stat.value()) {
            if (row.name() == name)
                return row.field("qlimit");
        }
        return {};
    }

    [[nodiscard]] bool wait_queue(const std::string& name, const std::string& queue) {
        return wait_until([&] { return queue_of(name) == queue; });
    }

    [[nodiscard]] bool wait_file(const std::string& text) const {
        return wait_until([&] { return stage_.file().find(text) != std::string::npos; });
    }

    [[nodiscard]] std::string gate() { return stage_.haproxy().directory() / "gate"; }
    [[nodiscard]] std::string note() { return stage_.haproxy().directory() / ".haproxy.cfg.live"; }

    Stage stage_{options()};
};

TEST_F(LiveOptions, AreNotTakenForThoseOfTheFileAfterAKill) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "deletes no server of its file, so that it isn't replaced";
    put("web1", 5);
    stage_.start_daemon();
    ASSERT_TRUE(wait_queue("web1", "5")) << stage_.log();
    ASSERT_TRUE(wait_until([&] { return !fs::exists(note()); })) << "the file says it";

    // The file comes later than the commands, or never.
    stage_.haproxy().directory().write("gate", "");
    put("web1", 9);
    put("web2", 9);
    ASSERT_TRUE(wait_queue("web1", "9")) << stage_.log();
    ASSERT_TRUE(wait_queue("web2", "9")) << stage_.log();
    stage_.kill_daemon();
    EXPECT_EQ(stage_.file().find("maxqueue 9"), std::string::npos);
    // What the file on disk says of the one, and otherwise of the other.
    put("web1", 5);
    put("web2", 6);
    fs::remove(gate());
    stage_.start_daemon();
    EXPECT_TRUE(wait_queue("web1", "5")) << stage_.log();
    EXPECT_TRUE(wait_queue("web2", "6")) << stage_.log();
    EXPECT_TRUE(wait_file("maxqueue 6"));
    EXPECT_TRUE(wait_until([&] { return !fs::exists(note()); })) << stage_.log();
}

TEST_F(LiveOptions, AreUndoneThoughTheFileNeverHadThem) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "deletes no server of its file, so that it isn't replaced";
    put("web1", 5);
    stage_.start_daemon();
    ASSERT_TRUE(wait_file("maxqueue 5")) << stage_.log();
    stage_.haproxy().directory().write("gate", "");
    put("web1", 9);
    ASSERT_TRUE(wait_queue("web1", "9")) << stage_.log();
    stage_.kill_daemon();
    fs::remove(gate());
    put("web1", 5); // as the file has it
    stage_.start_daemon();
    EXPECT_TRUE(wait_queue("web1", "5")) << stage_.log();
}

/// The file was written while HAProxy could not be told.
TEST_F(LiveOptions, AreBroughtWhereAnEarlierRunHasOnlyWrittenTheFile) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "deletes no server of its file, so that it isn't replaced";
    put("web1", 5);
    put("web2", 5);
    stage_.start_daemon();
    ASSERT_TRUE(wait_queue("web1", "5") && wait_file("maxqueue 5")) << stage_.log();
    ASSERT_TRUE(wait_until([&] { return !fs::exists(note()); })) << stage_.log();
    EXPECT_EQ(stage_.stop_daemon(), 0);
    put("web1", 9);
    stage_.start_daemon({"-haproxy-socket", stage_.haproxy().directory() / "nobody.sock"});
    ASSERT_TRUE(wait_file("maxqueue 9")) << stage_.log();
    EXPECT_EQ(stage_.stop_daemon(), 0);
    EXPECT_EQ(queue_of("web1"), "5");
    stage_.start_daemon();
    EXPECT_TRUE(wait_queue("web1", "9")) << stage_.log();
    EXPECT_EQ(stage_.log().find("server=web2:next"), std::string::npos) << stage_.log();
    EXPECT_TRUE(wait_until([&] { return !fs::exists(note()); })) << stage_.log();
}

/// It costs itself only.
TEST_F(LiveOptions, AreBroughtThoughTheyCannotBeNoted) {
    fs::create_directory(note());
    stage_.start_daemon();
    put("web1", 5);
    EXPECT_TRUE(wait_queue("web1", "5")) << stage_.log();
    EXPECT_TRUE(stage_.wait_log("is taken for what HAProxy runs")) << stage_.log();
}

/// A check_cmd that hangs, of the reading before, holds nobody back.
TEST_F(LiveOptions, FollowKeysSoonAfterTheConfdirIsReadAgain) {
    put("web1", 5);
    stage_.start_daemon();
    ASSERT_TRUE(wait_file("maxqueue 5")) << stage_.log();
    stage_.haproxy().directory().write("gate", "");
    stage_.add("other", 0); // no JSON: it is left out, and costs nothing
    stage_.remove("other");
    put("web2", 6);
    ASSERT_TRUE(wait_queue("web2", "6")) << stage_.log();
    ASSERT_TRUE(stage_.wait_log("server=web2")) << "a moment later";
    const std::size_t before = stage_.log().size();
    stage_.daemon().signal(SIGHUP);
    ASSERT_TRUE(stage_.wait_log("its check_cmd did not end within 1 s of the signal"))
        << stage_.log();
    put("web3", 7);
    EXPECT_TRUE(wait_queue("web3", "7")) << stage_.log();
    fs::remove(gate());
    EXPECT_TRUE(wait_file("maxqueue 7")) << stage_.log();
    EXPECT_EQ(stage_.log().find("server=web2", before), std::string::npos)
        << "the file doesn't say what it has, but the reading before knew it\n"
        << stage_.log();
}

} // namespace
} // namespace hitless::test
