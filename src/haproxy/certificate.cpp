#include "hitless/haproxy/certificate.hpp"

#include "hitless/base/text.hpp"

#include "haproxy/pem.hpp"

#include <fmt/chrono.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <span>
#include <utility>

namespace hitless::haproxy {
namespace {

struct Free {
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using X509Ptr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;

std::string hexadecimal(std::span<const unsigned char> bytes) {
    std::string text;
    for (const unsigned char byte : bytes)
        text += fmt::format("{:02X}", byte);
    return text;
}

std::string text_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// As HAProxy writes it (ssl_sock_get_dn_oneline), without the escapes of OpenSSL's own way.
std::string name_in_words(const X509_NAME* name) {
    std::string text;
    for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
        const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(name, i);
        const ASN1_OBJECT* const object = X509_NAME_ENTRY_get_object(entry);
        const ASN1_STRING* const value = X509_NAME_ENTRY_get_data(entry);
        const int number = OBJ_obj2nid(object);
        std::array<char, 80> digits{};
        const char* short_name = number == NID_undef ? nullptr : OBJ_nid2sn(number);
        if (short_name == nullptr) {
            OBJ_obj2txt(digits.data(), static_cast<int>(digits.size()), object, 1);
            short_name = digits.data();
        }
        text += fmt::format("/{}=", short_name);
        text += text_of(value);
    }
    return text;
}

CertificateNames names_of(const X509* certificate) {
    return {name_in_words(X509_get_subject_name(certificate)),
            name_in_words(X509_get_issuer_name(certificate))};
}

/// False where HAProxy's answers to `show ssl cert` could be more lines than they are: these have
/// the names as they stand in the certificate, and another certificate's, or what ends an answer,
/// could be among them.
bool are_names_clean(const X509* certificate) {
    const CertificateNames names = names_of(certificate);
    if (base::has_control(names.subject) || base::has_control(names.issuer))
        return false;
    const std::unique_ptr<GENERAL_NAMES, Free> others(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; i < sk_GENERAL_NAME_num(others.get()); ++i) {
        int type = 0;
        const void* const value =
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(others.get(), i), &type);
        const bool is_text = type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI;
        const std::string text = is_text ? text_of(static_cast<const ASN1_STRING*>(value))
                                 : type == GEN_DIRNAME
                                     ? name_in_words(static_cast<const X509_NAME*>(value))
                                     : std::string();
        if (base::has_control(text))
            return false;
    }
    return true;
}

/// nullopt: it is no time.
std::optional<Certificate::Time> to_time(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return std::nullopt;
    return Certificate::Time(std::chrono::seconds(timegm(&parts)));
}

/// nullptr: the bytes are none, or more.
X509Ptr to_certificate(std::string_view bytes) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    const auto* const end = at + bytes.size();
    X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
    ERR_clear_error();
    return at == end ? std::move(certificate) : nullptr;
}

KeyPtr to_key(std::string_view bytes) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    const auto* const end = at + bytes.size();
    KeyPtr key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(bytes.size())));
    ERR_clear_error();
    return at == end ? std::move(key) : nullptr;
}

enum class BlockKind { certificate, key, parameters, key_with_passphrase, other };

BlockKind kind_of(const PemBlock& block) {
    struct Known {
        std::string_view label;
        BlockKind kind;
    };
    constexpr std::array all = {
        Known{"CERTIFICATE", BlockKind::certificate},
        Known{"X509 CERTIFICATE", BlockKind::certificate},
        Known{"PRIVATE KEY", BlockKind::key},
        Known{"RSA PRIVATE KEY", BlockKind::key},
        Known{"EC PRIVATE KEY", BlockKind::key},
        Known{"EC PARAMETERS", BlockKind::parameters},
        Known{"DH PARAMETERS", BlockKind::parameters},
        Known{"ENCRYPTED PRIVATE KEY", BlockKind::key_with_passphrase},
    };
    const auto* const found = std::ranges::find(all, block.label, &Known::label);
    return found == all.end() ? BlockKind::other : found->kind;
}

PemFlaw flaw_of(const PemBlock& block, std::string_view what) {
    return {fmt::format("the block {} in line {} {}", base::printable(block.label, 40), block.line,
                        what),
            {block.place}};
}

