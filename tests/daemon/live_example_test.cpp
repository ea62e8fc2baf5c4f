// examples/live on real etcd and HAProxy: hosts, refused addresses, servers and the certificate
// change without a reload.
#include "support/certificate.hpp"
#include "support/free_port.hpp"
#include "support/http.hpp"
#include "support/stage.hpp"
#include "support/text.hpp"
#include "support/wait_until.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

namespace hitless::test {
namespace {

namespace fs = std::filesystem;
using boost::replace_all_copy;

const fs::path example = HITLESS_SOURCE "/examples/live";

class LiveExample : public testing::Test {
  protected:
    LiveExample() {
        std::string cfg = read_text(example / "templates/haproxy.cfg.tmpl");
        cfg = replace_all_copy(cfg, "/run/haproxy/", "@DIR@/");
        cfg = replace_all_copy(cfg, "*:80", "127.0.0.1:@PORT@");
        cfg = replace_all_copy(cfg, "*:443", fmt::format("127.0.0.1:{}", tls_port_));
        stage_.write_template(replace_all_copy(cfg, "/etc/haproxy/", "@DIR@/"));
        for (const std::string name : {"hosts", "deny", "site"}) {
            const std::string toml = read_text(example / "conf.d" / (name + ".toml"));
            stage_.directory().write("confd/conf.d/" + name + ".toml",
                                     replace_all_copy(toml, "/etc/haproxy", directory()));
        }
        for (const std::string name : {"hosts.map", "deny.acl", "site.pem"})
            stage_.directory().write("confd/templates/" + name + ".tmpl",
                                     read_text(example / "templates" / (name + ".tmpl")));
    }

    static StageOptions options() {
        StageOptions options;
        options.toml = read_text(example / "conf.d/haproxy.toml");
        options.toml = replace_all_copy(options.toml, "/etc/haproxy/haproxy.cfg", "@DEST@");
        options.toml = replace_all_copy(options.toml, "haproxy -c", "@HAPROXY@ -c");
        options.toml = replace_all_copy(options.toml, "systemctl reload haproxy",
                                        "echo reload >> @DIR@/reloads && @RELOAD@");
        return options;
    }

    [[nodiscard]] std::string ask(const std::string& host) const {
        const HttpAnswer answer = http("GET", fmt::format("http://127.0.0.1:{}/", stage_.port()),
                                       {}, std::chrono::seconds(10), {}, {{"host", host}});
        return answer.status == 200 ? answer.body : fmt::format("HTTP {}", answer.status);
    }
    [[nodiscard]] bool wait_answer(const std::string& host, const std::string& expected) const {
        return wait_until([&] { return ask(host) == expected; });
    }
    [[nodiscard]] bool wait_shown(const MadeCertificate& certificate) const {
        return wait_until([&] {
            try {
                return shake_hands(tls_port_).fingerprint == certificate.fingerprint;
            } catch (const std::exception&) { // nobody listens there yet
                return false;
            }
        });
    }

    [[nodiscard]] std::string directory() { return stage_.haproxy().directory().path(); }
    [[nodiscard]] std::size_t reloads() {
        return count(read_text(directory() + "/reloads"), "reload");
    }

    std::uint16_t tls_port_ = free_port();
    Stage stage_{options()};
};

TEST_F(LiveExample, ChangesWithoutAReload) {
    if (haproxy_version() < 205)
        GTEST_SKIP() << "HAProxy 2.4 adds no server with a check";
    const MadeCertificate first = make_certificate("first.example");
    const MadeCertificate second = make_certificate("second.example");
    stage_.etcd.put("/certificates/site", first.bundle());
    stage_.etcd.put("/services/shop/a", stage_.web.address(0));
    stage_.etcd.put("/services/blog/a", stage_.web.address(1));
    stage_.etcd.put("/hosts/shop.example", "shop");
    stage_.start_daemon({"-reload-interval", "200ms"});
    ASSERT_TRUE(wait_answer("Shop.example:80", "s1")) << stage_.log();
    ASSERT_TRUE(wait_shown(first)) << stage_.log();
    ASSERT_TRUE(stage_.wait_log("in step with the keys: " + directory() + "/haproxy.cfg"));
    const std::size_t before = reloads();

    EXPECT_EQ(ask("blog.example"), "HTTP 503");
    stage_.etcd.put("/hosts/blog.example", "blog");
    EXPECT_TRUE(wait_answer("blog.example", "s2")) << stage_.log();
    stage_.etcd.put("/deny/here", "127.0.0.0/8");
    EXPECT_TRUE(wait_answer("blog.example", "HTTP 403")) << stage_.log();
    stage_.etcd.remove("/deny/here");
    EXPECT_TRUE(wait_answer("blog.example", "s2")) << stage_.log();
    stage_.etcd.put("/services/blog/b", stage_.web.address(2));
    EXPECT_TRUE(wait_answer("blog.example", "s3")) << stage_.log();
    stage_.etcd.put("/certificates/site", second.bundle());
    EXPECT_TRUE(wait_shown(second)) << stage_.log();
    EXPECT_EQ(fs::status(directory() + "/site.pem").permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(stage_.stop_daemon(), 0);
    EXPECT_EQ(reloads(), before) << stage_.log();
}

} // namespace
} // namespace hitless::test
