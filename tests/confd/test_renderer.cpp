#include "hitless/confd/renderer.hpp"

#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace hitless::confd {
namespace {

using testing::HasSubstr;

const char* const haproxy_template = R"(global
    maxconn {{getv "/app/maxconn" "1000"}}
{{- range $service := lsdir "/services"}}

backend {{$service}}
    balance {{getv (printf "/services/%s/balance" $service) "roundrobin"}}
    {{- range gets (printf "/services/%s/servers/*" $service)}}
    {{- $server := json .Value}}
    server {{base .Key}} {{$server.ip}}:{{$server.port}}{{if $server.check}} check{{end}}
    {{- end}}
{{- end}}
)";

TEST(Renderer, RendersTheKeysOfNow) {
    const test::TemporaryDirectory directory;
    const auto renderer = Renderer::load(directory.write("haproxy.cfg.tmpl", haproxy_template));
    ASSERT_TRUE(renderer) << renderer.error().message;
    keys::KeyTree& tree = (*renderer)->tree();
    for (const auto& [key, value] : std::initializer_list<keys::Entry>{
             {"/services/web/servers/b", R"({"ip": "10.0.0.2", "port": 8080})"},
             {"/services/web/servers/a", R"({"ip": "10.0.0.1", "port": 80, "check": true})"},
             {"/services/api/balance", "leastconn"},
         })
        tree.apply({keys::Event::Kind::put, key, value});
    EXPECT_EQ((*renderer)->render().value(), R"(global
    maxconn 1000

backend api
    balance leastconn

backend web
    balance roundrobin
    server a 10.0.0.1:80 check
    server b 10.0.0.2:8080
)");
    tree.apply({keys::Event::Kind::remove, "/services", {}});
    tree.apply({keys::Event::Kind::put, "/app/maxconn", "5"});
    EXPECT_EQ((*renderer)->render().value(), "global\n    maxconn 5\n");
}