/// Makes a Certificate of blocks.
class CertificateReader {
  public:
    std::optional<PemFlaw> add(const PemBlock& block) {
        certificate_.text += to_pem(block);
        switch (kind_of(block)) {
        case BlockKind::certificate:
            return add_certificate(block);
        case BlockKind::key:
            return add_key(block);
        case BlockKind::parameters:
            return std::nullopt;
        case BlockKind::key_with_passphrase:
            return flaw_of(block, "has a passphrase, for which HAProxy would ask when it starts");
        case BlockKind::other:
            break;
        }
        return flaw_of(block, "belongs into no file of a certificate");
    }

    std::variant<Certificate, PemFlaw> end(std::size_t size) {
        if (leaf_ == nullptr)
            return PemFlaw{"it has no certificate", {{0, size}}};
        const bool fits = key_ == nullptr || X509_check_private_key(leaf_.get(), key_.get()) == 1;
        ERR_clear_error();
        if (!fits)
            return PemFlaw{fmt::format("the private key in line {} belongs to another certificate "
                                       "than the one in line {}, of {}",
                                       key_block_.line, leaf_block_.line,
                                       base::printable(certificate_.of.subject, 80)),
                           {key_block_.place, leaf_block_.place}};
        certificate_.has_key = key_ != nullptr;
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned size_of_digest = 0;
        EVP_Digest(certificate_.text.data(), certificate_.text.size(), digest.data(),
                   &size_of_digest, EVP_sha256(), nullptr);
        certificate_.digest = hexadecimal(std::span(digest).first(size_of_digest));
        return std::move(certificate_);
    }

  private:
    /// HAProxy takes the first one for the certificate, and the others for its chain.
    std::optional<PemFlaw> add_certificate(const PemBlock& block) {
        X509Ptr read = to_certificate(block.bytes);
        const auto begin = read ? to_time(X509_get0_notBefore(read.get())) : std::nullopt;
        const auto end = read ? to_time(X509_get0_notAfter(read.get())) : std::nullopt;
        if (read == nullptr || !begin || !end || X509_get0_pubkey(read.get()) == nullptr) {
            ERR_clear_error();
            return flaw_of(block, "is broken: it holds no certificate");
        }
        if (!are_names_clean(read.get()))
            return flaw_of(block, "has a control character in a name");
        if (leaf_ != nullptr) {
            certificate_.chain.push_back(names_of(read.get()));
            return std::nullopt;
        }
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned size = 0;
        X509_digest(read.get(), EVP_sha1(), digest.data(), &size);
        certificate_.fingerprint = hexadecimal(std::span(digest).first(size));
        certificate_.of = names_of(read.get());
        certificate_.not_before = *begin;
        certificate_.not_after = *end;
        leaf_ = std::move(read);
        leaf_block_ = {block.label, {}, block.place, block.line};
        return std::nullopt;
    }

    std::optional<PemFlaw> add_key(const PemBlock& block) {
        if (key_ != nullptr)
            return flaw_of(block, fmt::format("is a second private key, besides that in line {}",
                                              key_block_.line));
        key_ = to_key(block.bytes);
        if (key_ == nullptr)
            return flaw_of(block, "is broken: it holds no private key");
        key_block_ = {block.label, {}, block.place, block.line};
        return std::nullopt;
    }

    Certificate certificate_;
    X509Ptr leaf_;
    PemBlock leaf_block_; ///< without its bytes
    KeyPtr key_;
    PemBlock key_block_; ///< without its bytes
};

std::string in_words(Certificate::Time time) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(time.time_since_epoch().count()));
}

} // namespace

std::variant<Certificate, PemFlaw> read_certificate(std::string_view text) {
    const auto read = read_pem(text);
    if (const auto* const flaw = std::get_if<PemFlaw>(&read))
        return *flaw;
    CertificateReader reader;
    for (const PemBlock& block : std::get<std::vector<PemBlock>>(read)) {
        if (auto flaw = reader.add(block))
            return std::move(*flaw);
    }
    return reader.end(text.size());
}

std::optional<std::string> validity_trouble(const Certificate& certificate, Certificate::Time now) {
    if (now >= certificate.not_after)
        return fmt::format("it has ended on {}", in_words(certificate.not_after));
    if (now < certificate.not_before)
        return fmt::format("it isn't valid before {}", in_words(certificate.not_before));
    return std::nullopt;
}

std::string day_of(Certificate::Time time) {
    return fmt::format("{:%Y-%m-%d}", fmt::gmtime(time.time_since_epoch().count()));
}

} // namespace hitless::haproxy
