#include "confd/options.hpp"

namespace hitless::confd {
namespace {

using Ignored = Option::Ignored;
using S = Settings;

// https://github.com/kelseyhightower/confd/blob/v0.16.0/docs/command-line-flags.md and
// https://github.com/kelseyhightower/confd/blob/v0.16.0/docs/configuration-guide.md
const Option all[] = {
    {"backend", "backend", "NAME",
     "where the keys are: etcd (its v2 store), etcdv3, file or env (default etcd)", &S::backend},
    {"basic-auth", "basic_auth", "", "authenticate to etcd with -username and -password",
     &S::basic_auth},
    {"client-ca-keys", "client_cakeys", "FILE",
     "certificates of the authorities that etcd's certificate is checked with "
     "(or CONFD_CLIENT_CAKEYS)",
     &S::client_ca_keys},
    {"client-cert", "client_cert", "FILE", "the certificate to show to etcd (or CONFD_CLIENT_CERT)",
     &S::client_cert},
    {"client-insecure", "client_insecure", "", "don't check etcd's certificate",
     &S::client_insecure},
    {"client-key", "client_key", "FILE", "the key of -client-cert (or CONFD_CLIENT_KEY)",
     &S::client_key},
    {"confdir", "confdir", "DIRECTORY", "where conf.d and templates are (default /etc/confd)",
     &S::confdir},
    {"config-file", "", "FILE", "settings (default /etc/confd/confd.toml)", &S::config_file},
    {"discover", "discover", "", "learn the other nodes of etcd's cluster from it", &S::discover},
    {"file", "file", "PATH",
     "with -backend file: YAML or JSON, or a directory of such; may be given many times",
     &S::files},
    {"filter", "filter", "PATTERN", "which files of a directory that -file names (default *)",
     &S::filter},
    {"interval", "interval", "SECONDS", "time between two full runs (default 600)", &S::interval},
    {"keep-stage-file", "keep-stage-file", "",
     "keep the temporary files that are compared with dest", &S::keep_stage_file},
    {"log-format", "log-format", "FORMAT",
     "of the log: text, a line for people, or json, a JSON object a line (default text)",
     &S::log_format},
    {"log-level", "log-level", "LEVEL",
     "log messages from this level on: fatal (or panic), error (something is not as the keys say), "
     "warn (something is odd), info (each change) or debug (each decision with its cause); default "
     "info",
     &S::log_level},
    {"node", "nodes", "URL",
     "a node of etcd; may be given many times (or ETCDCTL_PEERS; default http://127.0.0.1:2379)",
     &S::nodes},
    {"noop", "noop", "", "only show what would change", &S::noop},
    {"onetime", "onetime", "", "run once and exit", &S::onetime},
    {"password", "password", "TEXT",
     "the password of -username (or ETCD_PASSWORD; other users see a flag in the process list)",
     &S::password},
    {"password-file", "password_file", "FILE", "has the password in its first line",
     &S::password_file},
    {"prefix", "prefix", "PATH",
     "comes before all keys; templates don't see it (default: the resource's)", &S::prefix},
    {"scheme", "scheme", "NAME", "of nodes that don't name theirs: http or https (default http)",
     &S::scheme},
    {"srv-domain", "srv_domain", "NAME", "short for -srv-record _etcd._tcp.NAME.", &S::srv_domain},
    {"srv-record", "srv_record", "NAME", "the DNS record that lists the nodes of etcd",
     &S::srv_record},
    {"strict", "strict", "",
     "leave nothing out: a bad value keeps its whole file from being changed, as in confd",
     &S::strict},
    {"sync-only", "sync-only", "",
     "write files only: run neither check_cmd nor reload_cmd, nor commands of HAProxy",
     &S::sync_only},
    {"username", "username", "NAME", "the user to authenticate as", &S::username},
    {"watch", "watch", "", "follow changes as they happen", &S::watch},
    {"app-id", "app_id", "TEXT", "", Ignored{}},
    {"auth-token", "auth_token", "TEXT", "", Ignored{}},
    {"auth-type", "auth_type", "TEXT", "", Ignored{}},
    {"path", "path", "TEXT", "", Ignored{}},
    {"role-id", "role_id", "TEXT", "", Ignored{}},
    {"secret-id", "secret_id", "TEXT", "", Ignored{}},
    {"secret-keyring", "secret_keyring", "FILE", "", Ignored{}},
    {"separator", "separator", "TEXT", "", Ignored{}},
    {"table", "table", "TEXT", "", Ignored{}},
    {"user-id", "user_id", "TEXT", "", Ignored{}},
};

} // namespace

std::span<const Option> options() {
    return all;
}

} // namespace hitless::confd