TEST(Renderer, PrintsValuesAsFmtDoes) {
    const test::TemporaryDirectory directory;
    struct Case {
        const char* text;
        const char* output;
    };
    for (const auto& [text, output] : {
             Case{R"({{get "/a"}} {{gets "/*"}})", "{/a 1} [{/a 1} {/b 2}]"},
             Case{R"({{with get "/a"}}{{.Key}}={{.Value}}{{end}})", "/a=1"},
             Case{R"({{json "{\"p\":8080,\"q\":1e6}"}})", "map[p:8080 q:1e+06]"},
             Case{R"({{jsonArray "[1,\"x\",null]"}})", "[1 x <nil>]"},
             Case{R"({{range seq 1 3}}{{.}},{{end}})", "1,2,3,"},
             Case{R"({{(datetime.UTC).Format "MST"}} {{len (datetime.Format "2006")}})", "UTC 4"},
             Case{R"({{join (reverse (split "a,b" ",")) "-" | toUpper}})", "B-A"},
             Case{R"({{range lookupSRV "a" "b" "c.invalid"}}{{.Target}}{{end}}.)", "."},
             Case{R"({{$m := map "k" "v"}}{{$m.k}}{{index $m "k"}})", "vv"},
             Case{R"({{if exists "/a"}}yes{{end}}{{if exists "/z"}}no{{end}})", "yes"},
         }) {
        const auto renderer = Renderer::load(directory.write("t", text));
        ASSERT_TRUE(renderer) << renderer.error().message;
        (*renderer)->tree().apply({keys::Event::Kind::put, "/a", "1"});
        (*renderer)->tree().apply({keys::Event::Kind::put, "/b", "2"});
        const auto rendered = (*renderer)->render();
        ASSERT_TRUE(rendered) << rendered.error().message;
        EXPECT_EQ(*rendered, output) << text;
    }
}

/// Whoever must not wait is told that answers lack, and what was asked.
TEST(Renderer, AsksWhoeverAnswersLookUps) {
    const test::TemporaryDirectory directory;
    const auto renderer = Renderer::load(directory.write(
        "t", R"({{lookupIP "a.invalid"}} {{lookupIPV6 "a.invalid"}})"
             R"({{range lookupSRV "x" "tcp" (getv "/domain" "b")}} {{.Target}}:{{.Port}}{{end}})"));
    ASSERT_TRUE(renderer) << renderer.error().message;
    const Question addresses{Question::Kind::addresses, "a.invalid"};
    const Question services{Question::Kind::services, "_x._tcp.b"};
    std::map<Question, Answer> known;
    (*renderer)->answer_look_ups_by([&](const Question& question) {
        const auto found = known.find(question);
        return found == known.end() ? nullptr : &found->second;
    });
    (void)(*renderer)->render({nullptr, false});
    EXPECT_TRUE((*renderer)->lacks_answers());
    EXPECT_EQ((*renderer)->questions(), (std::set<Question>{addresses, services}))
        << "all are asked at once";
    known[addresses] = {Answer::Kind::found, {"10.0.0.2", "::ffff:10.0.0.1", "fd00::1"}, {}};
    known[services] = {Answer::Kind::found, {}, {{"b.", 2, 0, 0}, {"a.", 1, 1, 0}}};
    const auto rendering = (*renderer)->render({nullptr, false});
    EXPECT_FALSE((*renderer)->lacks_answers());
    EXPECT_EQ(rendering.output.text, "[10.0.0.1 10.0.0.2 fd00::1] [fd00::1] a.:1 b.:2");
    (*renderer)->tree().apply({keys::Event::Kind::put, "/domain", "c"});
    (void)(*renderer)->render({nullptr, false});
    EXPECT_TRUE((*renderer)->lacks_answers()) << "another name";
}

TEST(Renderer, IncludesOtherTemplates) {
    const test::TemporaryDirectory directory;
    directory.write("templates/parts/line.tmpl", "[{{.}} {{getv \"/a\"}}]");
    directory.write("templates/nested.tmpl", "<{{include \"parts/line.tmpl\" \"deep\"}}>");
    directory.write("templates/loop.tmpl", "{{include \"loop.tmpl\"}}");
    directory.write("templates/deep.tmpl",
                    "{{define \"d\"}}{{if .}}{{template \"d\" (sub . 1)}}{{else}}"
                    "{{include \"deep.tmpl\"}}{{end}}{{end}}{{template \"d\" 900}}");
    directory.write("templates/busy.tmpl", "{{range 100000}}{{end}}");
    directory.write("secret", "x");
    struct Case {
        const char* text;
        const char* output;
        const char* error;
    };
    for (const auto& [text, output, error] : {
             Case{R"({{include "parts/line.tmpl" 5}}{{include "parts/line.tmpl"}})",
                  "[5 1][<no value> 1]", nullptr},
             Case{R"({{range seq 1 2}}{{include "nested.tmpl"}}{{end}})", "<[deep 1]><[deep 1]>",
                  nullptr},
             Case{R"({{include "loop.tmpl"}})", "", "is included at more than 10 levels"},
             Case{R"({{include "deep.tmpl"}})", "", "exceeded maximum template depth"},
             Case{R"({{range 10000}}{{include "busy.tmpl"}}{{end}})", "", "steps"},
             Case{R"({{include "../secret"}})", "", "'../secret' is not a path inside"},
             Case{R"({{include "/etc/passwd"}})", "", "is not a path inside"},
             Case{R"({{include "a/../../secret"}})", "", "is not a path inside"},
             Case{R"({{include ""}})", "", "is not a path inside"},
             Case{R"({{include "none"}})", "", "No such file"},
             Case{R"({{include "nested.tmpl" 1 2}})", "", "wrong number of arguments"},
         }) {
        const auto renderer = Renderer::load(directory.write("templates/sub/main.tmpl", text));
        ASSERT_TRUE(renderer) << renderer.error().message;
        (*renderer)->tree().apply({keys::Event::Kind::put, "/a", "1"});
        for (int i = 0; i < 2; ++i) {
            const auto rendered = (*renderer)->render();
            ASSERT_EQ(rendered.has_value(), error == nullptr) << text;
            if (rendered) {
                EXPECT_EQ(*rendered, output) << text;
            } else {
                EXPECT_THAT(rendered.error().message, HasSubstr(error));
            }
        }
    }
}

TEST(Renderer, SaysWhatIsWrong) {
    const test::TemporaryDirectory directory;
    EXPECT_THAT(Renderer::load(directory / "none").error().message, HasSubstr("No such file"));
    EXPECT_THAT(Renderer::load(directory.write("a.tmpl", "x\n{{nope}}")).error().message,
                HasSubstr("template: a.tmpl:2: function \"nope\" not defined"));
    const auto renderer = Renderer::load(directory.write("b.tmpl", "x\n{{getv \"/none\"}}"));
    ASSERT_TRUE(renderer);
    EXPECT_THAT((*renderer)->render().error().message,
                testing::AllOf(HasSubstr("template: b.tmpl:2:2: executing"),
                               HasSubstr("error calling getv: key does not exist: /none")));
}

} // namespace
} // namespace hitless::confd
