// Kinds of checks, of servers in clear text, with TLS and with a PROXY header.
#include "equal/ways.hpp"

namespace hitless::test {
namespace {

constexpr int never = Scenario::never;

struct Check {
    const char* name;
    const char* lines;
    const char* global = "";
    int added_from = 206;
    int until = never;
};

constexpr Check checks[] = {
    {"httpchk", "    option httpchk\n"},
    {"httpchk_uri_and_host",
     "    option httpchk HEAD /status HTTP/1.1\\r\\nHost:\\ check.example\n", "", 206, 300},
    {"http_check_send",
     "    option httpchk\n    http-check send meth GET uri /c ver HTTP/1.1 hdr host c.example "
     "body x\n"},
    {"http_check_expect", "    option httpchk\n    http-check expect status 200-299\n"},
    {"http_check_expect_fails", "    option httpchk\n    http-check expect status 404\n"},
    {"http_check_expect_string", "    option httpchk\n    http-check expect rstring s[0-9]\n"},
    {"http_check_connect", "    option httpchk\n    http-check connect default\n"},
    {"http_check_connect_port", "    option httpchk\n    http-check connect port @PX@\n"},
    {"http_check_connect_ssl",
     "    option httpchk\n    http-check connect ssl sni e.example alpn http/1.1\n",
     "    ssl-server-verify none\n"},
    {"http_check_connect_proxy", "    option httpchk\n    http-check connect send-proxy\n"},
    {"http_check_connect_linger", "    option httpchk\n    http-check connect default linger\n"},
    {"http_check_send_state", "    option httpchk\n    http-check send-state\n"},
    {"http_check_disable_on_404", "    option httpchk\n    http-check disable-on-404\n"},
    {"tcp_check_connect", "    option tcp-check\n    tcp-check connect\n"},
    {"tcp_check_expect", "    option tcp-check\n    tcp-check connect\n    tcp-check send "
                         "PING\\r\\n\n    tcp-check expect "
                         "string +PONG\n"},
    {"tcp_check_two",
     "    option tcp-check\n    tcp-check connect\n    tcp-check send "
     "PING\\r\\n\n    tcp-check expect "
     "string +PONG\n    tcp-check connect port @PX@ ssl\n    tcp-check send "
     "PING\\r\\n\n    tcp-check "
     "expect string +PONG\n",
     "    ssl-server-verify none\n"},
    {"redis_check", "    option redis-check\n"},
    {"mysql_check", "    option mysql-check user check\n"},
    {"pgsql_check", "    option pgsql-check user check\n"},
    {"smtp_check", "    option smtpchk\n"},
    {"ldap_check", "    option ldap-check\n"},
    {"ssl_hello_check", "    option ssl-hello-chk\n"},
    {"external_check",
     "    option external-check\n    external-check command /bin/true\n    external-check path "
     "/usr/bin:/bin\n",
     "    external-check\n    insecure-fork-wanted\n", never, 304}, // 3.4.0 dies of it anyway
};

} // namespace

void add_checks(std::vector<Scenario>& all) {
    for (const Check& check : checks) {
        for (const auto& [kind, words] :
             {std::pair{"", ""}, std::pair{"_over_tls", " ssl verify none"},
              std::pair{"_with_proxy", " send-proxy"}}) {
            Option option{.name = std::string("type_") + check.name + kind,
                          .words = "check inter 50ms" + std::string(words),
                          .added_from = check.added_from,
                          .until = check.until,
                          .backend = check.lines,
                          .global = check.global};
            if (*words == '\0')
                option.other = "check inter 90ms";
            const std::size_t before = all.size();
            add_ways(option, all);
            // With TLS and a PROXY header the ways that differ most are enough.
            if (*words != '\0')
                std::erase_if(all, [&, i = std::size_t(0)](const Scenario& scenario) mutable {
                    return i++ >= before && !scenario.name.ends_with("added") &&
                           !scenario.name.ends_with("inherited");
                });
        }
    }
}

} // namespace hitless::test
