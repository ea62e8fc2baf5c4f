#include "hitless/apply/vet.hpp"

#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace hitless::apply {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Keys = std::vector<std::pair<std::string, std::string>>;

constexpr const char* head = "global\ndefaults\n  mode http\nbackend app\n";
constexpr const char* tail = "backend other\n  server o1 10.1.0.1:80\n";
constexpr const char* plain_body = "  server {{base .Key}} {{.Value}} check\n";
constexpr const char* json_body =
    "{{$s := json .Value}}  server {{base .Key}} {{$s.host}}:{{$s.port}}\n";

constexpr const char* plucked_body =
    "  server {{base .Key}} {{index (pluck \"host\" (json .Value)) 0}}:80\n";

/// A template over /app/*, and the keys.
class Site {
  public:
    explicit Site(const std::string& text, Rules rules = {}) : vetter(std::move(rules)) {
        const std::string file = directory_ / "app.tmpl";
        std::ofstream(file) << text;
        renderer = confd::Renderer::load(file).value();
    }
    /// With this as the body of a range over all keys.
    static std::string over_servers(const std::string& body) {
        return std::string(head) + "{{range gets \"/app/*\"}}" + body + "{{end}}" + tail;
    }

    void set(const Keys& keys) {
        std::vector<keys::Entry> entries;
        for (const auto& [key, value] : keys)
            entries.push_back({key, value});
        renderer->tree().replace("/", entries);
    }
    Result<Vetter::Vetted> vet(const Keys& keys) {
        set(keys);
        return vetter.vet(*renderer);
    }

  private:
    test::TemporaryDirectory directory_;

  public:
    std::unique_ptr<confd::Renderer> renderer;
    Vetter vetter;
};

/// What plain_body makes of good keys.
std::string made_of(const Keys& keys, const std::string& options = " check") {
    std::string text = head;
    for (const auto& [key, value] : keys)
        text += "  server " + key.substr(key.rfind('/') + 1) + " " + value + options + "\n";
    return text + tail;
}

TEST(Vetter, LeavesGoodTextAsItIs) {
    const Keys keys = {{"/app/a", "10.0.0.1:80"}, {"/app/b", "10.0.0.2:80 weight 5"}};
    Site site(Site::over_servers(plain_body));
    const auto vetted = site.vet(keys);
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), made_of(keys));
    EXPECT_THAT(vetted->news.spoilt, IsEmpty());
}

struct BadKey {
    const char* body;
    std::string name;
    std::string value;
    std::string said; ///< part of the message
};

void PrintTo(const BadKey& bad, std::ostream* out) {
    *out << bad.name << " = " << bad.value;
}

class OneBadKey : public testing::TestWithParam<BadKey> {};

TEST_P(OneBadKey, CostsItselfAndOneMessage) {
    const BadKey& bad = GetParam();
    const bool is_json = bad.body != plain_body;
    const std::string good = is_json ? R"({"host":"10.0.0.1","port":80})" : "10.0.0.1:80";
    const std::string options = is_json ? "" : " check";
    Site site(Site::over_servers(bad.body), {"/prod", false, false, {}, false});
    const Keys all = {{"/app/a", good}, {"/app/" + bad.name, bad.value}, {"/app/z", good}};
    const auto vetted = site.vet(all);
    ASSERT_TRUE(vetted) << vetted.error().message;
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    const Spoilt& spoilt = vetted->news.spoilt[0];
    EXPECT_THAT(spoilt.source, HasSubstr("/prod/app/" + bad.name.substr(0, 50)));
    EXPECT_THAT(spoilt.message, HasSubstr("/prod/app/" + bad.name.substr(0, 50)));
    EXPECT_THAT(spoilt.message, HasSubstr("app.tmpl, line "));
    EXPECT_THAT(spoilt.message, HasSubstr(bad.said));
    EXPECT_THAT(spoilt.message, HasSubstr("mended or deleted"));
    EXPECT_EQ(vetted->config.text(),
              made_of({{"/app/a", "10.0.0.1:80"}, {"/app/z", "10.0.0.1:80"}}, options));
    const auto again = site.vetter.vet(*site.renderer);
    ASSERT_TRUE(again);
    EXPECT_THAT(again->news.spoilt, IsEmpty()) << "it is said once";
    EXPECT_EQ(again->config.text(), vetted->config.text());
    const auto mended = site.vet({{"/app/a", good}, {"/app/z", good}});
    ASSERT_TRUE(mended);
    EXPECT_THAT(mended->news.mended, SizeIs(1));
    EXPECT_THAT(site.vetter.spoilt(), IsEmpty());
}

const std::string bom = "\xef\xbb\xbf";

INSTANTIATE_TEST_SUITE_P(
    Plain, OneBadKey,
    testing::Values(
        BadKey{plain_body, "bad", "", "address"}, BadKey{plain_body, "bad", "  ", "address"},
        BadKey{plain_body, "bad", "10.0.0.1:80 bogus", "bogus"},
        BadKey{plain_body, "bad", "10.0.0.1:x", "port"},
        BadKey{plain_body, "bad", "10.0.0.1:80; del server app/a", "port"},
        BadKey{plain_body, "bad", "10.0.0.1:80 \"open", "quote"},
        BadKey{plain_body, "bad name", "10.0.0.1:80", "name"},
        BadKey{plain_body, std::string(300, 'x'), "10.0.0.1:80", "name"},
        BadKey{plain_body, "hitless-slot1", "10.0.0.1:80",
               "'hitless-slot1' is reserved for spare servers (-slots of hitlessd), so give"},
        BadKey{plain_body, "a:next", "10.0.0.1:80",
               "reserved for the server that stands in for 'a'"},
        BadKey{plain_body, "a#b", "10.0.0.1:80", "#"},
        BadKey{plain_body, "bad", "10.0.0.1:80 #", "comment"},
        BadKey{plain_body, "bad", "10.0.0.1:80\n  bind :1", "line break"},
        BadKey{plain_body, "bad", "10.0.0.1:80\r  bind :1", "line break"},
        BadKey{plain_body, "bad", "10.0.0.1:80\x1b[2J", "control"},
        BadKey{plain_body, "bad", "10.0.0.1:80\xff", "UTF-8"},
        BadKey{plain_body, "bad", "10.0.0.1:80 cookie \xe2\x80\xa8", "separator"},
        BadKey{plain_body, "bad", "10.0.0.1:80 cookie \xc2\x85", "separator"},
        BadKey{plain_body, "bad", "10.0.0.1:80\\", "backslash"},
        BadKey{plain_body, "bad", "10.0.0.1:80 '", "quote"},
        BadKey{plain_body, "bad", "10.0.0.1:80 \"\"", "empty"},
        BadKey{plain_body, "bad", "10.0.0.1:80 cookie", "takes the template's next word"},
        BadKey{plain_body, "bad", "10.0.0.1:80 cookie a\\x00b", "control"},
        BadKey{plain_body, "bad", "10.0.0.1:80 agent-check agent-send x agent-port 1",
               "agent-send"},
        BadKey{plain_body, "bad", "unix@/run/admin.sock", "socket"},
        BadKey{plain_body, "bad", "\"${PATH}\":80", "environment"},
        BadKey{plain_body, "bad", "$PATH:80", "environment"},
        BadKey{plain_body, "bad", "0.0.0.0:80", "client"},
        BadKey{plain_body, "bad", "10.0.0.1:80 track other/o1", "track"},
        BadKey{plain_body, "bad", "0x0:80", "address"},
        BadKey{plain_body, "bad", "x.invalid:80 init-addr none,0.0.0.0", "client"},
        BadKey{plain_body, "bad", "10.0.0.1:80 id 7", "id"},
        BadKey{plain_body, "bad", "10.0.0.1:80 check-sni " + std::string(20000, 'y'), "bytes"},
        BadKey{plain_body, "bad", "10.0.0.1:80 source 0.0.0.0 usesrc clientip", "source"}));

