#include "etcd/tls.hpp"

#include <boost/asio/ip/address.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace hitless::etcd {
namespace {

namespace ssl = boost::asio::ssl;

Error unusable(const char* what, const std::string& file, const boost::system::error_code& error) {
    return fail("can't use the {} {}: {}", what, file, error.message());
}

} // namespace

Result<ssl::context> make_tls_context(const Settings& settings) {
    ssl::context context(ssl::context::tls_client);
    context.set_verify_mode(settings.verify ? ssl::verify_peer : ssl::verify_none);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    boost::system::error_code error;
    if (settings.ca_file.empty())
        context.set_default_verify_paths(error);
    else
        context.load_verify_file(settings.ca_file, error);
    if (error)
        return unusable("certificate authorities", settings.ca_file, error);
    if (!settings.cert_file.empty())
        context.use_certificate_chain_file(settings.cert_file, error);
    if (error)
        return unusable("client certificate", settings.cert_file, error);
    if (!settings.key_file.empty())
        context.use_private_key_file(settings.key_file, ssl::context::pem, error);
    if (error)
        return unusable("private key", settings.key_file, error);
    return context;
}

void expect_host(SSL* ssl, const std::string& host) {
    boost::system::error_code not_an_address;
    static_cast<void>(boost::asio::ip::make_address(host, not_an_address));
    X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
    if (!not_an_address) {
        X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str());
        return;
    }
    X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size());
    SSL_set_tlsext_host_name(ssl, host.c_str());
}

std::string certificate_trouble(const SSL* ssl) {
    const long result = SSL_get_verify_result(ssl);
    return result == X509_V_OK ? "" : X509_verify_cert_error_string(result);
}

} // namespace hitless::etcd
