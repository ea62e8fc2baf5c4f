// Options of TLS to servers, and what they mean for checks.
#include "equal/ways.hpp"

namespace hitless::test {
namespace {

const std::string check = "check inter 50ms";
const std::string http_check = "    option httpchk GET /check\n";
const std::string ssl = "ssl verify none";

std::vector<Option> options() {
    return {
        {.name = "ssl", .words = ssl, .other = ssl + " sni str(b.example)"},
        {.name = "no_ssl",
         .words = "no-ssl",
         .inherited = false,
         .backend = "    default-server ssl verify none\n"},
        {.name = "sni", .words = "sni str(a.example)", .other = "sni req.hdr(host)", .base = ssl},
        {.name = "sni_auto",
         .words = "sni-auto",
         .other = "no-sni-auto",
         .base = ssl,
         .added_from = Scenario::never,
         .since = 303},
        {.name = "alpn", .words = "alpn h2,http/1.1", .other = "alpn http/1.1", .base = ssl},
        {.name = "npn", .words = "npn http/1.1", .base = ssl},
        {.name = "force_tlsv12", .words = "force-tlsv12", .other = "force-tlsv13", .base = ssl},
        {.name = "ssl_max_ver",
         .words = "ssl-max-ver TLSv1.2",
         .other = "ssl-max-ver TLSv1.3",
         .base = ssl},
        {.name = "ssl_min_ver", .words = "ssl-min-ver TLSv1.3", .base = ssl},
        {.name = "no_tlsv13", .words = "no-tlsv13", .base = ssl},
        {.name = "ciphers",
         .words = "ciphers ECDHE-ECDSA-AES128-GCM-SHA256 ssl-max-ver TLSv1.2",
         .base = ssl},
        {.name = "ciphersuites", .words = "ciphersuites TLS_AES_128_GCM_SHA256", .base = ssl},
        {.name = "no_tls_tickets", .words = "no-tls-tickets", .base = ssl},
        {.name = "no_ssl_reuse", .words = "no-ssl-reuse", .base = ssl},
        {.name = "crt", .words = "crt @CERT@", .base = ssl},
        {.name = "ca_file", .words = "ssl verify required ca-file @CERT@", .other = ssl},
        {.name = "verifyhost",
         .words = "verifyhost server.example",
         .other = "verifyhost other.example",
         .base = "ssl verify required ca-file @CERT@"},
        {.name = "allow_0rtt", .words = "allow-0rtt", .base = ssl},
        {.name = "curves", .words = "curves P-256", .base = ssl, .since = 300},
        {.name = "sigalgs", .words = "sigalgs ECDSA+SHA256", .base = ssl, .since = 209},
        {.name = "send_proxy_v2_ssl",
         .words = "send-proxy-v2-ssl",
         .other = "send-proxy-v2-ssl-cn",
         .base = ssl},
        {.name = "ssl_check", .words = ssl, .base = check},
        {.name = "ssl_httpchk",
         .words = ssl,
         .other = ssl + " sni str(b.example)",
         .base = check,
         .backend = http_check},
        {.name = "ssl_httpchk_with_port",
         .words = ssl,
         .base = check + " port @PX@",
         .backend = http_check},
        {.name = "ssl_httpchk_inter",
         .words = "inter 60ms",
         .other = "inter 70ms",
         .base = "check " + ssl,
         .backend = http_check},
        {.name = "check_ssl",
         .words = "check-ssl verify none",
         .base = check,
         .backend = http_check},
        {.name = "check_ssl_with_port",
         .words = "check-ssl",
         .base = check + " port @PX@ " + ssl,
         .backend = http_check},
        {.name = "no_check_ssl",
         .words = "no-check-ssl",
         .inherited = false,
         .base = check,
         .backend = http_check + "    default-server ssl verify none check-ssl\n"},
        {.name = "check_sni",
         .words = "check-sni c.example",
         .other = "check-sni d.example",
         .base = check + " " + ssl,
         .backend = http_check},
        {.name = "sni_httpchk",
         .words = "sni str(a.example)",
         .base = check + " " + ssl,
         .backend = http_check},
        {.name = "check_alpn",
         .words = "check-alpn http/1.1",
         .other = "check-alpn h2",
         .base = check + " " + ssl,
         .backend = http_check},
        {.name = "alpn_httpchk",
         .words = "alpn h2,http/1.1",
         .base = check + " " + ssl,
         .backend = http_check},
        {.name = "alpn_and_check_alpn",
         .words = "check-alpn http/1.1",
         .base = check + " " + ssl + " alpn h2",
         .backend = http_check},
        {.name = "ssl_send_proxy_httpchk",
         .words = "send-proxy-v2",
         .other = "send-proxy",
         .base = check + " " + ssl,
         .backend = http_check},
        {.name = "ssl_agent", .words = "agent-check agent-inter 50ms agent-port @A1@", .base = ssl},
    };
}

} // namespace

void add_tls_options(std::vector<Scenario>& all) {
    for (const Option& option : options())
        add_ways(option, all);
}

} // namespace hitless::test