INSTANTIATE_TEST_SUITE_P(
    Json, OneBadKey,
    testing::Values(
        BadKey{json_body, "bad", R"({"host":"10.0.0.1"})", "no value"},
        BadKey{json_body, "bad", R"({"port":80})", "no value"},
        BadKey{json_body, "bad", R"({"host":null,"port":80})", "no value"},
        BadKey{json_body, "bad", "null", "no value"}, BadKey{plucked_body, "bad", "null", "index"},
        BadKey{json_body, "bad", "[]", "json"}, BadKey{json_body, "bad", "7", "json"},
        BadKey{json_body, "bad", "", "json"}, BadKey{json_body, "bad", R"({"host":"10)", "json"},
        BadKey{json_body, "bad", R"({"host":"10.0.0.1","port":1000000})", "1e+06"},
        BadKey{json_body, "bad", R"({"host":"a\/b","port":80})", "address"},
        BadKey{json_body, "bad", R"({"host":"10.0.0.1:9\u000a bind","port":9})", "line break"},
        BadKey{json_body, "bad", bom + R"({"host":"10.0.0.1:9\u000a bind","port":9})",
               "line break"},
        BadKey{json_body, "bad", R"({"host":{"a":1},"port":80})", "app.tmpl"}));

/// hitlessd and hitlessctl would take it for one of hitlessd's.
TEST(Vetter, RefusesReservedNamesOfTheTemplate) {
    for (const std::string name : {"hitless-slot1", "a:next"}) {
        Site site("backend app\n  server " + name + " 10.0.0.1:80\n");
        const auto vetted = site.vet({});
        ASSERT_FALSE(vetted);
        EXPECT_THAT(vetted.error().message,
                    AllOf(HasSubstr("line 2, backend app"), HasSubstr("'" + name + "' is reserved"),
                          HasSubstr("so give the server another name"),
                          HasSubstr("look at the template")));
    }
}

TEST(Vetter, SaysWhenALineIsMended) {
    Site site(Site::over_servers(plain_body));
    ASSERT_TRUE(site.vet({{"/app/a", "10.0.0.1:80"}, {"/app/b", "nothing here"}}));
    EXPECT_THAT(site.vetter.spoilt(), SizeIs(1));
    const Keys good = {{"/app/a", "10.0.0.1:80"}, {"/app/b", "10.0.0.2:80"}};
    const auto vetted = site.vet(good);
    ASSERT_TRUE(vetted);
    EXPECT_THAT(vetted->news.mended, SizeIs(1));
    EXPECT_EQ(vetted->config.text(), made_of(good));
    EXPECT_THAT(site.vetter.spoilt(), IsEmpty());
}

