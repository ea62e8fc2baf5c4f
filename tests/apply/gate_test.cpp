#include "hitless/apply/gate.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/keys/key_tree.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

namespace hitless::apply {
namespace {

/// The same by copies of the whole text.
bool makes_haproxy_as_a_whole(const confd::Rendering& rendering, const Rules& rules) {
    std::string in_one_line = rendering.output.text;
    std::string without_values = in_one_line;
    for (const gotemplate::PrintedPiece& piece : rendering.output.pieces) {
        const confd::Source* const source = rendering.sources->find(piece.source);
        const auto is_of_source = [&](const std::string& pattern) {
            return keys::matches(pattern, source->name);
        };
        if (!gotemplate::is_untrusted(piece.source) ||
            (source->kind == confd::Source::Kind::key &&
             std::ranges::any_of(rules.multiline, is_of_source)))
            continue;
        for (std::uint32_t at = piece.begin; at < piece.end; ++at) {
            if (in_one_line[at] == '\n' || in_one_line[at] == '\r')
                in_one_line[at] = ' ';
            without_values[at] = ' ';
        }
    }
    return haproxy::looks_like_haproxy(without_values) || haproxy::looks_like_haproxy(in_one_line);
}

class Random {
  public:
    std::size_t below(std::size_t limit) { return engine_() % limit; }
    template <class All>
    std::string one_of(const All& all) {
        return all[below(all.size())];
    }

  private:
    std::mt19937 engine_{5}; // NOLINT: the same each time
};

TEST(Gate, TellsAConfigurationByItsLinesAsByTheWhole) {
    const auto lines = std::to_array<std::string>(
        {"", "\n", "global\n", " maxconn 1\n", "frontend f\n", "backend b\n", "# x\n", ".if a\n",
         "a b\n", "\t \r\n", "listen", "{{getv \"/a/1\" \"\"}}", "{{getv \"/a/m\" \"\"}}\n"});
    const auto bodies = std::to_array<std::string>(
        {"{{base .Key}} {{.Value}}\n", "{{.Value}}", "{{.Value}}\n", "# {{.Value}}\n",
         "front{{.Value}}\n", "\"{{.Value}}\"\n", " {{.Value}} x\n", "{{.Value}}{{.Value}} l\n",
         "{{join (split .Value \" \") \"end \"}}\n"});
    const auto values = std::to_array<std::string>(
        {"", "x", "end f", "frontend f", "global\nfrontend f\n", "\n", "\r", "# y", "\"", "\\",
         "listen\r", "backend b\n x", " ", ".if x\nlisten l\n"});
    Random random;
    std::size_t configurations = 0;
    constexpr std::size_t runs = 3'000;
    for (std::size_t run = 0; run < runs; ++run) {
        const auto some_lines = [&] {
            std::string text;
            for (std::size_t i = random.below(4); i > 0; --i)
                text += random.one_of(lines);
            return text;
        };
        const std::string text = some_lines() + "{{range gets \"/a/*\"}}" + random.one_of(bodies) +
                                 "{{end}}" + some_lines();
        const auto renderer = confd::Renderer::parse("a.tmpl", text).value();
        std::vector<keys::Entry> entries = {{"/a/m", random.one_of(values)}};
        for (std::size_t i = random.below(4); i > 0; --i)
            entries.push_back({fmt::format("/a/{}", i), random.one_of(values)});
        renderer->tree().replace("/", entries);
        Rules rules;
        if (random.below(2) == 0)
            rules.multiline = {"/a/m"};
        const confd::Rendering rendering = renderer->render({});
        ASSERT_FALSE(rendering.output.failure) << text;
        const bool expected = makes_haproxy_as_a_whole(rendering, rules);
        ASSERT_EQ(makes_haproxy(rendering, rules), expected) << rendering.output.text;
        configurations += expected ? 1 : 0;
    }
    EXPECT_GT(configurations, runs / 20);
    EXPECT_LT(configurations, runs);
}

} // namespace
} // namespace hitless::apply
