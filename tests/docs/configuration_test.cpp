// docs/configuration.md names every setting, and its examples are read without a complaint.
#include "hitless/confd/resource.hpp"
#include "hitless/confd/settings.hpp"

#include "confd/options.hpp"
#include "docs/tables.hpp"
#include "support/temporary_directory.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <regex>
#include <sstream>

namespace hitless::confd {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

const std::string page = test::read_text(HITLESS_SOURCE "/docs/configuration.md");

/// The first columns of the rows that have four, by the name of the fourth.
std::vector<std::string> documented(bool of_resources) {
    std::vector<std::string> names;
    for (const auto& row : test::table_rows(page, "setting")) {
        if (row.size() == 4 && row[3].starts_with("`-") != of_resources)
            names.push_back(test::code_spans(row[0]).at(0));
    }
    return names;
}

TEST(Configuration, NamesAllSettingsOfATemplateResource) {
    const std::string source = test::read_text(HITLESS_SOURCE "/src/confd/resource.cpp");
    const std::regex entry(R"re(\n    \{"([a-z_]+)",)re");
    std::vector<std::string> known;
    for (std::sregex_iterator at(source.begin(), source.end(), entry), end; at != end; ++at)
        known.push_back((*at)[1]);
    EXPECT_GE(known.size(), 12U);
    EXPECT_THAT(documented(true), UnorderedElementsAreArray(known));
}

TEST(Configuration, NamesAllSettingsOfTheSettingsFileWithTheirFlags) {
    std::vector<std::string> known;
    for (const Option& option : options()) {
        const std::string key = option.key;
        if (std::holds_alternative<Option::Ignored>(option.target))
            EXPECT_THAT(page, ::testing::HasSubstr(fmt::format("`{}`", key)));
        else if (!key.empty())
            known.push_back(fmt::format("`{}` `-{}`", key, option.flag));
    }
    std::vector<std::string> rows;
    for (const auto& row : test::table_rows(page, "setting")) {
        if (row.size() == 4 && row[3].starts_with("`-"))
            rows.push_back(row[0] + " " + row[3]);
    }
    EXPECT_THAT(rows, UnorderedElementsAreArray(known));
}

/// What the log gets while one of these exists.
class LogCapture {
  public:
    LogCapture() : before_(spdlog::default_logger()) {
        spdlog::set_default_logger(std::make_shared<spdlog::logger>(
            "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
    }
    ~LogCapture() { spdlog::set_default_logger(before_); }
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;
    [[nodiscard]] std::string text() const { return text_.str(); }

  private:
    std::ostringstream text_;
    std::shared_ptr<spdlog::logger> before_;
};

TEST(Configuration, ItsExamplesAreReadWithoutAComplaint) {
    const test::TemporaryDirectory directory;
    std::size_t resources = 0;
    std::size_t files = 0;
    for (const std::string& block : test::code_blocks(page, "toml")) {
        const std::string file = directory.write("example.toml", block);
        if (block.starts_with("[template]")) {
            ++resources;
            const LogCapture log;
            const auto resource = load_resource("/etc/confd", file, "");
            EXPECT_TRUE(resource) << resource.error().message;
            EXPECT_THAT(log.text(), IsEmpty());
        } else {
            ++files;
            const auto line =
                read_command_line({"-config-file", file}, Program{"p", "1", "", "", {}});
            EXPECT_EQ(line.action, CommandLine::Action::run) << line.text;
            EXPECT_THAT(line.warnings, IsEmpty());
        }
    }
    EXPECT_EQ(resources, 2U);
    EXPECT_EQ(files, 1U);
}

TEST(Configuration, OneExampleHasAllSettings) {
    const auto blocks = test::code_blocks(page, "toml");
    ASSERT_GE(blocks.size(), 2U);
    for (const std::string& name : documented(true))
        EXPECT_THAT(blocks[1], ::testing::HasSubstr("\n" + name + " = "));
}

} // namespace
} // namespace hitless::confd
