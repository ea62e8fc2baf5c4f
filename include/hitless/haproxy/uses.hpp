#pragma once

#include "hitless/haproxy/environment.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::haproxy {

/// A file that a line of a configuration has HAProxy read.
struct FileUse {
    enum class Kind {
        map,         ///< `map…(FILE)`, and `-M -f FILE` of an ACL
        acl,         ///< `-f FILE`
        certificate, ///< `crt FILE`, which may be a directory of them
        crt_list,    ///< `crt-list FILE`
        ca_file,     ///< `ca-file`, `ca-verify-file`, `ca-sign-file`
        crl_file,    ///< `crl-file`
        error_file,  ///< `errorfile`, and `file` and `lf-file` of an answer
        lua,         ///< `lua-load`, `lua-load-per-thread`
        other,       ///< what `load` names, keys of TLS tickets, SPOE's configuration…
    };
    Kind kind = Kind::other;
    /// As HAProxy calls it: without quotes, variables replaced by their values; of a certificate,
    /// behind `crt-base`.
    std::string name;
    /// Where that is: behind `crt-base` and its kin, and `default-path`. Relative where HAProxy
    /// looks from the directory that it was started in.
    std::string path;
    int line = 0; ///< in the configuration, from 1
    /// Of a map: HAProxy takes the first entry in the file that matches. Otherwise the key alone
    /// decides, or the longest one that matches; but of entries with the same key, the first.
    bool in_order = false;
};

/// The files that a configuration names, in the order of its lines. `text` may be a template as
/// well: of it only whole names are found. `config_file`: where the configuration is.
[[nodiscard]] std::vector<FileUse> file_uses(std::string_view text, const Environment& environment,
                                             std::string_view config_file);

/// True when the use means the file `path`: the same path, or a relative one at its end, or the
/// directory that it is in.
[[nodiscard]] bool means_file(const FileUse& use, std::string_view path);
/// The same of any of them.
[[nodiscard]] bool means_file(std::span<const FileUse> uses, std::string_view path);
/// The same of the file alone, without its directory.
[[nodiscard]] bool names_file(const FileUse& use, std::string_view path);

/// HAProxy reads a file of that kind line by line, so that a line too many is an entry too many.
[[nodiscard]] bool is_read_by_lines(FileUse::Kind kind);

/// What of a file HAProxy reads decides what values may bring to it.
enum class Reading {
    whole,        ///< nobody knows, or it is no matter
    lines,        ///< see is_read_by_lines()
    certificates, ///< blocks of PEM, of a certificate and its key
};
/// How HAProxy reads the file `path` by these uses.
[[nodiscard]] Reading reading_of(std::span<const FileUse> uses, std::string_view path);

} // namespace hitless::haproxy
