#include "support/tls_etcd.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace hitless::test {

TlsEtcd::TlsEtcd(etcd::Settings::Api api) {
    make_certificate("ca", "");
    make_certificate("stranger", "");
    make_certificate("server", "ca");
    make_certificate("client", "ca");
    EtcdOptions options;
    options.api = api;
    options.client_port = free_port();
    options.arguments = {
        "--listen-client-urls",
        fmt::format("http://127.0.0.1:{},https://127.0.0.1:{}", options.client_port, port_),
        "--cert-file",
        certificate("server"),
        "--key-file",
        key("server"),
        "--trusted-ca-file",
        certificate("ca"),
        "--client-cert-auth"};
    server_.emplace(options);
}

std::string TlsEtcd::url(const std::string& host) const {
    return fmt::format("https://{}:{}", host, port_);
}

std::string TlsEtcd::certificate(const std::string& name) const {
    return directory_ / (name + ".pem");
}

std::string TlsEtcd::key(const std::string& name) const {
    return directory_ / (name + ".key");
}

/// Signed by `authority` or, when that is empty, by itself.
void TlsEtcd::make_certificate(const std::string& name, const std::string& authority) const {
    std::vector<std::string> arguments{"openssl",
                                       "req",
                                       "-x509",
                                       "-newkey",
                                       "ec",
                                       "-pkeyopt",
                                       "ec_paramgen_curve:prime256v1",
                                       "-nodes",
                                       "-days",
                                       "2",
                                       "-subj",
                                       "/CN=" + name,
                                       "-keyout",
                                       key(name),
                                       "-out",
                                       certificate(name)};
    if (!authority.empty())
        arguments.insert(arguments.end(), {"-addext", "subjectAltName=IP:127.0.0.1", "-CA",
                                           certificate(authority), "-CAkey", key(authority)});
    Process openssl(arguments, directory_ / "openssl.log");
    if (openssl.wait_exit(std::chrono::seconds(20)) != 0)
        throw std::runtime_error("openssl makes no certificate: " + openssl.log());
}

} // namespace hitless::test
