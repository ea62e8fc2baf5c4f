#include "hitless/base/text.hpp"
#include "hitless/haproxy/certificate.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <iomanip>
#include <locale>
#include <optional>
#include <sstream>
#include <utility>

// What HAProxy says of its certificates. Tried on HAProxy 2.6.
namespace hitless::haproxy {
namespace {

/// What stands behind `name` in the line.
std::optional<std::string_view> behind(std::string_view line, std::string_view name) {
    if (!line.starts_with(name))
        return std::nullopt;
    return line.substr(name.size());
}

} // namespace

CertificateList parse_certificate_list(std::string_view answer) {
    CertificateList list;
    for (const std::string_view line : base::split(answer, '\n')) {
        if (line.empty() || line.starts_with('#'))
            continue;
        if (line.starts_with('*'))
            list.begun = line.substr(1);
        else
            list.files.emplace_back(line);
    }
    return list;
}

Result<ShownCertificate> parse_shown_certificate(std::string_view answer) {
    ShownCertificate shown;
    bool is_one = false;
    bool is_chain_of_file = true;
    for (const std::string_view line : base::split(answer, '\n')) {
        if (behind(line, "Filename: "))
            is_one = true;
        else if (const auto digits = behind(line, "SHA1 FingerPrint: "))
            shown.fingerprint = *digits;
        else if (const auto subject = behind(line, "Subject: "))
            shown.subject = *subject;
        else if (const auto end = behind(line, "notAfter: "))
            shown.not_after = *end;
        else if (const auto names = behind(line, "Subject Alternative Name: "))
            shown.names = *names;
        else if (const auto status = behind(line, "Status: "))
            shown.is_used = *status == "Used";
        else if (behind(line, "Chain Filename: ")) // issuers-chain-path has it
            is_chain_of_file = false;
        else if (const auto of = behind(line, "Chain Subject: "))
            shown.chain.push_back({std::string(*of), {}});
        else if (const auto by = behind(line, "Chain Issuer: "); by && !shown.chain.empty())
            shown.chain.back().issuer = *by;
    }
    if (!is_one)
        return fail("HAProxy's answer to 'show ssl cert FILE' makes no sense: '{}'",
                    base::printable(answer, 80));
    if (!is_chain_of_file)
        shown.chain.clear();
    return shown;
}

std::optional<Certificate::Time> end_of(const ShownCertificate& shown) {
    std::tm parts{};
    std::istringstream text(shown.not_after);
    text.imbue(std::locale::classic());
    text >> std::get_time(&parts, "%b %d %H:%M:%S %Y");
    if (!text)
        return std::nullopt;
    return Certificate::Time(std::chrono::seconds(timegm(&parts)));
}

bool may_be(const ShownCertificate& shown, const Certificate& certificate) {
    return shown.fingerprint == certificate.fingerprint && shown.chain == certificate.chain;
}

} // namespace hitless::haproxy
