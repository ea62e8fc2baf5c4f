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
    {"basic-auth", "basic_auth", "", "log in to etcd with -username and -password", &S::basic_auth},
    {"client-ca-keys", "client_cakeys", "FILE",
     "check etcd's certificate with the certificates in this file (default $CONFD_CLIENT_CAKEYS)",
     &S::client_ca_keys},
    {"client-cert", "client_cert", "FILE",
     "show this certificate to etcd (default $CONFD_CLIENT_CERT)", &S::client_cert},
    {"client-insecure", "client_insecure", "", "don't check etcd's certificate",
     &S::client_insecure},
    {"client-key", "client_key", "FILE", "the key of -client-cert (default $CONFD_CLIENT_KEY)",
     &S::client_key},
    {"confdir", "confdir", "DIRECTORY",
     "the directory that holds conf.d and templates (default /etc/confd)", &S::confdir},
    {"config-file", "", "FILE",
     "read settings from this file; flags win over it (default /etc/confd/confd.toml)",
     &S::config_file},
    {"discover", "discover", "", "learn the other nodes of the cluster from etcd", &S::discover},
    {"file", "file", "PATH",
     "with -backend file, read the keys from this YAML or JSON file, or from the files of this "
     "directory; may be given many times",
     &S::files},
    {"filter", "filter", "PATTERN",
     "with -backend file, read only those files of a directory whose names match this shell "
     "pattern (default *)",
     &S::filter},
    {"interval", "interval", "SECONDS",
     "how often hitlessd reads all keys again and compares them with HAProxy and the files "
     "(default 600)",
     &S::interval},
    {"keep-stage-file", "keep-stage-file", "",
     "keep the staged files that don't become dest, so that you can look at them",
     &S::keep_stage_file},
    {"log-format", "log-format", "FORMAT",
     "how to write the log: text, a line for people, or json, a JSON object a line (default text)",
     &S::log_format},
    {"log-level", "log-level", "LEVEL",
     "the least level of the messages to log: fatal (or panic), error, warn, info or debug "
     "(default info)",
     &S::log_level},
    {"node", "nodes", "URL",
     "an etcd node; may be given many times, and the next one is used when one fails (default "
     "$ETCDCTL_PEERS, or http://127.0.0.1:2379)",
     &S::nodes},
    {"noop", "noop", "", "log what would be done, and change nothing", &S::noop},
    {"onetime", "onetime", "", "bring everything in step once and exit", &S::onetime},
    {"password", "password", "TEXT",
     "the password of -username; other users of the machine see it in the list of processes "
     "(default $ETCD_PASSWORD)",
     &S::password},
    {"password-file", "password_file", "FILE", "take the password from the first line of this file",
     &S::password_file},
    {"prefix", "prefix", "PATH",
     "put this before all keys; templates see the keys without it (default the resource's prefix)",
     &S::prefix},
    {"scheme", "scheme", "NAME", "http or https, for nodes that don't say which (default http)",
     &S::scheme},
    {"srv-domain", "srv_domain", "NAME",
     "take the nodes from the DNS record _etcd._tcp.NAME., or _etcdv3._tcp.NAME. with -backend "
     "etcdv3",
     &S::srv_domain},
    {"srv-record", "srv_record", "NAME", "take the nodes from this DNS record (SRV)",
     &S::srv_record},
    {"strict", "strict", "",
     "leave nothing out: if a value is bad, the whole file stays as it is, as in confd",
     &S::strict},
    {"sync-only", "sync-only", "",
     "write files only: run no check_cmd and no reload_cmd, and send HAProxy no commands",
     &S::sync_only},
    {"username", "username", "NAME", "the name to log in to etcd with", &S::username},
    {"watch", "watch", "", "a flag of confd; it has no effect here", &S::watch},
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
