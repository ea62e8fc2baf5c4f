#pragma once

#include "hitless/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Pure: files of a certificate, its chain and its private key in PEM, as HAProxy's `crt` reads
/// them (configuration.txt, 5.1 `crt`), and what HAProxy says that it has of them (management.txt,
/// 9.3, `show ssl cert`).
namespace hitless::haproxy {

/// Whose a certificate is and who has signed it, as HAProxy writes that: "/CN=a.example".
struct CertificateNames {
    std::string subject;
    std::string issuer;

    friend bool operator==(const CertificateNames&, const CertificateNames&) = default;
};

/// A file in PEM that HAProxy can use as a certificate.
struct Certificate {
    using Time = std::chrono::sys_seconds;

    std::string fingerprint; ///< SHA-1 of the certificate, in upper-case hexadecimal digits
    CertificateNames of;
    std::vector<CertificateNames> chain; ///< of the other certificates, in order
    Time not_before = {};
    Time not_after = {};
    bool has_key = false; ///< false: HAProxy looks for the key in another file
    std::string digest;   ///< SHA-256 of all blocks: tells files apart, tells nothing of them
    /// All blocks without anything beside them. It may hold the private key: not to be shown.
    std::string text;
};

/// Why a text is no such file.
struct PemFlaw {
    struct Place {
        std::size_t begin = 0; ///< in the text
        std::size_t end = 0;
    };
    std::string what;          ///< for people, with the numbers of lines, without what is in them
    std::vector<Place> places; ///< what has it: a line, a block, or two that don't fit
};

/// Reads the blocks of a PEM text: certificates, one private key, parameters. Beside them only
/// blank lines may stand. A flaw where a block is broken or of another kind, where there is no
/// certificate or a second key, where the key has a passphrase, or belongs to another certificate.
[[nodiscard]] std::variant<Certificate, PemFlaw> read_certificate(std::string_view text);

/// "it has ended on 2026-01-01 00:00:00 UTC", "it isn't valid before …"; nullopt: it is valid.
[[nodiscard]] std::optional<std::string> validity_trouble(const Certificate& certificate,
                                                          Certificate::Time now);
/// "2026-01-01".
[[nodiscard]] std::string day_of(Certificate::Time time);

/// What HAProxy says of a certificate that it has.
struct ShownCertificate {
    std::string fingerprint; ///< empty: it has no certificate under that name yet
    std::string subject;
    std::string not_after; ///< "Nov 29 00:00:00 2026 GMT"
    std::string names;     ///< "DNS:a.example, DNS:b.example"
    bool is_used = false;
    /// Of the file; without what it has taken from another one for lack of a chain.
    std::vector<CertificateNames> chain;

    friend bool operator==(const ShownCertificate&, const ShownCertificate&) = default;
};

/// Until when it is valid; nullopt: HAProxy says nothing that makes sense.
[[nodiscard]] std::optional<Certificate::Time> end_of(const ShownCertificate& shown);

/// True where what HAProxy shows may come of the certificate. It doesn't show all of the chain, and
/// nothing of the key.
[[nodiscard]] bool may_be(const ShownCertificate& shown, const Certificate& certificate);

/// The answer to `show ssl cert`.
struct CertificateList {
    std::vector<std::string> files; ///< as the configuration names them, behind `crt-base`
    /// The file that somebody has begun to change (`set ssl cert`) without an end to it.
    std::string begun;
};
[[nodiscard]] CertificateList parse_certificate_list(std::string_view answer);

/// The answer to `show ssl cert FILE`.
Result<ShownCertificate> parse_shown_certificate(std::string_view answer);

} // namespace hitless::haproxy
