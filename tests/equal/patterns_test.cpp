// Map files and ACL files that are changed live, on a HAProxy that is then compared with a fresh
// one of the same files: its entries, and what it finds.
#include "hitless/haproxy/pattern_file.hpp"

#include "equal/updater.hpp"
#include "support/haproxy_server.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace hitless::test {
namespace {

using plan::ObjectId;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// A file, what uses it, and the keys that make sense there.
struct PatternFile {
    std::string name;
    ObjectId::Kind kind;
    bool in_order;
    std::string use; ///< a line of a frontend; `FILE` stands for the file
    std::function<std::string(unsigned)> key;
};

const std::vector<PatternFile>& all_files() {
    using Kind = ObjectId::Kind;
    const auto path = [](unsigned n) { return fmt::format("/p{}", n); };
    const auto net = [](unsigned n) { return fmt::format("10.{}.0.0/{}", n % 7, 12 + n % 13); };
    static const std::vector<PatternFile> files = {
        {"str.map", Kind::map, false, "http-request set-header a %[path,map(FILE,none)]", path},
        {"beg.map", Kind::map, false, "http-request set-header b %[path,map_beg(FILE,none)]", path},
        {"reg.map", Kind::map, true, "http-request set-header c %[path,map_reg(FILE,none)]", path},
        {"sub.map", Kind::map, true, "http-request set-header d %[path,map_sub(FILE)]", path},
        {"ip.map", Kind::map, false, "http-request set-header e %[src,map_ip(FILE)]", net},
        {"str.acl", Kind::acl, false, "http-request deny if { path -f FILE }", path},
        {"sub.acl", Kind::acl, false, "http-request deny if { path_sub -i -f FILE }", path},
        {"ip.acl", Kind::acl, false, "http-request deny if { src -f FILE }", net},
    };
    return files;
}

using Texts = std::map<std::string, std::string>; ///< of the files, by their names

class PatternsEqual : public testing::Test {
  protected:
    std::string configuration() {
        std::string text = "global\n    stats socket @DIR@/admin.sock level admin expose-fd "
                           "listeners\ndefaults\n    mode http\n    timeout connect 2s\n"
                           "    timeout client 2s\n    timeout server 2s\n"
                           "frontend f\n    bind unix@@DIR@/f.sock\n";
        for (const PatternFile& file : all_files())
            text += "    " + boost::replace_all_copy(file.use, "FILE", path_of(file)) + "\n";
        return text;
    }

    [[nodiscard]] std::string path_of(const PatternFile& file) const {
        return directory_ / file.name;
    }

    void write(const Texts& texts) {
        for (const PatternFile& file : all_files()) {
            const auto text = texts.find(file.name);
            directory_.write(file.name, text == texts.end() ? "" : text->second);
        }
    }

    live::Files wanted(const Texts& texts) {
        live::Files files;
        for (const auto& file : all_files()) {
            const auto text = texts.find(file.name);
            const auto kind = file.kind == ObjectId::Kind::map ? haproxy::FileUse::Kind::map
                                                               : haproxy::FileUse::Kind::acl;
            files[{file.kind, path_of(file), {}}] = {
                std::make_shared<haproxy::EntryList>(kind, text == texts.end() ? std::string()
                                                                               : text->second),
                file.in_order};
        }
        return files;
    }

    /// The entries of a file, without their places in memory.
    [[nodiscard]] std::string entries(const HaproxyServer& haproxy, const PatternFile& file) const {
        std::string text;
        const std::string answer =
            haproxy.command(fmt::format("show {} {}", to_string(file.kind), path_of(file)));
        for (std::size_t at = 0; at < answer.size();) {
            const std::size_t end = std::min(answer.find('\n', at), answer.size());
            const std::string line = answer.substr(at, end - at);
            text += line.substr(std::min(line.find(' '), line.size())) + "\n";
            at = end + 1;
        }
        return text;
    }

    /// What it finds for some keys.
    [[nodiscard]] std::string found(const HaproxyServer& haproxy, const PatternFile& file) const {
        std::string text;
        for (unsigned n = 0; n < 24; ++n) {
            std::string key = file.key(n);
            key = key.substr(0, key.find('/', 1)); // of a network, an address
            text += key + ": " +
                    haproxy.command(
                        fmt::format("get {} {} {}", to_string(file.kind), path_of(file), key)) +
                    "\n";
        }
        return text;
    }

