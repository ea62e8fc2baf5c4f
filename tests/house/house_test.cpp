#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace hitless {
namespace {

namespace fs = std::filesystem;

/// docs/design.md: each layer uses only those before it.
constexpr std::array layers = {"base",       "http",   "page",     "telemetry",    "keys",
                               "gotemplate", "etcd",   "registry", "registration", "haproxy",
                               "confd",      "plan",   "live",     "converge",     "monitor",
                               "apply",      "render", "ctl",      "daemon"};

std::ptrdiff_t rank(const std::string& layer) {
    return std::ranges::find(layers, layer) - layers.begin();
}

/// The layers that a file includes something of.
std::vector<std::string> used_layers(const fs::path& file) {
    static const std::regex include(R"re(^#include "(?:hitless/)?([a-z]+)/)re");
    std::vector<std::string> used;
    std::ifstream text(file);
    std::smatch match;
    for (std::string line; std::getline(text, line);) {
        if (std::regex_search(line, match, include))
            used.push_back(match[1]);
    }
    return used;
}

TEST(House, NoLayerUsesOneBelowIt) {
    const fs::path root = HITLESS_SOURCE;
    std::size_t files = 0;
    for (const std::string layer : layers) {
        for (const fs::path& folder : {root / "src" / layer, root / "include/hitless" / layer}) {
            if (!fs::exists(folder))
                continue;
            for (const auto& entry : fs::recursive_directory_iterator(folder)) {
                if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp")
                    continue;
                ++files;
                for (const std::string& used : used_layers(entry.path()))
                    EXPECT_LE(rank(used), rank(layer)) << entry.path() << " uses " << used;
            }
        }
    }
    EXPECT_GT(files, 50U);
}

TEST(House, FilesAreReadAtASitting) {
    const fs::path root = HITLESS_SOURCE;
    for (const char* const folder : {"src", "include"}) {
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            if (!entry.is_regular_file())
                continue;
            std::ifstream text(entry.path());
            const auto lines = std::count(std::istreambuf_iterator<char>(text), {}, '\n');
            EXPECT_LE(lines, 500) << entry.path();
        }
    }
}

/// base::spawn() is there for work that nobody waits for.
TEST(House, NobodyForgetsWhatWorkThrows) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(HITLESS_SOURCE) / "src")) {
        std::ifstream text(entry.path());
        for (std::string line; std::getline(text, line);)
            EXPECT_EQ(line.find("boost/asio/detached"), std::string::npos) << entry.path();
    }
}

} // namespace
} // namespace hitless