TEST(Vetter, TakesTheFirstOfTwoServersOfOneName) {
    Site site("backend app\n{{range gets \"/*/web\"}} server {{base .Key}} {{.Value}}\n{{end}}");
    const auto vetted = site.vet({{"/one/web", "10.0.0.1:80"}, {"/two/web", "10.0.0.2:80"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    EXPECT_EQ(vetted->news.spoilt[0].source, "key /two/web");
    EXPECT_EQ(vetted->config.text(), "backend app\n server web 10.0.0.1:80\n");
}

TEST(Vetter, BlamesTheTemplateWhenNoKeyIsToBlame) {
    Site site(std::string(head) + "  server fix 10.0.0.9:80 {{getv \"/options\" \"check\"}}\n" +
              tail);
    Site typo(std::string(head) + "  server fix 10.0.0.9:80 chekc\n" + tail);
    EXPECT_TRUE(site.vet({}));
    const auto vetted = typo.vet({});
    ASSERT_FALSE(vetted);
    EXPECT_THAT(vetted.error().message, HasSubstr("chekc"));
    EXPECT_THAT(vetted.error().message, HasSubstr("template"));
}

TEST(Vetter, BlamesTheTemplateWhenNoServerIsUsable) {
    Site site(Site::over_servers("  server {{.Key}} {{.Value}}\n"));
    Site alone(std::string(head) +
               "{{range gets \"/app/*\"}}  server {{.Key}} {{.Value}}\n{{end}}");
    const Keys keys = {{"/app/a", "10.0.0.1:80"}, {"/app/b", "10.0.0.2:80"}};
    const auto vetted = alone.vet(keys);
    ASSERT_FALSE(vetted);
    EXPECT_THAT(vetted.error().message, HasSubstr("template"));
    Site functions(Site::over_servers("  server a {{index (split .Value \"|\") 7}}\n"));
    const auto failed = functions.vet(keys);
    ASSERT_FALSE(failed) << "a function that fails for every element";
    EXPECT_THAT(failed.error().message, HasSubstr("template"));
}

TEST(Vetter, LeavesOutAnElementThatIsASection) {
    Site site("defaults\n{{range lsdir \"/services\"}}backend {{.}}\n"
              "  balance {{getv (printf \"/services/%s/balance\" .) \"roundrobin\"}}\n"
              "{{range gets (printf \"/services/%s/servers/*\" .)}}"
              "  server {{base .Key}} {{.Value}}\n{{end}}{{end}}");
    const auto vetted = site.vet({{"/services/a/servers/s", "10.0.0.1:80"},
                                  {"/services/b/servers/s", "10.0.0.2:80"},
                                  {"/services/b/balance", "first # x"},
                                  {"/services/c/servers/s", "10.0.0.3:80"},
                                  {"/services/c/servers/t", "nonsense here"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), "defaults\nbackend a\n  balance roundrobin\n"
                                     "  server s 10.0.0.1:80\n"
                                     "backend c\n  balance roundrobin\n  server s 10.0.0.3:80\n");
    ASSERT_THAT(vetted->news.spoilt, SizeIs(2));
    EXPECT_EQ(vetted->news.spoilt[0].source, "key /services/b/balance");
    EXPECT_EQ(vetted->news.spoilt[1].source, "key /services/c/servers/t");
}

TEST(Vetter, AValueThatEveryElementUsesCostsNoElement) {
    Site site(std::string(head) +
              "{{$options := getv \"/options\" \"check\"}}"
              "{{range gets \"/app/*\"}}  server {{base .Key}} {{.Value}} "
              "{{$options}}\n{{end}}" +
              tail);
    const Keys keys = {
        {"/options", "check\nbind"}, {"/app/a", "10.0.0.1:80"}, {"/app/b", "10.0.0.2:80"}};
    const auto vetted = site.vet(keys);
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), made_of({keys[1], keys[2]})) << "the template's own fallback";
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    EXPECT_THAT(vetted->news.spoilt[0].message, HasSubstr("as if it were not there"));
    const auto mended = site.vet({{"/options", "backup"}, keys[1], keys[2]});
    ASSERT_TRUE(mended);
    EXPECT_THAT(mended->config.text(), HasSubstr("10.0.0.1:80 backup"));
    EXPECT_THAT(mended->news.mended, SizeIs(1));
}

TEST(Vetter, ChangesNothingWhereATemplateCantDoWithoutABadKey) {
    Site site("# for {{getv \"/name\"}}\n" + Site::over_servers(plain_body));
    const auto vetted = site.vet({{"/name", "x\nglobal\n"}, {"/app/a", "10.0.0.1:80"}});
    ASSERT_FALSE(vetted);
    EXPECT_THAT(vetted.error().message, HasSubstr("/name"));
    EXPECT_THAT(vetted.error().message, HasSubstr("line break"));
    EXPECT_TRUE(site.vet({{"/name", "x"}, {"/app/a", "10.0.0.1:80"}}));
}

TEST(Vetter, LooksAtLinesOtherThanServers) {
    struct Case {
        const char* body;
        const char* value;
        const char* said; ///< empty: it is fine
    };
    const Case cases[] = {
        {"  acl a src {{.Value}}\n", "10.0.0.0/8 192.168.0.0/16", ""},
        {"  acl a src {{.Value}}\n", "-f /etc/passwd", "-f"},
        {"  acl a hdr(host) {{.Value}}\n", "-m reg .*", "-m"},
        {"  acl a hdr(host) {{.Value}}\n", "a b c", ""},
        {"  acl a int {{.Value}}\n", "-5", ""},
        {"  use_backend b if { hdr(host) {{.Value}} }\n", "x } or { always_true", "condition"},
        {"  http-request set-header X {{.Value}}\n", "%[env(SECRET)]", "expression"},
        {"  http-request set-header X \"{{.Value}}\"\n", "a b", ""},
        {"  http-request set-header X \"{{.Value}}\"\n", "a\" b", "quote"},
        {"  http-request set-header X \"{{.Value}}\"\n", "$SECRET", "environment"},
        {"  http-request set-header X \"{{.Value}}\"\n", "a\\", "backslash"},
        {"  http-request set-header X '{{.Value}}'\n", "a'b", "quote"},
        {"  http-request set-header X '{{.Value}}'\n", "$a \\", ""},
        {"  {{.Value}}\n", "balance leastconn", ""},
        {"  {{.Value}}\n", "backend evil", "section"},
        {"  {{.Value}}\n", ".if 1", "condition"},
        {"  {{.Value}}\n", "server evil 10.0.0.1:80 agent-check agent-send x", "agent-send"},
        {"  {{.Value}}\n", "s\\x65rver evil 10.0.0.1:80", "escapes"},
        {"  default-server {{.Value}}\n", "inter 2s", ""},
        {"  default-server {{.Value}}\n", "agent-send x", "agent-send"},
        {"  balance {{.Value}} # fixed\n", "first # no", "comment"},
        {"  # {{.Value}}\n", "a # b \" c", ""},
        {"  {{.Value}}\n", "# a comment of its own", ""},
        {"  {{.Value}}http-request deny\n", "#", "comment"},
        {"  http-request set-header X {{.Value}}\n", "%\"\"[env(SECRET)]", "expression"},
        {"  http-request set-header X {{.Value}}\n", "%\\x5benv(SECRET)]", "expression"},
        {"  http-request set-header X \"%[src] {{.Value}}\"\n", "a b", ""},
        {"  http-request set-header X {{.Value}}\n", "-abc", ""},
        {"  http-request set-header X \"$HO{{.Value}}\"\n", "ME", "variable"},
        {"  http-request set-path {{.Value}} if { path /a }\n", "/x if TRUE", "condition"},
        {"  acl a src \"{{.Value}}\" /x\n", "-f", "-f"},
        {"  acl a path_reg \"{{.Value}}\"\n", "\\.example\\.com", ""},
        {"  {{.Value}} deny\n", "http-request set-header X %[env(SECRET)]", "expression"},
        {"  server-template {{.Value}}\n", "s 1-2 10.0.0.1:80 agent-check agent-send x",
         "agent-send"},
        {"  server-template w 1-3 {{.Value}}\n", "unix@/run/x.sock", "socket"},
        {"  peer {{.Value}}\n", "x 10.0.0.1:1000 ssl crt /etc/hostname", "crt"},
        {"  bind {{.Value}}\n", ":443 ssl crt /etc/hostname", "crt"},
        {"  bind {{.Value}}\n", ":443 alpn h2", ""},
        {"  option httpchk GET / HTTP/1.1\\r\\nHost:\\ {{.Value}}\n", "x\\r\\nX:\\ 1", "control"},
        {"  acl bad src {{.Value}} 10.0.0.0/8\n", "\"\"", "empty"},
        {"  acl bad src {{.Value}} 10.0.0.0/8\n", "3.3.3.3 ''", "empty"},
        {"  acl bad src \"{{.Value}}\" 10.0.0.0/8\n", "", "empty"},
        {"  bind :1 {{.Value}} accept-proxy\n", "\"\"", "empty"},
        {"  http-request set-header X \"{{.Value}}\"\n", "", ""},
        {"  server-template s 1-{{.Value}} 10.0.0.1:80\n", "1000000", "servers"},
        {"  server-template s 1-{{.Value}} 10.0.0.1:80\n", "20", ""},
        {"  option httpchk {{.Value}}\n", "GET / HTTP/1.1\\r\\nHost:\\ x", ""},
    };
    for (const Case& test : cases) {
        SCOPED_TRACE(std::string(test.body) + test.value);
        Site site(Site::over_servers(test.body));
        const auto vetted = site.vet({{"/app/x", test.value}});
        ASSERT_TRUE(vetted) << vetted.error().message;
        if (*test.said == '\0') {
            EXPECT_THAT(vetted->news.spoilt, IsEmpty());
            EXPECT_THAT(vetted->config.text(), HasSubstr(test.value));
        } else {
            ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
            EXPECT_THAT(vetted->news.spoilt[0].message, HasSubstr(test.said));
            EXPECT_EQ(vetted->config.text(), std::string(head) + tail);
        }
    }
}

TEST(Vetter, ValuesDontTakeAwayTheTemplatesTls) {
    Site site(Site::over_servers("  server {{base .Key}} {{.Value}} ssl ca-file /ca.pem\n"));
    const auto vetted = site.vet({{"/app/a", "10.0.0.1:443 weight 3"},
                                  {"/app/b", "10.0.0.2:443 verify none"},
                                  {"/app/c", "10.0.0.3:443 no-ssl"},
                                  {"/app/d", "10.0.0.4:443 sni str(evil.example)"},
                                  {"/app/e", "10.0.0.5:443 force-tlsv10"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_THAT(vetted->news.spoilt, SizeIs(4));
    Site defaults("backend app\n  default-server ssl verify required\n"
                  "{{range gets \"/app/*\"}}  default-server {{.Value}}\n{{end}}");
    const auto weakened = defaults.vet({{"/app/a", "inter 2s"}, {"/app/b", "verify none no-ssl"}});
    ASSERT_TRUE(weakened) << weakened.error().message;
    EXPECT_THAT(weakened->news.spoilt, SizeIs(1));
    Site inherited("backend app\n  default-server ssl verify required\n"
                   "{{range gets \"/app/*\"}}  server {{base .Key}} {{.Value}}\n{{end}}");
    const auto other =
        inherited.vet({{"/app/a", "10.0.0.1:443"}, {"/app/b", "10.0.0.2:1 verify none"}});
    ASSERT_TRUE(other) << other.error().message;
    EXPECT_THAT(other->news.spoilt, SizeIs(1));
}

/// Output that was kept from an execution without a gate isn't printed again with one.
TEST(Vetter, ARenderingWithoutAGateLeavesNothingBehind) {
    Site site(Site::over_servers(plain_body));
    const Keys keys = {{"/app/a", "10.0.0.1:80"},
                       {"/app/b", "10.0.0.2:80\n  errorfile 503 /etc/hostname"}};
    site.set(keys);
    (void)site.renderer->render({});
    const auto vetted = site.vetter.vet(*site.renderer);
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), made_of({keys[0]}));
}

TEST(Vetter, AQuoteBeforeBlanksAtTheEndOfALineIsAQuote) {
    Site site("global\n{{range ls \"/app\"}}  set-var proc.{{.}}\n{{end}}backend b\n");
    const auto vetted = site.vet({{"/app/a", "1"}, {"/app/m it's ", "2"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), "global\n  set-var proc.a\nbackend b\n");
}

/// What is hidden depends on the keys of now, not on those of before.
TEST(Vetter, AHiddenKeyIsSeenAgainWhereItDoesNoHarm) {
    Site site("frontend f\n  {{if eq (getv \"/mode\") \"acl\"}}acl x src {{getv \"/a\" \"::1\"}}"
              "{{else}}http-response set-header x {{getv \"/a\" \"none\"}}{{end}}\n");
    const auto hidden = site.vet({{"/mode", "acl"}, {"/a", "-f"}});
    ASSERT_TRUE(hidden) << hidden.error().message;
    EXPECT_EQ(hidden->config.text(), "frontend f\n  acl x src ::1\n");
    const auto shown = site.vet({{"/mode", "header"}, {"/a", "-f"}});
    ASSERT_TRUE(shown) << shown.error().message;
    EXPECT_EQ(shown->config.text(), "frontend f\n  http-response set-header x -f\n");
    EXPECT_EQ(shown->news.mended.size(), 1U);
}

TEST(Vetter, ATemplatesOwnControlCharacterIsNoValuesFault) {
    Site site("frontend f\n  http-response set-header x a\\x01{{getv \"/a\"}}\n");
    const auto vetted = site.vet({{"/a", "b"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), "frontend f\n  http-response set-header x a\\x01b\n");
    EXPECT_FALSE(site.vet({{"/a", "\\x02"}}));
}

TEST(Vetter, AValueTakesNoWordOfAnotherOne) {
    Site site("backend app\n  server a {{getv \"/a\"}} {{getv \"/b\" \"\"}}\n"
              "  server z 10.0.0.9:80\n");
    const auto vetted = site.vet({{"/a", "10.0.0.1:443 check-sni"}, {"/b", "ssl verify required"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    EXPECT_EQ(vetted->news.spoilt[0].source, "key /a");
}

TEST(Vetter, AValueThatEveryServerUsesCostsNoServer) {
    for (const char* const bad : {"bogus", "agent-send x"}) {
        Site site(std::string(head) +
                  "{{range gets \"/app/*\"}}  server {{base .Key}} {{.Value}} "
                  "{{getv \"/common\" \"check\"}}\n{{end}}" +
                  tail);
        const Keys keys = {{"/common", bad}, {"/app/a", "10.0.0.1:80"}, {"/app/b", "10.0.0.2:80"}};
        const auto vetted = site.vet(keys);
        ASSERT_TRUE(vetted) << vetted.error().message;
        EXPECT_EQ(vetted->config.text(), made_of({keys[1], keys[2]}));
        ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
        EXPECT_EQ(vetted->news.spoilt[0].source, "key /common");
    }
}

TEST(Vetter, BadElementsOfOneKeysListCostThatKey) {
    Site site("defaults\n{{range gets \"/svc/*\"}}backend {{base .Key}}\n"
              "{{range $i, $s := jsonArray .Value}}  server s{{$i}} {{$s.addr}}\n{{end}}{{end}}");
    const auto vetted =
        site.vet({{"/svc/evil", R"(["x","y"])"}, {"/svc/good", R"([{"addr":"10.0.0.1:80"}])"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), "defaults\nbackend good\n  server s0 10.0.0.1:80\n");
    EXPECT_THAT(vetted->news.spoilt, SizeIs(1));
    Site nested("defaults\n{{range lsdir \"/s\"}}backend {{.}}\n"
                "{{range gets (printf \"/s/%s/*\" .)}}  acl a int {{atoi .Value}}\n{{end}}{{end}}");
    const auto other = nested.vet({{"/s/evil/1", "x"}, {"/s/evil/2", "y"}, {"/s/good/1", "1"}});
    ASSERT_TRUE(other) << other.error().message;
    EXPECT_EQ(other->config.text(), "defaults\nbackend good\n  acl a int 1\n");
}

TEST(Vetter, TheTemplatesOwnServerWinsOverAKeyOfItsName) {
    Site site("backend app\n{{range gets \"/app/*\"}}  server {{base .Key}} {{.Value}}\n{{end}}"
              "  server zz 127.0.0.1:1\n");
    const auto vetted = site.vet({{"/app/a", "10.0.0.1:80"}, {"/app/zz", "10.0.0.2:80"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(),
              "backend app\n  server a 10.0.0.1:80\n  server zz 127.0.0.1:1\n");
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    EXPECT_EQ(vetted->news.spoilt[0].source, "key /app/zz");
}

TEST(Vetter, ManyBadWordsOfOneLineAreLeftOutTogether) {
    Keys keys;
    for (int i = 0; i < 40; ++i)
        keys.emplace_back(fmt::format("/n/{:02}", i), i % 2 == 0 ? "-f" : "10.0.0.0/8");
    Site range(std::string(head) + "  acl x src {{range gets \"/n/*\"}}{{.Value}} {{end}}\n" +
               tail);
    Site joined(std::string(head) + "  acl x src {{join (getvs \"/n/*\") \" \"}}\n" + tail);
    Site names(std::string(head) + "  acl x src 10.0.0.1 {{join (ls \"/n\") \" \"}}\n" + tail);
    for (Site* const site : {&range, &joined}) {
        const auto vetted = site->vet(keys);
        ASSERT_TRUE(vetted) << vetted.error().message;
        EXPECT_THAT(vetted->config.text(), Not(HasSubstr("-f")));
        EXPECT_THAT(vetted->config.text(), HasSubstr("10.0.0.0/8 10.0.0.0/8"));
        EXPECT_THAT(vetted->news.spoilt, SizeIs(20));
    }
    const auto vetted = names.vet({{"/n/-f", "x"}, {"/n/10.0.0.2", "x"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_THAT(vetted->config.text(), HasSubstr("acl x src 10.0.0.1 10.0.0.2\n"));
}

TEST(Vetter, ALineOfManyElementsBlamesTheWordThatHaproxyNames) {
    Site site(std::string(head) + "  acl x src {{range gets \"/n/*\"}}{{.Value}} {{end}}\n" + tail);
    const Keys keys = {{"/n/1", "10.0.0.1"}, {"/n/2", "not.an.ip"}, {"/n/3", "10.0.0.3"}};
    const auto vetted = site.vet(keys);
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_TRUE(site.vetter.refuse(vetted->config, {{5, "'not.an.ip' is not a valid address"}}));
    const auto without = site.vetter.vet(*site.renderer);
    ASSERT_TRUE(without) << without.error().message;
    EXPECT_THAT(without->config.text(), HasSubstr("acl x src 10.0.0.1 10.0.0.3 \n"));
    ASSERT_THAT(without->news.spoilt, SizeIs(1));
    EXPECT_EQ(without->news.spoilt[0].source, "key /n/2");
}

TEST(Vetter, ABadEscapeIsBlamedOnWhoBroughtIt) {
    Site site(std::string(head) + "  acl x hdr(host) {{range gets \"/n/*\"}}{{.Value}} {{end}}\n" +
              tail);
    const auto vetted = site.vet({{"/n/1", "a"}, {"/n/2", "b\\xzz"}, {"/n/3", "c"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_THAT(vetted->config.text(), HasSubstr("acl x hdr(host) a c \n"));
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    EXPECT_EQ(vetted->news.spoilt[0].source, "key /n/2");
}

TEST(Vetter, AnEmptyValueThatHaproxysCheckRefusesIsBlamed) {
    Site site("defaults\n  timeout client {{getv \"/timeout\" \"30s\"}}\nbackend app\n");
    const auto vetted = site.vet({{"/timeout", ""}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_TRUE(site.vetter.refuse(vetted->config, {{2, "an argument is missing"}}));
    const auto without = site.vetter.vet(*site.renderer);
    ASSERT_TRUE(without) << without.error().message;
    EXPECT_EQ(without->config.text(), "defaults\n  timeout client 30s\nbackend app\n");
    ASSERT_THAT(without->news.spoilt, SizeIs(1));
    EXPECT_EQ(without->news.spoilt[0].source, "key /timeout");
}

/// A line of the template's own is wrong, and has a number that all keys make: hiding one after the
/// other would cost them all.
TEST(Vetter, NoKeyIsHiddenForALineThatIsRefusedWithoutItToo) {
    Site site(std::string(head) + "{{range gets \"/app/*\"}}" + plain_body +
              "{{end}}  nonsense {{len (gets \"/app/*\")}}\n" + tail);
    const Keys keys = {
        {"/app/a", "10.0.0.1:80"}, {"/app/b", "10.0.0.2:80"}, {"/app/c", "10.0.0.3:80"}};
    const auto lines_of = [](const haproxy::Config& config) {
        return std::map<int, std::string>{
            {static_cast<int>(config.find_backend("app")->settings.back().number),
             "unknown keyword 'nonsense'"}};
    };
    auto vetted = site.vet(keys);
    ASSERT_TRUE(vetted) << vetted.error().message;
    const std::string all = vetted->config.text();
    // A guess, which is taken back when the line is refused without the key.
    EXPECT_TRUE(site.vetter.refuse(vetted->config, lines_of(vetted->config)));
    vetted = site.vetter.vet(*site.renderer);
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_THAT(vetted->config.text(), HasSubstr("nonsense 2"));
    EXPECT_TRUE(site.vetter.refuse(vetted->config, lines_of(vetted->config)));
    vetted = site.vetter.vet(*site.renderer);
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), all);
    EXPECT_THAT(site.vetter.spoilt(), IsEmpty());
    EXPECT_FALSE(site.vetter.refuse(vetted->config, lines_of(vetted->config)))
        << "the file stays refused";
    // Nor for other keys, until a file is accepted.
    Keys more = keys;
    more.emplace_back("/app/d", "10.0.0.4:80");
    vetted = site.vet(more);
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_FALSE(site.vetter.refuse(vetted->config, lines_of(vetted->config)));
    vetted = site.vetter.vet(*site.renderer);
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_THAT(vetted->config.text(), HasSubstr("nonsense 4"));
    site.vetter.note_accepted();
    EXPECT_TRUE(site.vetter.refuse(site.vet(keys)->config, lines_of(site.vet(keys)->config)));
}

TEST(Vetter, OfTwoEqualLinesOnlyTheRefusedOneIsLeftOut) {
    Site site("defaults\n{{range gets \"/s/*\"}}backend {{.Value}}\n  server {{base .Key}} "
              "10.0.0.1:80\n{{end}}");
    const auto vetted = site.vet({{"/s/1", "same"}, {"/s/2", "same"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_TRUE(site.vetter.refuse(vetted->config, {{4, "a backend of that name is there"}}));
    const auto without = site.vetter.vet(*site.renderer);
    ASSERT_TRUE(without) << without.error().message;
    EXPECT_EQ(without->config.text(), "defaults\nbackend same\n  server 1 10.0.0.1:80\n");
}

TEST(Vetter, WhatStandsBeforeTheFirstSectionIsLeftOut) {
    Site site("{{range gets \"/h/*\"}}{{.Value}}\n{{end}}" + Site::over_servers(plain_body));
    const auto vetted = site.vet({{"/h/a", "foo"}, {"/h/b", "# fine"}, {"/app/a", "10.0.0.1:80"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), "# fine\n" + made_of({{"/app/a", "10.0.0.1:80"}}));
    const confd::Rendering rendering = site.renderer->render({});
    EXPECT_TRUE(makes_haproxy(rendering, site.vetter.rules()));
    Site outside("{{getv \"/banner\" \"\"}}\n" + Site::over_servers(plain_body));
    const auto other = outside.vet({{"/banner", "evil"}, {"/app/a", "10.0.0.1:80"}});
    ASSERT_TRUE(other) << other.error().message;
    EXPECT_EQ(other->config.text(), "\n" + made_of({{"/app/a", "10.0.0.1:80"}}));
    EXPECT_EQ(other->news.spoilt.at(0).source, "key /banner");
}

TEST(Vetter, TakesTheFirstOfTwoServersThatAreTheSameLineAgainAndAgain) {
    Site site("backend app\n{{range gets \"/*/web\"}} server {{base .Key}} {{.Value}}\n{{end}}");
    const Keys keys = {{"/one/web", "10.0.0.1:80"}, {"/two/web", "10.0.0.1:80"}};
    for (int i = 0; i < 3; ++i) {
        const auto vetted = site.vet(keys);
        ASSERT_TRUE(vetted) << vetted.error().message;
        EXPECT_EQ(vetted->config.text(), "backend app\n server web 10.0.0.1:80\n");
    }
}

TEST(Vetter, AnUnusableServerTakesNoNameAway) {
    Site site("backend app\n{{range gets \"/*/web\"}} server {{base .Key}} {{.Value}}\n{{end}}");
    const auto vetted = site.vet({{"/one/web", "nothing here"}, {"/two/web", "10.0.0.2:80"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    EXPECT_EQ(vetted->news.spoilt[0].source, "key /one/web");
    EXPECT_EQ(vetted->config.text(), "backend app\n server web 10.0.0.2:80\n");
}

TEST(Vetter, AKeyWhoseElementsAreAllBadCostsItself) {
    Site site(
        Site::over_servers("{{range split .Value \",\"}}  server {{.}} 10.0.0.1:80\n{{end}}"));
    const auto vetted = site.vet({{"/app/a", "a1,a2"}, {"/app/b", "b1\x1b,b2\x1b"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    EXPECT_EQ(vetted->news.spoilt[0].source, "key /app/b");
    EXPECT_EQ(vetted->config.text(),
              std::string(head) + "  server a1 10.0.0.1:80\n" + "  server a2 10.0.0.1:80\n" + tail);
    Site alone(std::string(head) +
               "{{range split (getv \"/list\" \"x,y\") \",\"}}  server {{.}} 10.0.0.1:80\n{{end}}");
    const auto without = alone.vet({{"/list", "b1\x1b,b2\x1b"}});
    ASSERT_TRUE(without) << without.error().message;
    EXPECT_EQ(without->config.text(),
              std::string(head) + "  server x 10.0.0.1:80\n  server y 10.0.0.1:80\n");
}

TEST(Vetter, AServerThatLacksALeftOutWordCostsItself) {
    Site alone(std::string(head) +
               "  server t {{range split (getv \"/app/a\") \" \"}}{{.}}{{end}}\n" + tail);
    const auto vetted = alone.vet({{"/app/a", "\x1b"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), std::string(head) + tail);
    ASSERT_THAT(vetted->news.spoilt, SizeIs(2));
    EXPECT_EQ(vetted->news.spoilt[1].source, "key /app/a");
}

TEST(Vetter, KnowsWhoBroughtNothingToAFunction) {
    for (const char* const function : {"urlquery", "html", "js", "printf \"%v\""}) {
        Site site(Site::over_servers("{{range jsonArray .Value}}  acl a str {{" +
                                     std::string(function) + " .}}\n{{end}}"));
        const auto vetted = site.vet({{"/app/a", "[null]"}});
        ASSERT_TRUE(vetted) << vetted.error().message;
        EXPECT_THAT(vetted->rendering->output.pieces, SizeIs(1)) << function;
    }
}

TEST(Vetter, AMissingFieldThatADefinedTemplateGetsCostsItsElement) {
    Site site(
        "{{define \"address\"}}{{.}}:80{{end}}" +
        Site::over_servers("  server {{base .Key}} {{template \"address\" (json .Value).host}}\n"));
    const auto vetted = site.vet({{"/app/a", R"({"host":"10.0.0.1"})"}, {"/app/b", "{}"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), made_of({{"/app/a", "10.0.0.1:80"}}, ""));
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    EXPECT_EQ(vetted->news.spoilt[0].source, "key /app/b");
    Site upper("{{define \"name\"}}{{toUpper .}}{{end}}" +
               Site::over_servers("{{range jsonArray .Value}}  server {{template \"name\" .}} "
                                  "10.0.0.1:80\n{{end}}"));
    const auto other = upper.vet({{"/app/a", R"(["a"])"}, {"/app/b", "[null]"}});
    ASSERT_TRUE(other) << other.error().message;
    EXPECT_EQ(other->config.text(), std::string(head) + "  server A 10.0.0.1:80\n" + tail);
}

TEST(Vetter, AValueThatBeginsALineMayNotCommentItOut) {
    Site site("backend app\n{{range gets \"/app/*\"}} {{.Value}} t\n{{end}}" + std::string(tail),
              {"/", false, false, {"/app/lines"}, false});
    const auto vetted = site.vet({{"/app/a", "# x"}, {"/app/b", "x"}, {"/app/lines", "# x\ny"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), "backend app\n x t\n # x\ny t\n" + std::string(tail));
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    EXPECT_EQ(vetted->news.spoilt[0].source, "key /app/a");
    Site later(Site::over_servers(" {{.Value}} t\n"));
    ASSERT_TRUE(later.vet({}));
    ASSERT_TRUE(later.vet({{"/app/a", "# x"}}));
    EXPECT_THAT(later.vetter.spoilt(), SizeIs(1));
}

TEST(Vetter, BlamesAnEmptyValueAtTheEndOfALine) {
    Site site("backend app\n{{range ls \"/app\"}} server s "
              "{{regexReplaceAll \"x\" (getv (printf \"/app/%s\" .)) \"y\"}}\n{{end}}" +
              std::string(tail));
    const auto vetted = site.vet({{"/app/a", ""}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    EXPECT_EQ(vetted->news.spoilt[0].source, "key /app/a");
}

TEST(Vetter, LooksAtALineThatIsOnlyWrittenInAnotherWay) {
    Site site(Site::over_servers("  http-request set-header X {{.Value}}\n"));
    Site servers(Site::over_servers("  server s 10.0.0.1:80 cookie \"{{.Value}}\"\n"));
    ASSERT_TRUE(site.vet({{"/app/a", "$SECRET"}}));
    ASSERT_TRUE(servers.vet({{"/app/a", "c"}}));
    const auto vetted = site.vet({{"/app/a", "\"$SECRET\""}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    EXPECT_THAT(vetted->news.spoilt[0].message, HasSubstr("environment"));
    EXPECT_EQ(vetted->config.text(), std::string(head) + tail);
    const auto other = servers.vet({{"/app/a", "c\"\""}});
    ASSERT_TRUE(other) << other.error().message;
    EXPECT_EQ(other->config.text(), std::string(head) + tail);
}

TEST(Gate, AValueBringsNoOtherEntryToAMap) {
    Site site("{{range gets \"/hosts/*\"}}{{base .Key}} {{.Value}}\n{{end}}");
    site.set({{"/hosts/a", "one"}, {"/hosts/b", "two\nc evil"}, {"/hosts/d", "four"}});
    const Rules rules;
    const gotemplate::Gate gate = make_gate(*site.renderer, rules);
    const confd::Rendering rendering = site.renderer->render({&gate, true});
    EXPECT_EQ(rendering.output.text, "a one\nd four\n");
    Reports reports;
    const auto news = reports.update(reports.of_rendering(*site.renderer, rendering, rules));
    ASSERT_THAT(news.spoilt, SizeIs(1));
    EXPECT_EQ(news.spoilt[0].source, "key /hosts/b");
}

TEST(Gate, KnowsWhichFilesValuesMayNotBringEverythingTo) {
    test::TemporaryDirectory directory;
    const std::string map = directory / "hosts.map";
    std::ofstream(directory / "h.tmpl")
        << "frontend f\n  use_backend %[req.hdr(host),map(" << map << ")]\n";
    confd::Resource resource;
    resource.src = directory / "h.tmpl";
    resource.dest = directory / "haproxy.cfg";
    const auto found = [&] {
        std::vector<std::string> paths;
        for (const haproxy::FileUse& use : gated_files({resource}))
            paths.push_back(use.path);
        return paths;
    };
    EXPECT_THAT(found(), ElementsAre(map));
    std::ofstream(directory / "haproxy.cfg") << "frontend f\n  acl a src -f made.lst\n";
    EXPECT_THAT(found(), ElementsAre(map, "made.lst"));
    std::ofstream(directory / "haproxy.cfg") << "frontend f\n  bind :443 ssl crt made.pem\n";
    EXPECT_THAT(found(), ElementsAre(map, "made.pem"));
}

TEST(Vetter, LooksAtTheRestOfASectionsFirstLine) {
    Site site("defaults\nbackend app {{getv \"/m\" \"first\"}} # c\n  server a 10.0.0.1:80\n");
    ASSERT_TRUE(site.vet({{"/m", "$X"}}));
    const auto vetted = site.vet({{"/m", "\"$X\""}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_THAT(vetted->config.text(), HasSubstr("backend app first # c"));
}

TEST(Vetter, LongLinesTakeTimeInProportion) {
    Site site(Site::over_servers("  acl x hdr(host) {{replace .Value \",\" \" \" -1}}\n"));
    std::string value;
    for (int i = 0; i < 200'000; ++i)
        value += "%,";
    const auto vetted = site.vet({{"/app/x", value}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_THAT(vetted->news.spoilt, SizeIs(1));
}

TEST(Vetter, ATrustedResourceTakesWhatStaysInItsLine) {
    Site site(Site::over_servers(plain_body), {"/", true, false, {}, false});
    const Keys keys = {{"/app/a", "10.0.0.1:80 source 10.0.0.9 agent-check agent-send x"},
                       {"/app/b", "10.0.0.2:80\nglobal"}};
    const auto vetted = site.vet(keys);
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), made_of({keys[0]}));
}

TEST(Vetter, OneWordMeansOneWord) {
    Site site(Site::over_servers(plain_body), {"/", false, true, {}, false});
    const Keys keys = {{"/app/a", "10.0.0.1:80"}, {"/app/b", "10.0.0.2:80 backup"}};
    const auto vetted = site.vet(keys);
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), made_of({keys[0]}));
}

TEST(Vetter, NamedKeysMayHaveSeveralLines) {
    Site site("global\n{{range gets \"/global/*\"}}{{.Value}}\n{{end}}backend app\n",
              {"/", false, false, {"/global/*"}, false});
    const auto vetted =
        site.vet({{"/global/a", "  daemon\n  maxconn 5"}, {"/global/b", "  nbthread 2\r\n"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_THAT(vetted->config.text(), HasSubstr("  daemon\n  maxconn 5\n"));
    EXPECT_THAT(vetted->news.spoilt, IsEmpty());
}

TEST(Vetter, StrictLeavesNothingOut) {
    Site site(Site::over_servers(plain_body), {"/", false, false, {}, true});
    EXPECT_TRUE(site.vet({{"/app/a", "10.0.0.1:80"}}));
    for (const char* const value : {"", "10.0.0.1:80\nx", "10.0.0.1:80 agent-send x"}) {
        const auto vetted = site.vet({{"/app/a", "10.0.0.1:80"}, {"/app/b", value}});
        ASSERT_FALSE(vetted) << value;
        EXPECT_THAT(vetted.error().message, HasSubstr("/app/b"));
    }
}

TEST(Vetter, LeavesOutWhatHaproxysCheckRefuses) {
    Site site(Site::over_servers(plain_body));
    const Keys keys = {{"/app/a", "10.0.0.1:80"}, {"/app/b", "10.0.0.2:80 proto nosuch"}};
    const auto vetted = site.vet(keys);
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_THAT(vetted->config.text(), HasSubstr("nosuch"));
    EXPECT_FALSE(site.vetter.refuse(vetted->config, {{2, "no value has brought that line"}}));
    EXPECT_TRUE(site.vetter.refuse(vetted->config, {{6, "unknown proto"}}));
    EXPECT_FALSE(site.vetter.refuse(vetted->config, {{6, "unknown proto"}})) << "known already";
    const auto without = site.vetter.vet(*site.renderer);
    ASSERT_TRUE(without) << without.error().message;
    EXPECT_EQ(without->config.text(), made_of({keys[0]}));
    ASSERT_THAT(without->news.spoilt, SizeIs(1));
    EXPECT_THAT(without->news.spoilt[0].message, HasSubstr("unknown proto"));
    EXPECT_THAT(without->news.spoilt[0].message, HasSubstr("/app/b"));
    const auto again = site.vet({keys[0], keys[1], {"/app/c", "10.0.0.3:80"}});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->config.text(), made_of({keys[0], {"/app/c", "10.0.0.3:80"}}));
    const auto mended = site.vet({keys[0], {"/app/b", "10.0.0.2:80"}});
    ASSERT_TRUE(mended);
    EXPECT_EQ(mended->config.text(), made_of({keys[0], {"/app/b", "10.0.0.2:80"}}));
    EXPECT_THAT(mended->news.mended, SizeIs(1));
}

/// One of two lines may have a bad value; where all are refused, the template is wrong.
TEST(Vetter, NoKeyIsBlamedWhereCheckRefusesAllThatAPlaceMakes) {
    Site site(Site::over_servers("  sever {{base .Key}} {{.Value}}\n"));
    const Keys keys = {{"/app/a", "10.0.0.1:80"}, {"/app/b", "10.0.0.2:80"}};
    const auto vetted = site.vet(keys);
    ASSERT_TRUE(vetted) << vetted.error().message;
    const std::string why = "unknown keyword 'sever'";
    EXPECT_FALSE(site.vetter.refuse(vetted->config, {{5, why}, {6, why}}, true));
    const auto again = site.vetter.vet(*site.renderer);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->config.text(), vetted->config.text());
    EXPECT_THAT(site.vetter.spoilt(), IsEmpty());
    EXPECT_TRUE(site.vetter.refuse(vetted->config, {{6, why}}, true));
    const auto without = site.vetter.vet(*site.renderer);
    ASSERT_TRUE(without) << without.error().message;
    EXPECT_THAT(without->config.text(), Not(HasSubstr("sever b")));
    EXPECT_THAT(without->config.text(), HasSubstr("sever a"));
    EXPECT_TRUE(site.vetter.refuse(vetted->config, {{5, why}, {6, why}}))
        << "the template has made a good file before";
}

TEST(Vetter, KnowsWhereEachPieceIsFrom) {
    Site site(Site::over_servers(plain_body));
    const auto vetted =
        site.vet({{"/app/a", "10.0.0.1:80"}, {"/app/b", "bad bad"}, {"/app/c", "10.0.0.3:80"}});
    ASSERT_TRUE(vetted) << vetted.error().message;
    std::vector<std::string> pieces;
    for (const auto& piece : vetted->rendering->output.pieces)
        pieces.push_back(vetted->config.text().substr(piece.begin, piece.end - piece.begin) + " " +
                         vetted->rendering->sources->find(piece.source)->name);
    EXPECT_THAT(pieces,
                ElementsAre("a /app/a", "10.0.0.1:80 /app/a", "c /app/c", "10.0.0.3:80 /app/c"));
}

TEST(Vetter, BadElementsWithinGoodOnesDontCountAsThese) {
    Site site("defaults\n{{range lsdir \"/services\"}}backend {{.}}\n"
              "{{range gets (printf \"/services/%s/*\" .)}}"
              "  server {{base .Key}} {{index (split .Value \"|\") 1}}\n{{end}}{{end}}");
    Keys keys;
    for (const char* const service : {"a", "b"}) {
        keys.emplace_back(fmt::format("/services/{}/good", service), "x|10.0.0.1:80");
        for (int i = 0; i < 5; ++i)
            keys.emplace_back(fmt::format("/services/{}/bad{}", service, i), "x");
    }
    for (int round = 0; round < 2; ++round) {
        const auto vetted = site.vet(keys);
        ASSERT_TRUE(vetted) << vetted.error().message;
        EXPECT_EQ(vetted->config.text(), "defaults\nbackend a\n  server good 10.0.0.1:80\n"
                                         "backend b\n  server good 10.0.0.1:80\n");
        EXPECT_THAT(site.vetter.spoilt(), SizeIs(10));
    }
}

TEST(Vetter, AnElementThatTakesTooMuchCostsItself) {
    Site site(Site::over_servers("{{if contains .Value \"x\"}}{{range seq 1 1000000}}"
                                 "{{range seq 1 1000}}a{{end}}{{end}}{{else}}"
                                 "  server {{base .Key}} {{.Value}} check\n{{end}}"));
    const Keys good = {{"/app/a", "10.0.0.1:80"}, {"/app/c", "10.0.0.3:80"}};
    const auto vetted = site.vet({good[0], {"/app/b", "x"}, good[1]});
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_EQ(vetted->config.text(), made_of(good));
    ASSERT_THAT(vetted->news.spoilt, SizeIs(1));
    EXPECT_EQ(vetted->news.spoilt[0].source, "key /app/b");
}

TEST(Vetter, ManyBadKeysCostAChangeLittle) {
    Keys keys;
    for (int i = 0; i < 300; ++i) {
        keys.emplace_back(fmt::format("/app/bad{:03}", i), "no address");
        keys.emplace_back(fmt::format("/app/good{:03}", i), "10.0.0.1:80");
    }
    Site site(Site::over_servers(plain_body));
    const auto vetted = site.vet(keys);
    ASSERT_TRUE(vetted) << vetted.error().message;
    EXPECT_THAT(vetted->news.spoilt, SizeIs(300));
    keys.back().second = "10.0.0.2:80";
    const auto changed = site.vet(keys);
    ASSERT_TRUE(changed);
    EXPECT_THAT(changed->news.spoilt, IsEmpty());
    EXPECT_THAT(changed->news.mended, IsEmpty());
    EXPECT_THAT(changed->config.text(), HasSubstr("10.0.0.2:80"));
}

} // namespace
} // namespace hitless::apply