    /// Shows only where they begin to differ: there may be a hundred thousand lines.
    static void expect_same(const std::string& live, const std::string& fresh,
                            const std::string& name) {
        const auto at = std::ranges::mismatch(live, fresh).in1 - live.begin();
        const auto line = live.rfind('\n', static_cast<std::size_t>(at));
        const std::size_t from = line == std::string::npos ? 0 : line;
        EXPECT_TRUE(live == fresh) << name << ", of " << live.size() << " and " << fresh.size()
                                   << " characters, differ from here on:\n"
                                   << live.substr(from, 200) << "\nfresh:\n"
                                   << fresh.substr(std::min(from, fresh.size()), 200);
    }

    void expect_equal(const HaproxyServer& haproxy) {
        const HaproxyServer fresh(configuration(), HaproxyServer::Mode::plain);
        for (const PatternFile& file : all_files()) {
            expect_same(entries(haproxy, file), entries(fresh, file), file.name);
            expect_same(found(haproxy, file), found(fresh, file), file.name);
        }
    }

    TemporaryDirectory directory_;
};

/// Lines of a file that are changed at random.
class RandomLines {
  public:
    RandomLines(const PatternFile& file, std::mt19937& random) : file_(file), random_(random) {}

    void change() {
        const unsigned times = pick(4) == 0 ? 1 + pick(5) : 1;
        for (unsigned i = 0; i < times; ++i)
            change_once();
    }

    [[nodiscard]] std::string text() const {
        std::string text;
        for (const std::string& line : lines_)
            text += line + "\n";
        return text;
    }

  private:
    unsigned pick(unsigned below) {
        return std::uniform_int_distribution<unsigned>(0, below - 1)(random_);
    }

    std::string line() {
        const std::vector<std::string> values = {"a",     "b c",      "  d  e ", "x;y\\z",
                                                 "\"q\"", "<< 'end'", "#f",      "g, h"};
        const std::vector<std::string> besides = {"# a comment", "", "   "};
        if (pick(12) == 0)
            return besides[pick(3)];
        const std::string key = file_.key(pick(20));
        if (file_.kind == ObjectId::Kind::acl)
            return key;
        return (pick(8) == 0 ? " \t" : "") + key + (pick(8) == 0 ? " \t " : " ") +
               values[pick(static_cast<unsigned>(values.size()))];
    }

    void change_once() {
        const auto at = [&] { return lines_.begin() + pick(static_cast<unsigned>(lines_.size())); };
        const unsigned what = lines_.empty() ? 0 : pick(9);
        if (what <= 1)
            lines_.push_back(line());
        else if (what <= 3)
            lines_.insert(at(), line());
        else if (what <= 5)
            lines_.erase(at());
        else if (what <= 7)
            *at() = line();
        else
            std::iter_swap(at(), at());
    }

    const PatternFile& file_;
    std::mt19937& random_;
    std::vector<std::string> lines_;
};

TEST_F(PatternsEqual, AfterRandomChanges) {
    const char* const seed = std::getenv("HITLESS_SEED");
    std::mt19937 random(seed == nullptr ? 1
                                        : static_cast<unsigned>(std::strtoul(seed, nullptr, 10)));
    std::vector<RandomLines> lines;
    for (const PatternFile& file : all_files())
        lines.emplace_back(file, random);
    Texts texts;
    write(texts);
    const HaproxyServer haproxy(configuration(), HaproxyServer::Mode::plain);
    Updater updater(haproxy.socket(), configuration());
    for (int round = 0; round < 40; ++round) {
        SCOPED_TRACE(round);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            lines[i].change();
            texts[all_files()[i].name] = lines[i].text();
        }
        const auto outcome = updater.want_files(wanted(texts));
        ASSERT_THAT(outcome.why_not(), IsEmpty());
        if (round % 10 != 9)
            continue;
        write(texts);
        expect_equal(haproxy);
        ASSERT_FALSE(HasFailure());
    }
    EXPECT_THAT(updater.compare_all().why_not(), IsEmpty());
}

