#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// What is asked of the DNS, and of the hosts file and whatever else the system's resolver knows.
namespace hitless::confd {

/// A record of type SRV (RFC 2782).
struct ServiceRecord {
    std::string target; ///< ends in a dot, as in Go
    std::uint16_t port = 0;
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;

    friend auto operator<=>(const ServiceRecord&, const ServiceRecord&) = default;
};

struct Question {
    enum class Kind { addresses, services };
    Kind kind = Kind::addresses;
    std::string name;

    friend auto operator<=>(const Question&, const Question&) = default;
};

struct Answer {
    enum class Kind {
        found,
        none,   ///< the name has nothing of that kind
        failed, ///< nobody could be asked, so that it isn't known
    };
    Kind kind = Kind::failed;
    std::vector<std::string> addresses;  ///< in the resolver's order: HAProxy takes the first one
    std::vector<ServiceRecord> services; ///< by priority; of the same priority, by falling weight
};

/// Whether they say the same, in whatever order: servers of the DNS change it with each answer.
[[nodiscard]] bool same(const Answer& one, const Answer& other);

/// Asks, and waits for the answer: seconds where nobody answers.
///
/// By getaddrinfo of the C library, as HAProxy does at its start: it goes by nsswitch.conf (hosts
/// file, mDNS, machines of systemd, LDAP). A library for the DNS alone, such as c-ares, would find
/// other addresses than a HAProxy that is started from the file.
[[nodiscard]] Answer look_up(const Question& question);

/// How whoever must not wait asks: the answer, or nullptr while it isn't known yet.
using AnswerNow = std::function<const Answer*(const Question&)>;

} // namespace hitless::confd
