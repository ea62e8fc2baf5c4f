// docs/library.md's example, as that page shows it, with a real HAProxy; and its list of headers.
#include "docs/tables.hpp"
#include "support/free_port.hpp"
#include "support/haproxy_server.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

namespace hitless {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string page = test::read_text(HITLESS_SOURCE "/docs/library.md");

class Library : public ::testing::Test {
  protected:
    Library()
        : template_(directory_.write("haproxy.cfg.tmpl",
                                     "global\n    stats socket " + directory_.path().string() +
                                         "/admin.sock level admin expose-fd listeners\n"
                                         "defaults\n    mode http\n    timeout connect 1s\n"
                                         "    timeout server 30s\n"
                                         "    timeout client {{getv \"/client\"}}\n"
                                         "backend app\n{{range gets \"/servers/*\"}}"
                                         "    server {{base .Key}} {{.Value}}\n{{end}}")),
          before_(keys("before", "30s", "")),
          haproxy_(configuration(), test::HaproxyServer::Mode::plain) {}

    std::string keys(const std::string& name, const std::string& client, const std::string& more) {
        return directory_.write(
            name, fmt::format("client: {}\nservers: {{web1: 127.0.0.1:8001{}}}\n", client, more));
    }

    /// What the template makes of the keys before.
    static std::string configuration() {
        return "global\n    stats socket @DIR@/admin.sock level admin expose-fd listeners\n"
               "defaults\n    mode http\n    timeout connect 1s\n    timeout server 30s\n"
               "    timeout client 30s\nbackend app\n    server web1 127.0.0.1:8001\n";
    }

    std::string run(const std::string& after) {
        test::Process process({EXAMPLE, template_, before_, after, haproxy_.socket()},
                              directory_ / "log" + after.substr(after.rfind('/') + 1));
        EXPECT_EQ(process.wait_exit(), 0) << process.log();
        return process.log();
    }

    test::TemporaryDirectory directory_;
    std::string template_;
    std::string before_;
    test::HaproxyServer haproxy_;
};

TEST_F(Library, TheExampleSaysWhatThePageSays) {
    if (test::haproxy_version() != 206)
        GTEST_SKIP() << "the page shows what HAProxy 2.6 needs";
    const std::string output = run(keys("after", "60s", ", web2: 127.0.0.1:8002"));
    for (const char* const begin : {"differs: ", "command: ", "HAProxy must"}) {
        for (std::size_t at = output.find(begin); at != std::string::npos;
             at = output.find(begin, at + 1))
            EXPECT_THAT(page,
                        HasSubstr("    " + output.substr(at, output.find('\n', at) + 1 - at)));
    }
    EXPECT_THAT(output, HasSubstr("HAProxy must be reloaded\n"));
}

TEST_F(Library, TheExampleNeedsNoReloadForAServer) {
    const std::string output = run(keys("after", "30s", ", web2: 127.0.0.1:8002"));
    EXPECT_THAT(output, HasSubstr("differs: server app/web2\n"));
    if (test::haproxy_version() >= 205) {
        EXPECT_THAT(output, AllOf(HasSubstr("command: add server app/web2 127.0.0.1:8002"),
                                  HasSubstr("\nno reload\n"), Not(HasSubstr("must"))));
    }
}

TEST_F(Library, TheExampleChangesNothing) {
    // The tenth field is the time since the last change of a server, in seconds.
    const auto servers = [this] {
        return std::regex_replace(haproxy_.command("show servers state"),
                                  std::regex(R"(\n((\S+ ){9})\d+ )"), "\n$1");
    };
    const std::string before = servers();
    EXPECT_THAT(before, HasSubstr(" web1 127.0.0.1 2 0 1 1 "));
    run(keys("after", "30s", ", web2: 127.0.0.1:8002"));
    EXPECT_EQ(servers(), before);
}

TEST(LibraryPage, NamesHeadersThatAreInstalled) {
    const auto rows = test::table_rows(page, "header");
    EXPECT_EQ(rows.size(), 13U);
    for (const auto& row : rows) {
        const std::string header = test::code_spans(row[0]).at(0);
        EXPECT_TRUE(std::filesystem::exists(HITLESS_SOURCE "/include/hitless/" + header)) << header;
    }
}

} // namespace
} // namespace hitless
