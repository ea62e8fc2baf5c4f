#include "registry/files.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <filesystem>

namespace hitless::registry {
namespace {

namespace fs = std::filesystem;
using keys::Entry;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

Settings settings_of(std::vector<std::string> files) {
    Settings settings;
    settings.kind = Settings::Kind::file;
    settings.files = std::move(files);
    return settings;
}

TEST(Files, AreReadInOrder) {
    const test::TemporaryDirectory directory;
    directory.write("one.yaml", "app:\n  servers:\n    web1: 10.0.0.1:80\n  port: 80\nother: x\n");
    directory.write("two.json", R"({"/app/port": 8080})");
    directory.write("none.yaml", "{}\n");
    const auto settings =
        settings_of({directory / "one.yaml", directory / "two.json", directory / "none.yaml"});
    const auto entries = read_files(settings, "/app");
    ASSERT_TRUE(entries) << entries.error().message;
    EXPECT_THAT(*entries, ElementsAre(Entry{"/app/servers/web1", "10.0.0.1:80"},
                                      Entry{"/app/port", "80"}, Entry{"/app/port", "8080"}));
}

TEST(Files, OfADirectoryAreThoseThatTheFilterNames) {
    const test::TemporaryDirectory directory;
    fs::create_directories(directory / "keys/deep");
    fs::create_directories(directory / "keys/.hidden");
    directory.write("keys/b.yaml", "app: {x: b}");
    directory.write("keys/a.yaml", "app: {x: a}");
    directory.write("keys/deep/c.yaml", "app: {y: c}");
    directory.write("keys/note.txt", "no: [keys");
    directory.write("keys/.a.yaml.swp", "no: [keys");
    directory.write("keys/.hidden/d.yaml", "app: {z: d}");
    Settings settings = settings_of({directory / "keys"});
    settings.filter = "*.yaml";
    const auto entries = read_files(settings, "/");
    ASSERT_TRUE(entries) << entries.error().message;
    EXPECT_THAT(*entries,
                ElementsAre(Entry{"/app/x", "a"}, Entry{"/app/x", "b"}, Entry{"/app/y", "c"}));
}

TEST(Files, ThatAreFaultyAreNamed) {
    const test::TemporaryDirectory directory;
    directory.write("good.yaml", "app: {x: a}");
    directory.write("bad.yaml", "app: {x: a");
    const auto bad =
        read_files(settings_of({directory / "good.yaml", directory / "bad.yaml"}), "/");
    ASSERT_FALSE(bad);
    EXPECT_THAT(bad.error().message, HasSubstr(directory / "bad.yaml"));
    const auto none = read_files(settings_of({directory / "none.yaml"}), "/");
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message,
                AllOf(HasSubstr(directory / "none.yaml"), HasSubstr("No such file")));
}

/// What is no set of keys must not be taken for one without keys.
TEST(Files, ThatHoldNothingAreFaulty) {
    const test::TemporaryDirectory directory;
    directory.write("good.yaml", "app: {x: a}");
    for (const char* const text : {"", "\n", " \t\n", "# nothing\n", "---\n", "null", "~", "x", "7",
                                   "[]", "- app\n", "\"app\"", "{\"app\":"}) {
        directory.write("bad.yaml", text);
        const auto bad =
            read_files(settings_of({directory / "good.yaml", directory / "bad.yaml"}), "/");
        ASSERT_FALSE(bad) << text;
        EXPECT_THAT(bad.error().message, HasSubstr(directory / "bad.yaml"));
    }
    fs::create_directories(directory / "keys");
    Settings settings = settings_of({directory / "keys"});
    settings.filter = "*.yaml";
    directory.write("keys/note.txt", "app: {x: a}");
    const auto none = read_files(settings, "/");
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, AllOf(HasSubstr(directory / "keys"), HasSubstr("*.yaml")));
}

TEST(Places, AreWhereAChangeWouldShow) {
    const test::TemporaryDirectory directory;
    const std::string real = fs::canonical(directory.path());
    // As Kubernetes mounts a ConfigMap.
    fs::create_directories(real + "/..1");
    fs::create_directory_symlink("..1", real + "/..data");
    fs::create_symlink("..data/keys.yaml", real + "/keys.yaml");
    directory.write("..1/keys.yaml", "");
    const Places places(settings_of({real + "/keys.yaml"}));
    EXPECT_TRUE(places.matters(real, "keys.yaml"));
    EXPECT_TRUE(places.matters(real, "..data"));
    EXPECT_TRUE(places.matters(real + "/..1", "keys.yaml"));
    EXPECT_FALSE(places.matters(real, "other.yaml"));

    fs::create_symlink("loop", real + "/loop");
    EXPECT_TRUE(Places(settings_of({real + "/loop"})).matters(real, "loop"));

    fs::create_directories(real + "/keys/deep");
    const Places whole(settings_of({real + "/keys"}));
    EXPECT_TRUE(whole.matters(real, "keys"));
    EXPECT_TRUE(whole.matters(real + "/keys", "anything"));
    EXPECT_TRUE(whole.matters(real + "/keys/deep", "anything"));
    EXPECT_FALSE(whole.matters(real, "other"));
}

} // namespace
} // namespace hitless::registry
