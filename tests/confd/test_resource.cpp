#include "hitless/confd/resource.hpp"

#include "support/temporary_directory.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

namespace hitless::confd {
namespace {

using test::TemporaryDirectory;
using testing::ElementsAre;
using testing::HasSubstr;

Result<Resource> load(const TemporaryDirectory& directory, const std::string& toml,
                      const std::string& prefix = {}) {
    return load_resource(directory.path().string(), directory.write("conf.d/r.toml", toml), prefix);
}

TEST(Resource, HasAllOfConfdsSettings) {
    const TemporaryDirectory directory;
    const auto resource = load(directory, R"(
[template]
src = "haproxy.cfg.tmpl"
dest = "/etc/haproxy/haproxy.cfg"
keys = ["/app/servers", "app/global/", "/"]
mode = "0640"
uid = 12
gid = 34
prefix = "production"
check_cmd = "haproxy -c -f {{.src}}"
reload_cmd = "systemctl reload haproxy"
)");
    ASSERT_TRUE(resource) << resource.error().message;
    EXPECT_EQ(resource->file, directory / "conf.d/r.toml");
    EXPECT_EQ(resource->src, directory / "templates/haproxy.cfg.tmpl");
    EXPECT_EQ(resource->dest, "/etc/haproxy/haproxy.cfg");
    EXPECT_THAT(resource->keys, ElementsAre("/app/servers", "/app/global", "/"));
    EXPECT_EQ(resource->access.mode, 0640U);
    EXPECT_EQ(resource->access.uid, 12U);
    EXPECT_EQ(resource->access.gid, 34U);
    EXPECT_EQ(resource->prefix, "/production");
    EXPECT_EQ(resource->check_cmd, "haproxy -c -f {{.src}}");
    EXPECT_EQ(resource->reload_cmd, "systemctl reload haproxy");
    EXPECT_THAT(resource->watched(),
                ElementsAre("/production/app/servers", "/production/app/global", "/production"));
}

TEST(Resource, LeavesOutWhatIsNotThere) {
    const TemporaryDirectory directory;
    const auto resource = load(directory, "[template]\nsrc = \"/a/../b\"\ndest = \"d\"\nuid = -1\n"
                                          "gid = -1\nmode = \"\"\n");
    ASSERT_TRUE(resource) << resource.error().message;
    EXPECT_EQ(resource->src, directory / "templates/b");
    EXPECT_EQ(resource->prefix, "/");
    EXPECT_FALSE(resource->access.mode || resource->access.uid || resource->access.gid);
    EXPECT_THAT(resource->watched(), testing::IsEmpty());
}

TEST(Resource, TakesTheCommandLinesPrefixFirst) {
    const TemporaryDirectory directory;
    struct Case {
        const char* own;
        const char* command_line;
        const char* prefix;
    };
    for (const auto& [own, command_line, prefix] : {
             Case{"", "", "/"},
             Case{"/own", "", "/own"},
             Case{"own/", "", "/own"},
             Case{"/own", "/other", "/other"},
             Case{"", "other/x/", "/other/x"},
             Case{"/own", "/", "/"},
         }) {
        const auto resource =
            load(directory,
                 fmt::format("[template]\nsrc='s'\ndest='d'\nkeys=['/k']\nprefix='{}'\n", own),
                 command_line);
        ASSERT_TRUE(resource) << resource.error().message;
        EXPECT_EQ(resource->prefix, prefix) << own << " and " << command_line;
    }
}

TEST(Resource, ReadsModesAsGoDoes) {
    const TemporaryDirectory directory;
    struct Case {
        const char* text;
        mode_t mode;
    };
    for (const auto& [text, mode] : {Case{"0644", 0644}, Case{"0o600", 0600}, Case{"0x1A4", 0644},
                                     Case{"420", 0644}, Case{"04755", 0755}, Case{"0", 0}}) {
        const auto resource =
            load(directory, fmt::format("[template]\nsrc='s'\ndest='d'\nmode = '{}'\n", text));
        ASSERT_TRUE(resource) << resource.error().message;
        EXPECT_EQ(resource->access.mode, mode) << text;
    }
}

TEST(Resource, SaysWhereItIsWrong) {
    const TemporaryDirectory directory;
    struct Case {
        const char* toml;
        const char* what;
    };
    for (const auto& [toml, what] : {
             Case{"src = 's'\n", "there is no table [template]"},
             Case{"template = 5\n", "there is no table [template]"},
             Case{"[template]\ndest = 'd'\n", ":1:1: 'src' is missing"},
             Case{"[template]\nsrc = 's'\n", ":1:1: 'dest' is missing"},
             Case{"[template]\nsrc = 5\n", ":2:7: 'src' must be a string"},
             Case{"[template]\nkeys = '/a'\n", ":2:8: 'keys' must be a list of strings"},
             Case{"[template]\nmode = 644\n", ":2:8: 'mode' must be a string"},
             Case{"[template]\nmode = 'rw'\n", ":2:8: the mode 'rw' is not an octal number"},
             Case{"[template]\nmode = '0698'\n", "the mode '0698' is not an octal number"},
             Case{"[template]\nuid = 'root'\n", ":2:7: 'uid' must be a number"},
             Case{"[template]\nuid = -2\n", ":2:7: 'uid' must be a number from 0, or -1"},
             Case{"[template\n", ":1:10: "},
         }) {
        const auto resource = load(directory, toml);
        ASSERT_FALSE(resource) << toml;
        EXPECT_THAT(resource.error().message, testing::StartsWith(directory / "conf.d/r.toml"));
        EXPECT_THAT(resource.error().message, HasSubstr(what)) << toml;
    }
}

TEST(Resource, UnknownSettingsAreNoErrors) {
    const TemporaryDirectory directory;
    testing::internal::CaptureStdout(); // where the log goes that nobody set up
    const auto resource =
        load(directory, "[template]\nSRC = 's'\nDest = 'd'\nreload_command = 'x'\n");
    EXPECT_THAT(testing::internal::GetCapturedStdout(),
                HasSubstr("conf.d/r.toml:4:18: the setting 'reload_command'"));
    ASSERT_TRUE(resource) << resource.error().message;
    EXPECT_EQ(resource->dest, "d");
}

TEST(Resources, AreFoundBelowConfD) {
    const TemporaryDirectory directory;
    const auto with_dest = [](const char* dest) {
        return fmt::format("[template]\nsrc='s'\ndest='{}'\n", dest);
    };
    directory.write("conf.d/b.toml", with_dest("b"));
    directory.write("conf.d/a/z.toml", with_dest("z"));
    directory.write("conf.d/a-b/y.toml", with_dest("y"));
    directory.write("conf.d/bad.toml", "[template]\nsrc = \n");
    directory.write("conf.d/note.txt", "no resource");
    directory.write("elsewhere/linked", with_dest("linked"));
    std::filesystem::create_directories(directory / "conf.d/directory.toml");
    std::filesystem::create_symlink("../elsewhere/linked", directory / "conf.d/link.toml");
    std::filesystem::create_directory_symlink("..", directory / "conf.d/loop");

    const Resources resources = load_resources(directory.path().string(), "");
    std::vector<std::string> files;
    for (const Resource& resource : resources.loaded)
        files.push_back(resource.file.substr((directory / "conf.d/").size()));
    EXPECT_THAT(files, ElementsAre("a/z.toml", "a-b/y.toml", "b.toml", "link.toml"));
    ASSERT_EQ(resources.errors.size(), 1U);
    EXPECT_THAT(resources.errors[0].message, HasSubstr("conf.d/bad.toml:2:"));
}

/// A confdir whose resources have these dests, in the files 0.toml, 1.toml and so on.
Resources load_with_dests(const TemporaryDirectory& directory,
                          const std::vector<std::string>& dests) {
    for (std::size_t i = 0; i < dests.size(); ++i)
        directory.write(fmt::format("conf.d/{}.toml", i),
                        fmt::format("[template]\nsrc = 's'\ndest = '{}'\n", dests[i]));
    return load_resources(directory.path().string(), "");
}

TEST(Resources, HaveDestsOfTheirOwn) {
    const TemporaryDirectory directory;
    directory.write("real/file", "");
    std::filesystem::create_directory_symlink("real", directory / "link");
    std::filesystem::create_symlink("real/file", directory / "other-name");
    const std::string here = std::filesystem::current_path().string();
    struct Case {
        std::string first;
        std::string second;
        bool same;
    };
    for (const auto& [first, second, same] : {
             Case{"/no/such/a", "/no/such/b", false},
             Case{"/no/such/a", "/no/such/a.cfg", false},
             Case{"/no/such/a", "/no/such/a", true},
             Case{"/no/such/a", "/no//x/../such/./a", true},
             Case{"a", here + "/a", true},
             Case{"./a", "b/../a", true},
             Case{directory / "real/new", directory / "link/new", true},
             Case{directory / "real/new", directory / "link/file", false},
             Case{directory / "other-name", directory / "link/file", true},
             Case{directory / "real/no/a", directory / "link/no/a", true},
         }) {
        const Resources resources = load_with_dests(directory, {first, second});
        ASSERT_FALSE(resources.loaded.empty());
        EXPECT_EQ(resources.loaded.front().file, directory / "conf.d/0.toml");
        EXPECT_EQ(resources.loaded.size(), same ? 1U : 2U) << first << " and " << second;
        EXPECT_EQ(resources.errors.size(), same ? 1U : 0U) << first << " and " << second;
        if (same && !resources.errors.empty()) {
            EXPECT_EQ(resources.errors[0].message,
                      fmt::format("{}: its dest {} is that of {} already, and they would overwrite "
                                  "each other; this one is left out until it has another dest",
                                  directory / "conf.d/1.toml", second,
                                  directory / "conf.d/0.toml"));
        }
    }
}

TEST(Resources, AFaultyOneTakesNoDest) {
    const TemporaryDirectory directory;
    EXPECT_EQ(load_with_dests(directory, {"/no/such/b", "/no/such/b", "/a/b"}).loaded.size(), 2U);
    directory.write("conf.d/0.toml", "[template]\ndest = '/no/such/b'\n");
    const Resources others = load_resources(directory.path().string(), "");
    ASSERT_EQ(others.loaded.size(), 2U);
    EXPECT_EQ(others.loaded[0].file, directory / "conf.d/1.toml");
    EXPECT_EQ(others.errors.size(), 1U) << "of src, which is missing";
}

TEST(Resources, NeedADirectory) {
    const TemporaryDirectory directory;
    const Resources resources = load_resources(directory.path().string(), "");
    ASSERT_EQ(resources.errors.size(), 1U);
    EXPECT_EQ(resources.errors[0].message, "can't look for template resources in " +
                                               directory / "conf.d" +
                                               ": No such file or directory");
}

} // namespace
} // namespace hitless::confd
