#include "hitless/haproxy/uses.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitless::haproxy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = FileUse::Kind;

std::optional<std::string> environment(const std::string& name) {
    return name == "MAPS" ? std::optional<std::string>("/srv/maps") : std::nullopt;
}

std::vector<FileUse> uses(const std::string& text) {
    return file_uses(text, environment, "/etc/haproxy/haproxy.cfg");
}

/// "KIND PATH LINE" of each.
std::vector<std::string> found(const std::string& text) {
    constexpr const char* kinds[] = {"map",      "acl",        "certificate", "crt_list", "ca_file",
                                     "crl_file", "error_file", "lua",         "other"};
    std::vector<std::string> all;
    for (const FileUse& use : uses(text))
        all.push_back(
            fmt::format("{} {} {}", kinds[static_cast<int>(use.kind)], use.path, use.line));
    return all;
}

TEST(FileUses, AreFoundByWhatReadsThem) {
    EXPECT_THAT(found("frontend f\n"
                      "  use_backend %[req.hdr(host),lower,map_dom(/h/hosts.map,app)]\n"
                      "  acl bad src -f /h/deny.lst -f /h/more.lst\n"
                      "  acl old hdr(host) -M -f /h/old.map\n"
                      "  bind :443 ssl crt-list /h/crt.list crt /h/one.pem ca-file /h/ca.pem "
                      "crl-file /h/crl.pem\n"
                      "  # acl old src -f /h/commented.lst\n"
                      "  http-request deny if { src -f /h/anonymous.lst }\n"
                      "  http-request return status 200 file /h/robots.txt\n"
                      "  errorfile 503 /h/503.http\n"
                      "backend b\n"
                      "  server s 10.0.0.1:443 ssl verify required ca-file /h/in.pem crt /h/c.pem\n"
                      "  server t 10.0.0.2:80 check\n"
                      "global\n"
                      "  lua-load /h/x.lua\n"
                      "crt-store web\n"
                      "  load crt /h/w.pem key /h/w.key\n"),
                ElementsAre("map /h/hosts.map 2", "acl /h/deny.lst 3", "acl /h/more.lst 3",
                            "map /h/old.map 4", "crt_list /h/crt.list 5",
                            "certificate /h/one.pem 5", "ca_file /h/ca.pem 5",
                            "crl_file /h/crl.pem 5", "acl /h/anonymous.lst 7",
                            "error_file /h/robots.txt 8", "error_file /h/503.http 9",
                            "ca_file /h/in.pem 11", "certificate /h/c.pem 11", "lua /h/x.lua 14",
                            "other /h/w.pem 16", "other /h/w.key 16"));
}

TEST(FileUses, QuotesAndVariablesAreReadAsHaproxyDoes) {
    EXPECT_THAT(found("frontend f\n"
                      "  http-request set-var(txn.x) src,map_ip(\"/h/ip.map\")\n"
                      "  http-request set-var(txn.x) \"hdr(host),map('/h/a b.map')\"\n"
                      "  acl a src -f \"$MAPS/a.lst\" -f '$MAPS/b.lst' -f /h/a\\ b.lst\n"
                      "  acl b src -f \"${NONE}/c.lst\"\n"),
                ElementsAre("map /h/ip.map 2", "map /h/a b.map 3", "acl /srv/maps/a.lst 4",
                            "acl $MAPS/b.lst 4", "acl /h/a b.lst 4", "acl /c.lst 5"));
    EXPECT_THAT(found("global\n  setenv DIR /set\nfrontend f\n  acl a src -f \"$DIR/a.lst\"\n"),
                ElementsAre("acl /set/a.lst 4"));
}

TEST(FileUses, RelativeOnesAreWhereHaproxyLooks) {
    const std::string lines =
        "frontend f\n  acl a src -f maps/a.lst\n  bind :443 ssl crt one.pem\n";
    EXPECT_THAT(found(lines), ElementsAre("acl maps/a.lst 2", "certificate one.pem 3"));
    EXPECT_THAT(found("global\n  default-path config\n" + lines),
                ElementsAre("acl /etc/haproxy/maps/a.lst 4", "certificate /etc/haproxy/one.pem 5"));
    EXPECT_THAT(found("global\n  default-path parent\n" + lines),
                ElementsAre("acl /etc/maps/a.lst 4", "certificate /etc/one.pem 5"));
    EXPECT_THAT(found("global\n  default-path origin /srv\n  crt-base certs\n" + lines),
                ElementsAre("acl /srv/maps/a.lst 5", "certificate /srv/certs/one.pem 6"));
    EXPECT_THAT(found("global\n  default-path origin /srv\n  crt-base /certs\n" + lines),
                ElementsAre("acl /srv/maps/a.lst 5", "certificate /certs/one.pem 6"));
}