TEST_F(PatternsEqual, AfterSomebodyHasTyped) {
    Texts texts;
    for (const PatternFile& file : all_files()) {
        const std::string value = file.kind == ObjectId::Kind::map ? " v" : "";
        texts[file.name] = fmt::format("{0}{2}\n{1}{2}\n", file.key(1), file.key(2), value);
    }
    write(texts);
    const HaproxyServer haproxy(configuration(), HaproxyServer::Mode::plain);
    Updater updater(haproxy.socket(), configuration());
    ASSERT_THAT(updater.want_files(wanted(texts)).why_not(), IsEmpty());
    for (const PatternFile& file : all_files()) {
        const std::string kind(to_string(file.kind));
        const bool is_map = file.kind == ObjectId::Kind::map;
        const auto type = [&](const std::string& verb, const std::string& rest) {
            return haproxy.command(fmt::format("{} {} {} {}", verb, kind, path_of(file), rest));
        };
        const std::vector<std::function<void()>> doings = {
            [&] { (void)type("add", file.key(3) + (is_map ? " x" : "")); },
            [&] { (void)type("add", file.key(1) + (is_map ? " x" : "")); },
            [&] { (void)type("del", file.key(1)); },
            [&] { (void)type(is_map ? "set" : "del", file.key(2) + (is_map ? " x" : "")); },
            [&] { (void)type("clear", ""); },
            [&] { // never committed
                EXPECT_THAT(type("prepare", ""), HasSubstr("New version created"));
            }};
        for (std::size_t i = 0; i < doings.size(); ++i) {
            SCOPED_TRACE(fmt::format("{} {}", file.name, i));
            doings[i]();
            const auto outcome = updater.compare_all();
            EXPECT_THAT(outcome.why_not(), IsEmpty());
        }
    }
    expect_equal(haproxy);
}

/// HAProxy takes the first of two entries and refuses the second: it gets neither.
TEST_F(PatternsEqual, WholeOrNotAtAll) {
    Texts texts{{"ip.map", "10.1.0.0/16 a\n"}, {"ip.acl", "10.1.0.0/16\n"}};
    write(texts);
    const HaproxyServer haproxy(configuration(), HaproxyServer::Mode::plain);
    const std::string map = entries(haproxy, all_files()[4]);
    const std::string acl = entries(haproxy, all_files()[7]);
    Updater updater(haproxy.socket(), configuration());
    ASSERT_THAT(updater.want_files(wanted(texts)).why_not(), IsEmpty());
    texts["ip.map"] = "10.2.0.0/16 b\nno-address c\n";
    EXPECT_THAT(updater.want_files(wanted(texts)).reasons, Contains(HasSubstr("no-address")));
    EXPECT_EQ(entries(haproxy, all_files()[4]), map);
    texts["ip.map"] = "10.1.0.0/16 a\n";
    texts["ip.acl"] = "10.2.0.0/16\nno-address\n";
    EXPECT_THAT(updater.want_files(wanted(texts)).reasons, Contains(HasSubstr("no-address")));
    EXPECT_EQ(entries(haproxy, all_files()[7]), acl);
    texts["ip.acl"] = "10.2.0.0/16\n";
    EXPECT_THAT(updater.want_files(wanted(texts)).why_not(), IsEmpty());
    write(texts);
    expect_equal(haproxy);
}

TEST_F(PatternsEqual, WithAHundredThousandEntries) {
    Texts texts;
    write(texts);
    const HaproxyServer haproxy(configuration(), HaproxyServer::Mode::plain);
    Updater updater(haproxy.socket(), configuration());
    for (int i = 0; i < 100'000; ++i)
        texts["str.map"] += fmt::format("/host{} backend{}\n", i, i % 50);
    ASSERT_THAT(updater.want_files(wanted(texts)).why_not(), IsEmpty());
    write(texts);
    expect_equal(haproxy);
    texts["str.map"] += "/last b\n"; // the order of what was added behind is that of the file
    boost::replace_all(texts["str.map"], "/host77777 backend27\n", "");
    boost::replace_all(texts["str.map"], "/host88888 backend38\n", "/host88888 other\n");
    ASSERT_THAT(updater.want_files(wanted(texts)).why_not(), IsEmpty());
    EXPECT_THAT(haproxy.command("show map"), HasSubstr("curr_ver=1"))
        << "few commands, and no new version";
    write(texts);
    expect_equal(haproxy);
}

} // namespace
} // namespace hitless::test
