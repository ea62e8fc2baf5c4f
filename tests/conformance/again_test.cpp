#include "hitless/confd/renderer.hpp"

#include "conformance/corpus.hpp"
#include "conformance/generator.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

/// A template that is executed again for changed keys doesn't execute everything again. What it
/// prints is what a new one prints.
namespace hitless::conformance {
namespace {

/// Bodies that depend on more than their element, or seem to.
const std::vector<std::string> tricky = {
    R"({{range gets "/app/servers/*"}}{{base .Key}} {{.Value}};{{end}})",
    R"({{range gets "/app/*/*"}}{{.Key}}={{.Value | toUpper}};{{else}}none{{end}})",
    R"({{range $i, $s := gets "/app/servers/*"}}{{$i}}{{$s.Key}};{{end}})",
    R"({{range $i, $s := gets "/app/servers/*"}}{{$s.Key}};{{end}})",
    R"({{range $i, $s := gets "/app/servers/*"}}{{range gets "/app/*/*"}}{{$i}}{{end}}{{end}})",
    R"({{$p := getv "/app/port" "1"}}{{range gets "/app/servers/*"}}{{.Value}}:{{$p}};{{end}})",
    R"({{range gets "/app/servers/*"}}{{getv "/app/port" "none"}}{{.Key}};{{end}})",
    R"({{range gets "/app/servers/*"}}{{exists "/app/port"}}{{.Key}};{{end}})",
    R"({{$n := 0}}{{range gets "/app/servers/*"}}{{$n = add $n 1}}{{.Key}}{{$n}};{{end}}{{$n}})",
    R"({{$n := 0}}{{range gets "/app/servers/*"}}{{$n = add $n 1}}{{end}}{{$n}})",
    R"({{$k := ""}}{{range $s := gets "/app/servers/*"}}{{$k}}{{$k = $s.Key}}{{end}}{{$k}})",
    R"({{$s := ""}}{{range $s = gets "/app/servers/*"}}{{.Key}}{{end}}{{$s}})",
    R"({{range gets "/app/servers/*"}}{{if eq .Value "b"}}{{break}}{{end}}{{.Key}};{{end}})",
    R"({{range gets "/app/servers/*"}}{{if eq .Value "b"}}{{continue}}{{end}}{{.Key}};{{end}})",
    R"({{range gets "/app/*/*"}}{{$k := .Key}}{{range gets "/app/servers/*"}}{{$k}}{{.Value}};{{end}}{{end}})",
    R"({{$all := gets "/app/servers/*"}}{{range $all}}{{.Key}} of {{len $all}};{{end}})",
    R"({{range sortKVByLength (gets "/app/*/*")}}{{.Key}};{{end}}{{range gets "/app/*/*"}}{{.Key}}{{end}})",
    R"({{$l := gets "/app/*/*"}}{{range $l}}{{.Key}};{{end}}{{$m := sortKVByLength $l}}{{range $l}}{{.Key}}{{end}})",
    R"({{$l := reverse (sortKVByLength (gets "/app/*/*"))}}{{range $l}}{{.Key}}={{.Value}};{{end}})",
    R"({{range append (gets "/app/servers/*") (get "/app/port")}}{{.Key}}={{.Value}};{{end}})",
    R"({{range append (gets "/app/servers/*") "x"}}{{.}};{{end}})",
    R"({{range list 1 (gets "/app/servers/*")}}{{.}};{{end}})",
    R"({{define "line"}}{{.Key}} {{getv "/app/port" "x"}};{{end}}{{range gets "/app/*/*"}}{{template "line" .}}{{end}})",
    R"({{range gets "/app/servers/*"}}{{block "b" .}}{{.Key}}{{exists "/app/port"}};{{end}}{{end}})",
    R"({{range gets "/app/servers/*"}}{{with $x := .Value}}{{$x}}{{end}}{{$y := base .Key}}{{$y}};{{end}})",
    R"({{range gets "/app/servers/*"}}{{or .Nothing "x"}}{{end}})",
    R"({{$v := "out"}}{{range gets "/app/*/*"}}{{$w := and (eq .Value "a") ($v := .Key)}}{{$v}}{{$w}};{{end}})",
    R"({{range gets "/app/servers/*"}}{{$d := json .Value}}{{$d.ip}};{{end}})",
    R"({{$t := datetime}}{{range gets "/app/servers/*"}}{{$t.Year | eq 1}}{{.Key}};{{end}})",
    R"({{range $s := lsdir "/"}}{{$s}}:{{range gets (printf "/%s/servers/*" $s)}}{{.Key}}{{$s}};{{end}}{{end}})",
    R"({{range gets "/app/servers/*"}}{{range split .Value ""}}{{.}},{{end}};{{end}})",
    R"({{range gets "/app/servers/*"}}{{$.Data}}{{.Key}};{{end}})",
    R"({{range gets "/app/servers/*"}}{{atoi .Value}};{{end}})",
};

/// The corpus's keys, some beside them, and changes of any of them.
class ChangingKeys {
  public:
    ChangingKeys() {
        for (const auto& [key, value] : corpus_keys())
            put(key, value);
        for (const char* const name : {"a", "b", "c", "d"})
            put(fmt::format("/app/servers/{}", name), name);
        put("/app/port", "80");
    }

    void change() {
        auto entry = tree.entries().begin();
        std::advance(entry, below(tree.size()));
        const std::string key = entry->first;
        const std::string value = entry->second;
        switch (below(6)) {
        case 0:
            tree.apply({keys::Event::Kind::remove, key, {}, true});
            break;
        case 1:
            put(key + "x", value);
            break;
        case 2:
            put(fmt::format("/app/servers/s{}", below(10)), value);
            break;
        case 3:
            tree.apply({keys::Event::Kind::remove, fmt::format("/app/servers/s{}", below(10)), {}});
            break;
        default:
            put(key, std::string(1, static_cast<char>('a' + below(4))));
        }
    }

    keys::KeyTree tree;

  private:
    std::size_t below(std::size_t end) { return random_() % end; }
    void put(const std::string& key, const std::string& value) {
        tree.apply({keys::Event::Kind::put, key, value, true});
    }

    std::mt19937 random_{7};
};

std::string outcome(const Result<std::string>& output) {
    return output ? *output : "error: " + output.error().message;
}

TEST(Again, PrintsWhatANewTemplatePrints) {
    std::vector<std::string> texts = tricky;
    for (const Case& c : corpus_cases())
        texts.push_back(c.text);
    Generator generator(3);
    for (int i = 0; i < 2'000; ++i)
        texts.push_back(generator.make_template());

    ChangingKeys keys;
    const gotemplate::Functions kept = confd::functions(&keys.tree);
    std::vector<gotemplate::Template> templates;
    for (const std::string& text : texts) {
        auto parsed = gotemplate::Template::parse("t", text, kept);
        if (parsed)
            templates.push_back(std::move(*parsed));
    }
    EXPECT_GT(templates.size(), 1'500U);
    for (int round = 0; round < 30; ++round) {
        const gotemplate::Functions fresh = confd::functions(&keys.tree);
        int shown = 0;
        std::size_t at = 0;
        for (const std::string& text : texts) {
            const auto anew = gotemplate::Template::parse("t", text, fresh);
            if (!anew)
                continue;
            const std::string expected = outcome(anew->execute());
            const std::string actual = outcome(templates[at++].execute());
            if (expected != actual && text.find("datetime") == std::string::npos && ++shown < 5)
                ADD_FAILURE() << "round " << round << "\n--- template\n"
                              << text << "\n--- anew\n"
                              << expected << "\n--- again\n"
                              << actual;
        }
        for (int i = 0; i < 1 + round % 3 * 20; ++i)
            keys.change();
    }
}

} // namespace
} // namespace hitless::conformance
