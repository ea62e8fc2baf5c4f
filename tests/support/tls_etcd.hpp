#pragma once

#include "support/etcd_server.hpp"
#include "support/free_port.hpp"
#include "support/temporary_directory.hpp"

#include <optional>
#include <string>

namespace hitless::test {

/// A real etcd that listens with TLS, where it wants a certificate of its clients, and in plain for
/// the test's own use. There are certificates, made for the occasion, by these names: "ca", which
/// has signed "server" and "client", and "stranger", which only itself trusts.
class TlsEtcd {
  public:
    explicit TlsEtcd(etcd::Settings::Api api = etcd::Settings::Api::v2);

    [[nodiscard]] EtcdServer& plain() { return *server_; }
    /// "https://HOST:PORT"; the server's certificate is for 127.0.0.1.
    [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const;

    [[nodiscard]] std::string certificate(const std::string& name) const;
    [[nodiscard]] std::string key(const std::string& name) const;

  private:
    void make_certificate(const std::string& name, const std::string& authority) const;

    TemporaryDirectory directory_;
    std::uint16_t port_ = free_port();
    std::optional<EtcdServer> server_;
};

} // namespace hitless::test
