#include "support/certificate.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <functional>
#include <stdexcept>

namespace hitless::test {
namespace {

template <auto free>
struct FreeBy {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, FreeBy<X509_free>>;
using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;

void expect(bool done, const char* what) {
    if (!done)
        throw std::runtime_error(fmt::format("OpenSSL: {} has failed", what));
}

std::string written(const std::function<int(BIO*)>& write) {
    const BioPtr memory(BIO_new(BIO_s_mem()));
    expect(write(memory.get()) == 1, "writing PEM");
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

BioPtr to_read(const std::string& text) {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string fingerprint_of(const X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    expect(X509_digest(certificate, EVP_sha1(), digest.data(), &size) == 1, "X509_digest");
    std::string text;
    for (unsigned i = 0; i < size; ++i)
        text += fmt::format("{:02X}", digest.at(i));
    return text;
}

} // namespace

std::string MadeCertificate::secret() const {
    const std::size_t first_line = key.find('\n') + 1;
    return key.substr(first_line, 40);
}

MadeCertificate make_certificate(const CertificateWish& wish) {
    const KeyPtr key(wish.rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
    const X509Ptr made(X509_new());
    expect(key && made, "making a key");
    X509_set_version(made.get(), 2);
    std::uint64_t number = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), number >> 1U);
    const auto seconds = [](std::chrono::hours time) {
        return static_cast<long>(std::chrono::seconds(time).count());
    };
    X509_gmtime_adj(X509_getm_notBefore(made.get()), seconds(wish.begin));
    X509_gmtime_adj(X509_getm_notAfter(made.get()), seconds(wish.end));
    X509_set_pubkey(made.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1,
                               0);
    X509Ptr authority;
    KeyPtr authority_key;
    if (wish.authority != nullptr) {
        authority.reset(PEM_read_bio_X509(to_read(wish.authority->certificate).get(), nullptr,
                                          nullptr, nullptr));
        authority_key.reset(
            PEM_read_bio_PrivateKey(to_read(wish.authority->key).get(), nullptr, nullptr, nullptr));
    }
    X509_set_issuer_name(made.get(), authority ? X509_get_subject_name(authority.get()) : name);
    const std::string alternative = "DNS:" + wish.name;
    X509_EXTENSION* const extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative.c_str());
    expect(extension != nullptr, "the alternative name");
    X509_add_ext(made.get(), extension, -1);
    X509_EXTENSION_free(extension);
    expect(X509_sign(made.get(), authority_key ? authority_key.get() : key.get(), EVP_sha256()) > 0,
           "X509_sign");
    MadeCertificate result;
    result.certificate =
        written([&](BIO* memory) { return PEM_write_bio_X509(memory, made.get()); });
    result.key = written([&](BIO* memory) {
        return PEM_write_bio_PrivateKey(memory, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    result.fingerprint = fingerprint_of(made.get());
    return result;
}

MadeCertificate make_certificate(const std::string& name) {
    CertificateWish wish;
    wish.name = name;
    return make_certificate(wish);
}

Handshake shake_hands(std::uint16_t port, const std::string& name) {
    const ContextPtr context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    const BioPtr connection(BIO_new_ssl_connect(context.get()));
    BIO_set_conn_hostname(connection.get(), fmt::format("127.0.0.1:{}", port).c_str());
    SSL* tls = nullptr;
    BIO_get_ssl(connection.get(), &tls);
    if (!name.empty())
        SSL_set_tlsext_host_name(tls, name.c_str());
    expect(BIO_do_connect(connection.get()) == 1 && BIO_do_handshake(connection.get()) == 1,
           "the handshake");
    const X509Ptr shown(SSL_get1_peer_certificate(tls));
    expect(shown != nullptr, "the certificate of the handshake");
    return {fingerprint_of(shown.get()),
            static_cast<std::size_t>(sk_X509_num(SSL_get_peer_cert_chain(tls)))};
}

} // namespace hitless::test
