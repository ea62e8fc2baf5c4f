#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace hitless::test {

/// A certificate that is made for a test, with its key.
struct MadeCertificate {
    std::string certificate; ///< PEM
    std::string key;         ///< PEM; what a test looks for where no key may be
    std::string fingerprint; ///< SHA-1, upper-case hexadecimal digits

    [[nodiscard]] std::string bundle() const { return certificate + key; }
    /// A line of base64 from within the key.
    [[nodiscard]] std::string secret() const;
};

struct CertificateWish {
    std::string name;
    /// From and until when it is valid, from now on.
    std::chrono::hours begin{-1};
    std::chrono::hours end{24 * 30 + 12};
    const MadeCertificate* authority = nullptr; ///< who signs it; nullptr: it does so itself
    bool rsa = false;                           ///< else an elliptic curve, which is quicker
};
[[nodiscard]] MadeCertificate make_certificate(const CertificateWish& wish);
[[nodiscard]] MadeCertificate make_certificate(const std::string& name);

/// A TLS handshake with what listens at 127.0.0.1; throws when it fails.
struct Handshake {
    std::string fingerprint; ///< of the certificate that was shown
    std::size_t chain = 0;   ///< how many certificates came, with that one
};
[[nodiscard]] Handshake shake_hands(std::uint16_t port, const std::string& name = {});

} // namespace hitless::test
