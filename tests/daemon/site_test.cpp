#include "daemon/site.hpp"
#include "support/certificate.hpp"

#include <gmock/gmock.h>

#include <list>
#include <memory>
#include <string>
#include <utility>

// What the resources of a confdir are to each other, without a template or a file.
namespace hitless::daemon {
namespace {

using haproxy::Reading;
using testing::ElementsAre;
using Role = Site::Role;

const std::string reload = "systemctl reload haproxy";
const std::string cfg = "/h/haproxy.cfg";
const std::string map = "/h/hosts.map";
const std::string motd = "/etc/motd";

haproxy::Config config_with(const std::string& line) {
    return haproxy::Config::parse("frontend f\n " + line + "\n").value();
}

Site::SharedText shared(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
}

class Sites : public testing::Test {
  protected:
    struct Keeper {
        confd::Resource resource;
        Inbox inbox;
        int wakes = 0;

        /// What it was told of files that its configuration uses: "PATH", with "reload" behind it
        /// where this keeper is to reload, and "live" where it needn't.
        [[nodiscard]] std::vector<std::string> used_files() const {
            std::vector<std::string> all;
            for (const Inbox::UsedFile& file : inbox.used_files)
                all.push_back(file.path + (file.is_live ? " live" : "") +
                              (file.needs_reload ? " reload" : ""));
            return all;
        }
    };

    Keeper& add(const std::string& dest, const std::string& reload_cmd = reload) {
        Keeper& keeper = keepers_.emplace_back();
        keeper.resource.dest = dest;
        keeper.resource.reload_cmd = reload_cmd;
        site_.add(keeper.resource, keeper.inbox, [&keeper] { ++keeper.wakes; });
        return keeper;
    }

    void render(const std::string& dest, const std::string& line) {
        site_.renders_configuration(dest, config_with(line), true);
        site_.take_reloads(dest, true);
    }

