// Links of the documentation lead somewhere: in the tree, and, with HITLESS_DOCUMENTATION, in a
// directory where it was installed.
#include "hitless/base/text.hpp"

#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace hitless {
namespace {

namespace fs = std::filesystem;

fs::path root() {
    const char* const installed = std::getenv("HITLESS_DOCUMENTATION");
    return installed != nullptr ? installed : HITLESS_SOURCE;
}

std::vector<fs::path> pages() {
    std::vector<fs::path> found;
    for (const fs::path& directory : {root(), root() / "docs"}) {
        for (const auto& entry : fs::directory_iterator(directory)) {
            if (entry.path().extension() == ".md")
                found.push_back(entry.path());
        }
    }
    for (const auto& entry : fs::recursive_directory_iterator(root() / "examples")) {
        if (entry.path().extension() == ".md")
            found.push_back(entry.path());
    }
    return found;
}

/// What a headline is called in links: in lower case, with dashes for blanks, without other signs.
std::string anchor(std::string_view headline) {
    std::string name;
    for (const char c : headline) {
        if (c == ' ')
            name += '-';
        else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_')
            name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return name;
}

std::set<std::string> anchors(const fs::path& page) {
    std::set<std::string> names;
    const std::string text = test::read_text(page);
    for (const std::string_view line : base::split(text, '\n')) {
        if (line.starts_with('#'))
            names.insert(anchor(base::trim(line.substr(line.find_first_not_of('#')))));
    }
    return names;
}

TEST(Links, LeadSomewhere) {
    static const std::regex link(R"re(\]\(([^)]*)\))re");
    std::size_t links = 0;
    EXPECT_GT(pages().size(), 10U);
    for (const fs::path& page : pages()) {
        const std::string text = test::read_text(page);
        for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at) {
            const std::string target = (*at)[1];
            if (target.starts_with("http://") || target.starts_with("https://"))
                continue;
            ++links;
            const std::string file = target.substr(0, target.find('#'));
            const fs::path path = file.empty() ? page : page.parent_path() / file;
            EXPECT_TRUE(fs::exists(path)) << page << " links to " << target;
            if (target.size() > file.size() && fs::exists(path)) {
                EXPECT_TRUE(anchors(path).contains(target.substr(file.size() + 1)))
                    << page << " links to " << target;
            }
        }
    }
    EXPECT_GT(links, 40U);
}

/// A headline in quotes, as in: see "What is held".
TEST(Links, ToPartsOfAPageNameOnesThatExist) {
    static const std::regex reference(R"re([Ss]ee "([^"]+)")re");
    std::size_t references = 0;
    for (const fs::path& page : pages()) {
        const auto known = anchors(page);
        const std::string text = test::read_text(page);
        for (std::sregex_iterator at(text.begin(), text.end(), reference), end; at != end; ++at) {
            ++references;
            EXPECT_TRUE(known.contains(anchor((*at)[1].str()))) << page << ": " << (*at)[0];
        }
    }
    EXPECT_GT(references, 5U);
}

} // namespace
} // namespace hitless
