#pragma once

#include "hitless/haproxy/acl_lines.hpp"
#include "hitless/haproxy/certificate.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/pattern_file.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/live/files.hpp"
#include "hitless/plan/object.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace hitless::live {

/// How many connections HAProxy takes.
struct ObservedLimits {
    long global = 0; ///< `show info`: Maxconn; 0: not read yet
    long hard = 0;   ///< Hard_maxconn: for so many it was made ready when it was started
    /// `show info`: the rates of the global section, by their keywords (`maxconnrate`). 0: none.
    std::map<std::string, long, std::less<>> rates = {};
    /// `show stat`, slim: of frontends and listens, by name. 0: no limit but the global one.
    std::map<std::string, long, std::less<>> frontends;
    /// What frontends had when the process was met, if that was soon after its start.
    std::map<std::string, long, std::less<>> first;
    /// Frontends and listens that take no connections, and how `show stat` calls that. HAProxy
    /// shows those that its configuration has disabled as well.
    std::map<std::string, std::string, std::less<>> stopped = {};
    /// Limits for which commands were planned since the process was met.
    std::set<plan::ObjectId> changed;
    /// Limits of which the file may not say what HAProxy was started with, or has.
    std::set<plan::ObjectId> in_doubt;
};

/// A sentence for people: that the frontend takes no connections, and what to do. `status`: of
/// ObservedLimits::stopped.
[[nodiscard]] std::string about_stopped(std::string_view frontend, std::string_view status);

/// Map files and ACL files.
struct Patterns {
    struct File {
        haproxy::PatternList list;
        SharedEntries entries; ///< nullptr: not read yet
        int readings = 0;      ///< of `list` since the entries were read
    };
    std::map<plan::ObjectId, File> running;
    /// The entries are read of these only: others may be large, and nobody would look at them.
    std::set<plan::ObjectId> watched;
};

/// The values of `acl` lines.
struct AclLines {
    struct List {
        std::string id;      ///< "#5"
        std::string section; ///< "frontend web"
        std::string state;   ///< haproxy::AclList::state of when the values were read
        std::optional<std::vector<std::string>> values; ///< nullopt: not read yet
    };
    /// That `started` is what the process was started from is known for sure, and its lists have
    /// shown the values of that text. Otherwise another line may have the same number, and what is
    /// meant for one list would come into another.
    bool is_start_certain = false;
    bool is_shown = false;              ///< the lists have shown these values
    haproxy::Config started;            ///< what the process was started from
    std::map<int, List> lists;          ///< by the line of that text
    std::vector<haproxy::AclList> read; ///< all that there are
    /// Where it isn't certain which list is which: the values of all, by their names ("#5"). None:
    /// they are not to be looked at.
    std::map<std::string, List> unplaced;
};

/// Files with certificates.
struct Certificates {
    struct File {
        haproxy::ShownCertificate shown;
        /// HAProxy was brought to it, or has shown what may be it; nullptr: neither.
        SharedCertificate known = nullptr;
        /// How HAProxy shows `known`; nullopt: it hasn't been asked since it was brought to that.
        std::optional<haproxy::ShownCertificate> shown_as = std::nullopt;
    };
    std::map<plan::ObjectId, File> running; ///< those that are read
    std::set<plan::ObjectId> watched;       ///< only these are read
    std::string begun;                      ///< see haproxy::CertificateList
};

/// What a running HAProxy has, as its answers have shown, and what it was brought to since then: a
/// member for each kind of live objects.
struct Observed {
    haproxy::Running servers;
    ObservedLimits limits;
    Patterns patterns;
    AclLines acl_lines;
    Certificates certificates;

    /// Another process answers, of which nothing is known yet.
    void forget_process() {
        servers = {};
        limits = {};
        patterns.running.clear();
        acl_lines = {};
        certificates.running.clear();
    }
};

} // namespace hitless::live