    std::list<Keeper> keepers_;
    Site site_{[](const std::string&) { return std::nullopt; }};
};

TEST_F(Sites, KnowWhatEachResourceRenders) {
    add(cfg);
    add(map);
    add(motd);
    EXPECT_EQ(site_.role(cfg), Role::unknown);
    site_.renders_other(map);
    site_.renders_other(motd);
    EXPECT_EQ(site_.role(map), Role::other);
    render(cfg, "acl a hdr(host),map(" + map + ") -m found");
    EXPECT_EQ(site_.role(cfg), Role::configuration);
    EXPECT_EQ(site_.role(map), Role::used_file);
    EXPECT_EQ(site_.role(motd), Role::other);
}

TEST_F(Sites, SayWhyAFileIsNotLive) {
    add(cfg);
    add("/h/second.cfg");
    Keeper& file = add(map);
    add(motd);
    site_.expect_uses({{haproxy::FileUse::Kind::map, map, map}});
    const auto why = [&] { return site_.why_not_live(map); };
    EXPECT_EQ(why(), "no template renders now the configuration that uses the file");
    EXPECT_EQ(site_.why_not_live(motd), "");
    site_.has_text(map, shared("a b\n"), {});
    const std::string use = "use_backend %[hdr(host),map(" + map + ")]";
    render(cfg, use);
    EXPECT_EQ(why(), "no HAProxy of its configuration can be told");
    file.resource.live = false;
    EXPECT_EQ(why(), "its resource says live = false");
    file.resource.live = true;
    render(cfg, use + "\n errorfile 503 " + map);
    EXPECT_EQ(why(), "the configuration uses the file for something else, too");
    render(cfg, "bind :443 ssl crt " + map);
    EXPECT_EQ(why(), "there is no private key in it: HAProxy takes only a file that has the key, "
                     "too");
    render(cfg, "bind :443 ssl crt /h");
    EXPECT_EQ(why(), "HAProxy has the file from a directory, whose files come and go with a "
                     "reload");
    render(cfg, use);
    render("/h/second.cfg", use);
    EXPECT_EQ(why(), "several configurations use the file");
    render("/h/second.cfg", "mode http");
    render(cfg, "mode http");
    EXPECT_EQ(site_.why_not_live(motd), "");
}

TEST_F(Sites, AreToldWhenARoleChanges) {
    add(cfg);
    add(map);
    site_.renders_other(map);
    render(cfg, "acl a src -f " + map);
    render(cfg, "acl a src 10.0.0.1");
    EXPECT_EQ(site_.role(map), Role::other) << "it isn't used any more";
    render(cfg, "acl a src -f " + map);
    site_.renders_other(cfg);
    EXPECT_EQ(site_.role(cfg), Role::other);
    EXPECT_EQ(site_.role(map), Role::other);
    render(map, "acl a src 10.0.0.1");
    EXPECT_EQ(site_.role(map), Role::configuration);
}

TEST_F(Sites, ReloadOnceForAFileWithTheSameCommand) {
    Keeper& keeper = add(cfg);
    add(map);
    add(motd);
    render(cfg, "acl a src -f " + map);
    EXPECT_TRUE(site_.written(map));
    EXPECT_FALSE(site_.written(motd));
    EXPECT_THAT(keeper.used_files(), ElementsAre(map + " reload"));
    EXPECT_EQ(keeper.wakes, 1);
}

TEST_F(Sites, LeaveAnotherCommandToTheFile) {
    struct Case {
        std::string of_cfg;
        std::string of_map;
    };
    for (const Case& each : {Case{reload, "systemctl reload other"}, Case{"", ""}, Case{reload, ""},
                             Case{"reload {{.dest}}", "reload {{.dest}}"}}) {
        SCOPED_TRACE(each.of_map);
        site_ = Site([](const std::string&) { return std::nullopt; });
        Keeper& keeper = add(cfg, each.of_cfg);
        add(map, each.of_map);
        render(cfg, "acl a src -f " + map);
        EXPECT_FALSE(site_.written(map));
        EXPECT_THAT(keeper.used_files(), ElementsAre(map))
            << "check_cmd may accept what it has refused without the file";
    }
}

TEST_F(Sites, GiveFilesToTheHAProxiesThatCanHaveThemLive) {
    Keeper& keeper = add(cfg);
    add(map, "systemctl reload other");
    render(cfg, "use_backend %[src,map_ip(hosts.map)] if { src,map_sub(hosts.map) -m found }");
    site_.has_text(map, shared("a 1\n# b 2\n"), std::nullopt);
    EXPECT_TRUE(keeper.inbox.has_live_files);
    EXPECT_EQ(keeper.wakes, 1);
    const live::Files files = site_.live_files(cfg);
    ASSERT_EQ(files.size(), 1U);
    const auto& [object, file] = *files.begin();
    EXPECT_EQ(to_string(object), "map hosts.map") << "as the configuration names it";
    EXPECT_EQ(*file.entries, haproxy::EntryList(haproxy::PatternEntries{{"a", "1"}}));
    EXPECT_TRUE(file.in_order) << "for one of its two uses";
    EXPECT_TRUE(site_.written(map)) << "whatever its own command is";
    EXPECT_THAT(keeper.used_files(), ElementsAre(map + " live"));
    site_.has_text(map, shared("a 1\n# b 2\n"), std::nullopt);
    EXPECT_EQ(site_.live_files(cfg), files) << "the same entries, not such ones";
    EXPECT_EQ(keeper.wakes, 2);
    site_.has_text(map, shared("a 2\n"), std::nullopt);
    EXPECT_NE(site_.live_files(cfg), files);
}

/// Nothing but what is on disk may lead to a reload.
TEST_F(Sites, GiveWhatIsAboutToBeWritten) {
    Keeper& keeper = add(cfg);
    add(map);
    render(cfg, "use_backend %[src,map_ip(hosts.map)]");
    EXPECT_FALSE(site_.can_be_told_first(map)) << "nobody knows what is in it";
    site_.has_text(map, shared("a 1\n"), std::nullopt);
    EXPECT_TRUE(site_.can_be_told_first(map));
    const live::Files before = site_.live_files(cfg);
    EXPECT_TRUE(before.begin()->second.is_on_disk);
    keeper.inbox = {};
    site_.will_have_text(map, shared("a 1\n"), std::nullopt);
    EXPECT_FALSE(keeper.inbox.has_live_files) << "it is there already";
    site_.will_have_text(map, shared("a 2\n"), std::nullopt);
    EXPECT_TRUE(keeper.inbox.has_live_files);
    const live::Files coming = site_.live_files(cfg);
    EXPECT_FALSE(coming.begin()->second.is_on_disk);
    EXPECT_EQ(*coming.begin()->second.entries,
              haproxy::EntryList(haproxy::PatternEntries{{"a", "2"}}));
    keeper.inbox = {};
    site_.has_text(map, shared("a 2\n"), std::nullopt);
    EXPECT_TRUE(keeper.inbox.has_live_files);
    const live::Files there = site_.live_files(cfg);
    EXPECT_TRUE(there.begin()->second.is_on_disk);
    EXPECT_EQ(there.begin()->second.entries, coming.begin()->second.entries);
    site_.will_have_text(map, shared("a 3\n"), std::nullopt);
    site_.has_text(map, shared("a 2\n"), std::nullopt); // it couldn't be written
    EXPECT_EQ(*site_.live_files(cfg).begin()->second.entries, *there.begin()->second.entries);
    render(cfg,
           "http-request set-path %[path] if { src -f hosts.map } { src,map_ip(hosts.map) x }");
    EXPECT_EQ(site_.live_files(cfg).size(), 2U) << "as a map and as an ACL";
}

TEST_F(Sites, GiveCertificatesWithTheirKeys) {
    const std::string pem = "/h/site.pem";
    Keeper& keeper = add(cfg);
    add(pem, "systemctl reload other");
    render(cfg, "bind :443 ssl crt " + pem);
    const test::MadeCertificate made = test::make_certificate("a.example");
    site_.has_text(pem, shared(made.certificate), std::nullopt);
    EXPECT_TRUE(site_.live_files(cfg).empty()) << "HAProxy looks for the key in another file";
    EXPECT_FALSE(site_.written(pem));
    site_.has_text(pem, shared(made.bundle()), std::nullopt);
    const live::Files files = site_.live_files(cfg);
    ASSERT_EQ(files.size(), 1U);
    EXPECT_EQ(to_string(files.begin()->first), "certificate " + pem);
    EXPECT_EQ(files.begin()->second.certificate->fingerprint, made.fingerprint);
    EXPECT_FALSE(files.begin()->second.is_in_doubt);
    EXPECT_EQ(site_.live_files(cfg), files);
    EXPECT_TRUE(site_.written(pem, true));
    EXPECT_TRUE(site_.live_files(cfg).begin()->second.is_in_doubt);
    EXPECT_EQ(keeper.used_files().back(), pem + " live");
    render(cfg, "bind :443 ssl crt /h");
    EXPECT_TRUE(site_.live_files(cfg).empty()) << "one of a directory";
}

TEST_F(Sites, DoNotGiveOtherFiles) {
    const std::string use = "acl a src -f " + map;
    struct Case {
        const char* what;
        std::string line;
        std::string second;
        bool live = true;
        bool has_text = true;
    };
    for (const Case& each :
         {Case{"one that its resource leaves to reloads", use, "", false},
          Case{"one that two use", use, use},
          Case{"one that is no map", "errorfile 503 " + map, ""},
          Case{"one that is a certificate too", use + "\n bind :443 ssl crt " + map, ""},
          Case{"one of several that may be meant", "acl a src -f hosts.map", "acl b src 10.0.0.1"},
          Case{"one that isn't written", use, "", true, false},
          Case{"one that nobody uses", "acl a src 10.0.0.1", ""}}) {
        SCOPED_TRACE(each.what);
        site_ = Site([](const std::string&) { return std::nullopt; });
        add(cfg);
        add(map, "other").resource.live = each.live;
        render(cfg, each.line);
        if (!each.second.empty()) {
            add("/h/second.cfg");
            add("/other/hosts.map");
            render("/h/second.cfg", each.second);
        }
        if (each.has_text)
            site_.has_text(map, shared("a 1\n"), std::nullopt);
        EXPECT_TRUE(site_.live_files(cfg).empty());
        EXPECT_FALSE(site_.written(map));
    }
}

TEST_F(Sites, LeaveTheReloadToTheFileWhereNobodyElseDoesIt) {
    add(cfg);
    add(map);
    EXPECT_FALSE(site_.written(map)) << "nothing has been rendered yet";
    render(cfg, "acl a src -f " + map);
    site_.take_reloads(cfg, false); // it is about to end
    EXPECT_FALSE(site_.written(map));
}

/// Either might fail, and each has its own HAProxy.
TEST_F(Sites, LeaveTheReloadToAFileThatTwoUse) {
    add(cfg);
    add("/h/second.cfg");
    add(map);
    render(cfg, "acl a src -f " + map);
    render("/h/second.cfg", "acl a src -f " + map);
    EXPECT_FALSE(site_.written(map));
}

TEST_F(Sites, KnowWhichFilesAreAboutToBeWritten) {
    Keeper& keeper = add(cfg);
    Keeper& of_map = add(map);
    Keeper& of_motd = add(motd);
    render(cfg, "acl a src -f " + map);
    of_map.inbox = {}; // it was rendered again, since HAProxy reads it by lines
    EXPECT_FALSE(site_.awaits_file(cfg));
    of_motd.inbox.changed = true;
    EXPECT_FALSE(site_.awaits_file(cfg));
    of_map.inbox.changed = true;
    EXPECT_TRUE(site_.awaits_file(cfg)) << "its keeper has not looked yet";
    site_.begin_writing(map);
    of_map.inbox.changed = false;
    EXPECT_TRUE(site_.awaits_file(cfg));
    site_.end_writing(map);
    EXPECT_FALSE(site_.awaits_file(cfg));
    EXPECT_EQ(keeper.wakes, 1);
    of_map.inbox.changed = true; // a key that came too late for -onetime
    site_.keeper_ended(map);
    EXPECT_FALSE(site_.awaits_file(cfg)) << "nobody writes it any more";
}

TEST_F(Sites, RenderAFileAgainWhenItTurnsOutHowItIsRead) {
    add(cfg);
    Keeper& of_map = add(map);
    Keeper& of_certificate = add("/h/site.pem");
    site_.renders_other(map);
    EXPECT_EQ(site_.reading(map), Reading::whole);
    render(cfg, "bind :443 ssl crt /h/site.pem");
    EXPECT_EQ(site_.reading("/h/site.pem"), Reading::certificates);
    EXPECT_TRUE(of_certificate.inbox.changed);
    EXPECT_EQ(of_certificate.wakes, 1);
    EXPECT_FALSE(of_map.inbox.changed);
    render(cfg, "use_backend %[src,map_ip(" + map + ")]");
    EXPECT_EQ(site_.reading(map), Reading::lines);
    EXPECT_TRUE(of_map.inbox.changed);
    EXPECT_EQ(of_map.wakes, 1);
    EXPECT_EQ(site_.reading("/h/site.pem"), Reading::whole) << "it isn't used any more";
}

TEST_F(Sites, ExpectWhatTemplatesName) {
    add(map);
    site_.expect_uses({{haproxy::FileUse::Kind::map, map, map, 3}});
    EXPECT_EQ(site_.reading(map), Reading::lines) << "before anything is rendered";
}

/// Thousands of servers change, and nobody takes all lines apart for that.
TEST_F(Sites, LookForFilesWhenOtherLinesThanServersDiffer) {
    add(cfg);
    add(map);
    render(cfg, "acl a src 10.0.0.1");
    site_.renders_configuration(cfg, config_with("acl a src -f " + map), false);
    EXPECT_EQ(site_.role(map), Role::unknown);
    site_.renders_configuration(cfg, config_with("acl a src -f " + map), true);
    EXPECT_EQ(site_.role(map), Role::used_file);
}

} // namespace
} // namespace hitless::daemon
