// The examples of docs/templates.md give what the page says.
#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/confd/renderer.hpp"

#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace hitless::render {
namespace {

/// The text of the first `code span`, or nullopt.
std::optional<std::string> code(std::string_view cell) {
    const std::size_t begin = cell.find('`');
    const std::size_t end = cell.find('`', begin + 1);
    if (begin == std::string_view::npos || end == std::string_view::npos)
        return std::nullopt;
    return std::string(cell.substr(begin + 1, end - begin - 1));
}

struct Example {
    std::string text;
    std::string output;
};

/// The rows of the page whose example and result both begin with code.
std::vector<Example> examples() {
    std::vector<Example> found;
    const auto page = base::read_file(HITLESS_SOURCE_DIR "/docs/templates.md").value();
    for (const std::string_view line : base::split(page, '\n')) {
        const auto cells = base::split(line, '|');
        if (cells.size() != 5 || !base::trim(cells[2]).starts_with('`') ||
            !base::trim(cells[3]).starts_with('`'))
            continue;
        found.push_back({code(cells[2]).value(), code(cells[3]).value()});
    }
    return found;
}

TEST(Documentation, ExamplesGiveWhatThePageSays) {
    const test::TemporaryDirectory directory;
    const auto all = examples();
    EXPECT_GT(all.size(), 45U);
    for (const auto& [text, output] : all) {
        // These depend on the moment and the machine.
        if (text.find("datetime") != std::string::npos ||
            text.find("lookup") != std::string::npos ||
            text.find("fileExists") != std::string::npos ||
            text.find("indent") != std::string::npos)
            continue;
        const auto renderer = confd::Renderer::load(directory.write("t", text));
        ASSERT_TRUE(renderer) << text << ": " << renderer.error().message;
        for (const auto& [key, value] : std::initializer_list<keys::Entry>{
                 {"/app/port", "8080"},
                 {"/app/servers/b", "10.0.0.2:80"},
                 {"/app/servers/a", "10.0.0.3:80"},
                 {"/services/web/s1", R"({"ip": "10.0.0.1", "port": 8080})"},
                 {"/services/api/s1", R"({"ip": "10.0.0.9", "port": 9090})"},
             })
            (*renderer)->tree().apply({keys::Event::Kind::put, key, value});
        const auto rendered = (*renderer)->render();
        ASSERT_TRUE(rendered) << text << ": " << rendered.error().message;
        EXPECT_EQ(*rendered, output) << text;
    }
}

} // namespace
} // namespace hitless::render