/// Nor may what only looks like a file's name.
TEST(FileUses, SomeNamesMeanNoFile) {
    EXPECT_THAT(found("frontend f\n"
                      "  acl a src -f virt@x.lst -f opt@/h/o.lst -f file@/h/f.lst\n"
                      "  bind :443 ssl crt @web/site ca-file @system-ca\n"
                      "  http-request set-header x-sitemap(/h/no.map) y\n"
                      "program p\n"
                      "  command tail -f /var/log/x\n"),
                ElementsAre("acl /h/o.lst 2", "acl /h/f.lst 2"));
}

TEST(FileUses, OfATemplateAreWholeNames) {
    EXPECT_THAT(found("frontend f\n"
                      "  acl x hdr(host) -f {{getv \"/file\"}} -f /h/whole.lst\n"
                      "  use_backend {{getv \"/b}} if { src -f /h/odd.lst }\n"),
                ElementsAre("acl /h/whole.lst 2", "acl /h/odd.lst 3"));
    EXPECT_THAT(found(""), IsEmpty());
}

TEST(FileUses, MeanAFileInSeveralWays) {
    const auto all = uses("frontend f\n acl a src -f /h/x/../deny.lst -f maps/more.lst\n"
                          " bind :443 ssl crt /h/certs/ crt /h/others\n");
    EXPECT_TRUE(means_file(all, "/h/deny.lst"));
    EXPECT_TRUE(means_file(all, "/h/y/../deny.lst"));
    EXPECT_TRUE(means_file(all, "/h/maps/more.lst"));
    EXPECT_TRUE(means_file(all, "/h/certs/one.pem"));
    EXPECT_TRUE(means_file(all, "/h/others/one.pem"));
    EXPECT_FALSE(means_file(all, "/h/more.lst"));
    EXPECT_FALSE(means_file(all, "/other/deny.lst"));
    EXPECT_FALSE(means_file(all, "/h/certs/deep/one.pem"));
}

TEST(FileUses, SayHowAFileIsRead) {
    const auto all = uses("global\n crt-base /h\nfrontend f\n acl a src -f deny.lst\n"
                          " bind :443 ssl crt one.pem crt certs/ crt-list all.list\n"
                          " errorfile 503 /h/503.http\n");
    for (const auto& [path, reading] : {std::pair("/x/deny.lst", Reading::lines),
                                        {"/x/all.list", Reading::lines},
                                        {"/h/one.pem", Reading::certificates},
                                        {"/h/certs/two.pem", Reading::certificates},
                                        {"/h/certs/two.pem.key", Reading::whole},
                                        {"/h/certs/two.pem.ocsp", Reading::whole},
                                        {"/h/certs/.two.pem", Reading::whole},
                                        {"/h/503.http", Reading::whole},
                                        {"/h/other", Reading::whole}})
        EXPECT_EQ(reading_of(all, path), reading) << path;
}

/// Commands must name it so.
TEST(FileUses, OfCertificatesAreNamedAsHAProxyNamesThem) {
    const auto name = [](const std::string& base, const std::string& file) {
        return uses("global\n " + base + "\nfrontend f\n bind :443 ssl crt " + file + "\n")
            .at(0)
            .name;
    };
    EXPECT_EQ(name("maxconn 1", "one.pem"), "one.pem");
    EXPECT_EQ(name("crt-base certs", "one.pem"), "certs/one.pem");
    EXPECT_EQ(name("crt-base /h/certs/", "x/one.pem"), "/h/certs//x/one.pem");
    EXPECT_EQ(name("crt-base /h/certs", "/h/one.pem"), "/h/one.pem");
}

} // namespace
} // namespace hitless::haproxy
