#pragma once

#include "hitless/base/result.hpp"
#include "hitless/etcd/settings.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <string>

namespace hitless::etcd {

/// A TLS client's context from the files of the settings. The error names the file.
Result<boost::asio::ssl::context> make_tls_context(const Settings& settings);

/// Makes the handshake ask for `host` (SNI) and accept only a certificate that names it.
void expect_host(SSL* ssl, const std::string& host);

/// Why the certificate of the other side wasn't accepted; empty when it was.
std::string certificate_trouble(const SSL* ssl);

} // namespace hitless::etcd
